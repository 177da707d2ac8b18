"""The sandbox's one clock: AWS's seconds, at AWS's speed or many times faster."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

_TURN = 0.05  # real seconds after which a sleeper on a clock of changing speed reads how fast it goes


class Clock:
    """Seconds as AWS would count them. `speed` AWS seconds pass in one real second."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._origin = time.time()
        self._started = time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch, in sandbox time."""
        return self._origin + (time.monotonic() - self._started) * self.speed

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of sandbox time pass."""
        time.sleep(max(0.0, seconds) / self.speed)


class Virtual(Clock):
    """A clock that stands still until someone sleeps on it: for tests in one process, where waiting costs nothing."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        super().__init__()
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the epoch, in virtual time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move time forward by `seconds` at once."""
        with self._lock:
            self._now += max(0.0, seconds)
        time.sleep(0)  # lets the other threads see it


class Varying(Clock):
    """A clock that runs at real speed while something really takes its time, and faster otherwise."""

    def __init__(self, speed: float) -> None:
        super().__init__(speed)
        self._fast, self._held, self._lock = speed, set[str](), threading.Lock()

    def hold(self, what: str) -> None:
        """Run slowly from now on, until `what` is released."""
        with self._lock:
            self._held.add(what)
            self._turn()

    def release(self, what: str) -> None:
        """`what` is over."""
        with self._lock:
            self._held.discard(what)
            self._turn()

    def now(self) -> float:
        """Seconds since the epoch, in sandbox time."""
        with self._lock:
            return super().now()

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of sandbox time pass, whatever the speed is meanwhile."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            time.sleep(min(left / self.speed, _TURN))

    def _turn(self) -> None:
        self._origin, self._started = super().now(), time.monotonic()
        self.speed = min(1.0, self._fast) if self._held else self._fast


_current: Clock = Clock()


def use(clock: Clock) -> None:
    """Make `clock` the clock of the whole sandbox in this process."""
    global _current
    _current = clock


def current() -> Clock:
    """The clock in use."""
    return _current


def now() -> float:
    """Seconds since the epoch, in sandbox time."""
    return _current.now()


def today() -> datetime:
    """The sandbox's time as a datetime in UTC."""
    return datetime.fromtimestamp(now(), UTC)


def after(seconds: float) -> Callable[[], bool]:
    """A function that returns true once `seconds` of sandbox time have passed from here."""
    due = now() + seconds
    return lambda: now() >= due
