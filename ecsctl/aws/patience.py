"""All waiting and retrying, in one place and on one clock: always with a limit, always saying what is waited for."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from ecsctl.aws.codes import code, is_gone, is_throttled, text
from ecsctl.aws.explaining import is_unanswered
from ecsctl.aws.rates import Pace
from ecsctl.errors import Interrupted, TimedOut

T = TypeVar("T")

FIRST, MOST = 0.2, 10.0  # seconds between two reads: the first pause, and the longest
LATER = 0.3  # the next read comes after this share of the time waited so far
EARLY, BEGIN = 0.5, 0.1  # the same between tries, while it is too early; share of the usual time before the first read
NEAR, LONG, OFTEN = 0.75, 2.0, 60  # from this share of a usual duration to that, so many reads in the length of it
SHORT = 30.0  # seconds: anything usually faster is polled as if it had no usual duration
SLOW_DOWN = 300.0  # seconds at most for which AWS may ask us to send a change later
PASSING_LIMIT = 120.0  # seconds for which a read is retried through throttling, broken answers and a lost network
ATTEMPTS = 10  # most tries of one read when the errors may be temporary
TOGETHER = 0.3  # seconds in which reads of one kind are collected into one
SOON = 0.05  # seconds before an unanswered call is sent again; twice as long each time after
SHARE = 0.2  # a throttled call is sent again after this share of the time waited so far


class Clock(Protocol):
    """The time, and how to wait. Tests replace it by one that does not really wait."""

    def now(self) -> float:
        """Seconds that only ever increase."""

    def sleep(self, seconds: float) -> None:
        """Let this many seconds pass."""


class SystemClock:
    """The real clock. Its sleep ends early when a stop is asked for."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`, or return at once when a stop is asked for."""
        self.stop.wait(seconds)


class Patience:
    """Waits and retries on one clock, and ends every wait when the user asks to stop.

    `say` is called, from whichever thread waits, with (what is waited for, seconds waited, seconds at most). `speed` is
    how many seconds pass at AWS in one second of the clock: the sandbox's time may run faster.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        say: Callable[[str, float, float], None] | None = None,
        *,
        speed: float = 1.0,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.speed = speed
        self.say = say or _silence
        self._stop = self.clock.stop if isinstance(self.clock, SystemClock) else threading.Event()
        self._pace = Pace()

    def stop(self) -> None:
        """Ask every wait to end. Safe in a signal handler."""
        self._stop.set()

    def resume(self) -> None:
        """Continue after a stop: there is something to clean up."""
        self._stop.clear()

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise Interrupted if a stop was asked for."""
        if self.stopping:
            raise Interrupted("stopped as asked", hint="run the same command again: it goes on from here")

    def is_answer(self, error: BaseException) -> bool:
        """Whether an error is an ordinary answer: that the resource does not exist."""
        return is_gone(error)

    def turn(self, service: str, operation: str) -> None:
        """Wait until a call may be sent within the rate that AWS documents for it."""
        if seconds := self._pace.due(service, operation, self.clock.now()):
            self._rest(seconds)

    def _after_throttling(self, waited: float) -> float:
        """Wait before a throttled call is sent again, after `waited` seconds. Returns the seconds waited now.

        Soon at first: AWS refills its buckets of requests by the second (Amazon EC2 Developer Guide, "Request
        throttling"), and our own calls stay within the rates. Otherwise one call that was throttled a few times in a
        row by chance would delay a whole run.
        """
        return self._spread(max(SOON, SHARE * waited))

    def _spread(self, seconds: float) -> float:
        """Wait about this long, randomized so that many callers do not retry in step. Returns the seconds waited."""
        return self._rest(min(MOST, seconds) * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing

    def again(self, waited: float, usual: float = 0.0) -> float:
        """Wait before another try, after `waited` seconds of waiting. Returns the seconds waited now."""
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
        seconds = _until_next_check(waited, usual, self.speed) if usual else max(FIRST, min(MOST, EARLY * waited))
        return self._rest(seconds * spread)

    def gather(self) -> None:
        """Wait a moment before a read that is not urgent: others of its kind may be due as well."""
        self._rest(TOGETHER)

    def _rest(self, seconds: float) -> float:
        self.check()
        self.clock.sleep(seconds)
        self.check()
        return seconds

    def until(
        self, read: Callable[[], T | None], *, what: str | Callable[[], str], limit: float, usual: float = 0.0
    ) -> T:
        """Read until there is an answer other than None and return it. `limit` is in seconds; `what` may change.

        If its `usual` seconds are known, reads are frequent around that time and rare before it. Raises TimedOut after
        a last read at the limit, Interrupted when a stop is asked for, and whatever `read` raises.
        """
        began = self.clock.now()
        while True:
            waited = self.clock.now() - began
            found = read()
            if found is not None:
                return found
            awaited = what if isinstance(what, str) else what()
            if waited >= limit:
                raise TimedOut(
                    f"{awaited}: not yet, after {round(limit)} seconds",
                    hint="nothing is lost: run the same command again to go on waiting",
                )
            self.say(awaited, waited, limit)
            now = self.clock.now() - began
            self._rest(min(_until_next_check(now, usual, self.speed), max(limit - now, 0.1)))

    def in_time(self, call: Callable[[], T], *, what: str) -> T:
        """Send a change until AWS has time for it: a throttled request had no effect, so the same one is sent again.

        A read in between would only add load; and starting a series of changes over at each throttling might never
        reach the last of them. Raises TimedOut after SLOW_DOWN seconds of waiting, and all other errors.
        """
        waited = 0.0
        while True:
            try:
                return call()
            except Exception as error:
                if not is_throttled(error):
                    raise
                if waited >= SLOW_DOWN:
                    raise TimedOut(
                        f"{what}: AWS asks to slow down, still after {round(SLOW_DOWN)} seconds",
                        why=f"{code(error)}: {text(error)}",
                        hint="run the same command again: it goes on from here",
                    ) from error
                self.say(f"{what}: AWS asks to slow down", waited, SLOW_DOWN)
                waited += self._after_throttling(waited)

    def through(self, call: Callable[[], T], *, what: str, limit: float = PASSING_LIMIT) -> T:
        """Make a call that may be repeated, through throttling, broken answers and an unreliable network.

        Only for calls that have no effect or the same effect twice. Raises the last error when the limit (seconds) is
        reached, after ATTEMPTS without an answer, or at once when the error is not temporary.
        """
        began, unanswered = self.clock.now(), 0
        while True:
            try:
                return call()
            except Exception as error:
                throttled, waited = is_throttled(error), self.clock.now() - began
                unanswered += not throttled
                passing = throttled or (is_unanswered(error) and unanswered < ATTEMPTS)
                if not passing or waited >= limit:
                    raise
                why = "AWS asks to slow down" if throttled else "no answer, asking again"
                self.say(f"{what}: {why}", waited, limit)
            if throttled:
                self._after_throttling(waited)
            else:
                self._spread(SOON * 2.0 ** (unanswered - 1))


def _until_next_check(waited: float, usual: float, speed: float) -> float:
    """Seconds until the next read, after this many seconds of waiting. `usual` is in AWS's seconds."""
    most = MOST / speed
    if usual < SHORT:
        return max(FIRST, min(most, LATER * waited))
    usual /= speed
    near = NEAR * usual
    if waited < near:
        return max(FIRST, min(most, max(EARLY * waited, BEGIN * usual), near - waited))
    return max(FIRST, usual / OFTEN if waited < LONG * usual else min(most, LATER * waited))


def _silence(_what: str, _waited: float, _limit: float) -> None:
    """Ignore it."""
