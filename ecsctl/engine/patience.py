"""All waiting and all retrying: one place, one clock, always with a limit, always saying what for."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from ecsctl.engine.errors import Interrupted, TimedOut, code, is_gone, is_throttled, text
from ecsctl.engine.explaining import is_unanswered
from ecsctl.engine.rates import Pace

T = TypeVar("T")

FIRST, MOST = 0.2, 10.0  # seconds between two reads: the first pause, and the longest
LATER = 0.3  # the share of the time waited so far after which the next read comes: no change is noticed later
EARLY, BEGIN = 0.5, 0.1  # the same between two tries, and where it is too early; and of what is usual, before the first
NEAR, LONG, OFTEN = 0.75, 2.0, 80  # from this share of a usual duration to that, so many reads in the length of it
SHORT = 30.0  # seconds: what usually takes less is polled as what has no usual duration
SLOW_DOWN = 300.0  # seconds of waiting at most for which AWS may ask a change to come later
PASSING_LIMIT = 120.0  # seconds a read goes on against throttling, broken answers and a lost network
ATTEMPTS = 10  # most tries of one read against errors that may pass
TOGETHER = 0.3  # seconds in which reads of one kind are gathered into one
SOON = 0.05  # seconds until a call that AWS had no time for is made again; twice as long each time after


class Clock(Protocol):
    """Where time comes from. Tests bring one that costs nothing."""

    def now(self) -> float:
        """Seconds, only ever growing."""

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""


class SystemClock:
    """The real clock. Its sleep ends early when a stop is asked for."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep, or return at once when a stop is asked for."""
        self.stop.wait(seconds)


class Patience:
    """Waits and retries on one clock, and ends them all when the user asks to stop.

    `say` is called, from whichever thread waits, with (what is waited for, seconds waited, seconds at most).
    `speed` is how many seconds pass at AWS in one of the clock's: the sandbox's time may run faster.
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
        """Ask everything that waits to end. Safe in a signal handler."""
        self._stop.set()

    def resume(self) -> None:
        """Go on after a stop: there is something to clean up."""
        self._stop.clear()

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise Interrupted if a stop was asked for."""
        if self.stopping:
            raise Interrupted("stopped as asked", hint="run the same command again: it goes on from here")

    def answered(self, error: BaseException) -> bool:
        """Whether an error is an answer like any other: that there is no such thing."""
        return is_gone(error)

    def turn(self, service: str, operation: str) -> None:
        """Wait until a call may be made without going beyond the rate that AWS documents for it."""
        if seconds := self._pace.due(service, operation, self.clock.now()):
            self._rest(seconds)

    def pause(self, turn: int) -> float:
        """Wait after try number `turn`, which AWS throttled or did not answer. Returns the seconds waited.

        Twice as long each time, and spread by chance so that many callers do not retry in step.
        """
        return self._rest(min(MOST, SOON * 2.0 ** (turn - 1)) * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing

    def again(self, waited: float, usual: float = 0.0) -> float:
        """Wait before another try, after `waited` seconds of waiting. Returns the seconds waited now."""
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
        seconds = _until_next_check(waited, usual, self.speed) if usual else max(FIRST, min(MOST, EARLY * waited))
        return self._rest(seconds * spread)

    def gather(self) -> None:
        """Wait a moment before a read that nothing waits for: the others of its kind may be due as well."""
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

        Where its `usual` seconds are known, it reads often about then and seldom before.
        Raises TimedOut after a last read at the limit, Interrupted when a stop is asked for, and what `read` raises.
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
        """Send a change until AWS has time for it: one that was throttled had no effect, so the same request is sent
        again.

        A read in between would only add load; and starting several changes over at each such answer might never reach
        the last of them. Raises TimedOut after SLOW_DOWN seconds of waiting, and all other errors.
        """
        waited = 0.0
        for turn in itertools.count(1):
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
                waited += self.pause(turn)
        raise AssertionError("unreachable: counting does not end")

    def through(self, call: Callable[[], T], *, what: str, limit: float = PASSING_LIMIT, attempts: int = ATTEMPTS) -> T:
        """Make a call that may be repeated, through throttling, broken answers and a network that comes and goes.

        Only for calls that have no effect or the same effect twice. Raises the last error when the limit (seconds)
        or the number of attempts is reached, or at once when the error will not pass.
        """
        began = self.clock.now()
        for turn in range(attempts):
            try:
                return call()
            except Exception as error:
                passing = is_throttled(error) or is_unanswered(error)
                if not passing or turn == attempts - 1 or self.clock.now() - began >= limit:
                    raise
                self.say(f"{what}: {'AWS asks to slow down' if is_throttled(error) else 'no answer, asking again'}",
                         self.clock.now() - began, limit)  # fmt: skip
                self.pause(turn + 1)
        raise AssertionError("unreachable: the last attempt returns or raises")


def _until_next_check(waited: float, usual: float, speed: float) -> float:
    """Seconds until the next read, after so many seconds of waiting. `usual` is in AWS's seconds."""
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
