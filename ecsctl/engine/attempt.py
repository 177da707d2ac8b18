"""Decides what to do when a call fails halfway through the work: wait and go on, or give up and say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from ecsctl.aws.codes import code, exists_already, is_gone, is_throttled, text
from ecsctl.aws.explaining import explained, is_unanswered
from ecsctl.aws.patience import ATTEMPTS, SLOW_DOWN, Patience
from ecsctl.aws.refusals import known
from ecsctl.engine.transients import transient
from ecsctl.errors import AwsError, EcsctlError

T = TypeVar("T")

SHOWN_GONE = 120.0  # seconds in which a listing may still show what AWS says is gone


class Attempt:
    """Counts the errors of one piece of work together: each may recur for a while, none forever."""

    def __init__(self, patience: Patience, what: str, usual: float = 0.0) -> None:
        self.patience, self.what, self.usual = patience, what, usual  # how long it usually takes to pass
        self._waited: dict[str, float] = {}  # seconds, by what they were waited for; the work between does not count
        self._unanswered = 0

    @property
    def waited(self) -> float:
        """Seconds, for all errors together."""
        return sum(self._waited.values())

    def may_exist(self, error: BaseException) -> bool:
        """Whether the resource may exist after all: the answer was lost, or AWS says that it exists already."""
        return is_unanswered(error) or exists_already(error)

    def wait_or_raise(
        self, error: BaseException, on_final: Callable[[], None] = lambda: None, *, gone: bool = False
    ) -> None:
        """Wait a little if the error is temporary; otherwise call `on_final` and raise it, explained.

        With `gone` the resource should be gone: another read may still list it for a while.
        """
        if isinstance(error, EcsctlError):
            raise error
        row = transient(error)
        if row is not None:
            reason, waited = row.says, self._waited.get(row.says, 0.0)
            if waited >= row.limit:
                on_final()
                says, hint = known(error) or (row.says, "run the same command again: it goes on from here")
                raise AwsError(
                    f"{self.what}: {says}, still after {round(row.limit)} seconds",
                    why=f"{code(error)}: {text(error)}",
                    hint=hint,
                ) from error
            self.patience.say(f"{self.what}: {row.says}", waited, row.limit)
        elif is_throttled(error) and self._waited.get("throttled", 0.0) < SLOW_DOWN:
            reason = "throttled"
            self.patience.say(f"{self.what}: AWS asks to slow down", self._waited.get(reason, 0.0), SLOW_DOWN)
        elif is_unanswered(error) and self._unanswered < ATTEMPTS:
            reason = "unanswered"
            self._unanswered += 1
            self.patience.say(f"{self.what}: the answer was lost, checking again", 0.0, 0.0)
        elif gone and is_gone(error) and self._waited.get("gone", 0.0) < SHOWN_GONE:
            reason = "gone"
            self.patience.say(f"{self.what}: AWS says that it is gone, and still lists it", 0.0, SHOWN_GONE)
        elif exists_already(error) and "exists" not in self._waited:
            reason = "exists"
            self.patience.say(f"{self.what}: AWS says that it exists already, checking again", 0.0, 0.0)
        else:
            on_final()
            raise explained(error, self.what) from error
        waited = self._waited.get(reason, 0.0)
        usual = self.usual if row is not None else 0.0
        self._waited[reason] = waited + self.patience.again(waited, usual)


def patiently(
    patience: Patience,
    read: Callable[[], T],
    what: str,
    again: Callable[[], None] = lambda: None,
    *,
    gone: bool = False,
) -> T:
    """Returns what `read` returns, once AWS shows everywhere what was just created. `what` names what is read; `again`
    is called before each further read. With `gone` it lists first and then reads what was listed: what is gone between
    the two, or is only listed still, is waited out too.

    Raises AwsError, or a more specific error, for everything that is not temporary. The read itself has already waited
    out throttling and lost answers.
    """
    attempt = Attempt(patience, what)
    while True:
        try:
            return read()
        except ClientError as error:
            if transient(error) is None and not (gone and is_gone(error)):
                raise explained(error, what) from error
            attempt.wait_or_raise(error, gone=gone)
            again()
