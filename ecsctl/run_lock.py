"""One `up` or `down` of a deployment at a time, whichever machine it runs on.

The lock is a log stream in the app's log group, which every app has: CreateLogStream creates a name only once
(CloudWatch Logs API reference, ResourceAlreadyExistsException). A second stream says in its name which run holds the
lock. A run that dies leaves both behind: they are taken over at once where the run is known to be dead, elsewhere after
an hour. The first `up`, which creates the log group, is kept alone by `engine/claim.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl.aws.asking import asking
from ecsctl.aws.codes import DENIED, code, exists_already, is_gone
from ecsctl.aws.explaining import is_unanswered
from ecsctl.engine.claim import AT_MOST
from ecsctl.errors import Locked, TimedOut

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.state import State

STREAM = "ecsctl/run"
SILENT = 15.0  # seconds after which a lock is taken over that no run has put its name to: it died between the two
TRIES = 5
LOCKING = "locking the deployment"


@dataclass(frozen=True)
class Holder:
    """The run that holds the lock: its id, its command, who called it, and since when, by AWS's clock."""

    run: str
    command: str
    by: str
    since: datetime

    @property
    def begun(self) -> str:
        """Says by whom it was begun, and when."""
        return f"begun{self.by and f' by {self.by}'} at {self.since:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class RunLock:
    """The lock of one deployment. `group` is the app's log group, `by` who is calling."""

    aws: Aws
    group: str
    state: State
    by: str

    @contextmanager
    def held(self, command: str) -> Iterator[None]:
        """Hold the lock. Without a log group there is none: nothing exists yet, or nothing any more.

        Raises Locked, naming who holds it, and AccessError where the lock may not be taken.
        """
        name = f"{STREAM}/{command.replace(' ', '-')}/{self.state.run}/{re.sub('[:*]', '.', self.by)}"[:512]
        with asking(LOCKING):
            locked = self._take(name)
        try:
            yield
        finally:
            if locked:
                self._release(name)

    def at_work(self) -> tuple[str, ...]:
        """The run that holds the lock, in a sentence; nothing if there is none, or it may not be read."""
        try:
            _, holder = self._standing()
        except ClientError as error:
            if code(error) in DENIED:
                return ()
            raise
        if not holder or self._is_over(holder):
            return ()
        until = "until it has ended, resources may be missing or drifted"
        return (f"a run of this deployment is at work: {holder.command}, {holder.begun}; {until}",)

    def _take(self, name: str) -> bool:
        """Take the lock, if there is a log group. Raises Locked.

        Whoever creates the lock puts its name to it, and so does whoever finds one without a name: of several names the
        first one counts.
        """
        for _ in range(TRIES):
            try:
                self._create(STREAM)
                exists, holder = True, None
            except Exception as error:
                if is_gone(error):
                    return False
                if not (exists_already(error) or is_unanswered(error)):
                    raise
                exists, holder = self._holder_once_named()
            if holder and self._is_over(holder):
                self._clear()
            elif holder:
                raise self._locked(holder)
            elif exists:
                with _ignoring(exists_already):
                    self.aws.patience.through(partial(self._create, name), what=LOCKING)
                _, first = self._standing()
                if not first or first.run == self.state.run:  # none: ours does not show yet
                    return True
                with _ignoring(is_gone):
                    self._delete(name)
        raise Locked("other runs of this deployment took the lock again and again", hint="run the same command again")

    def _release(self, name: str) -> None:
        """Give the lock back, after Ctrl-C too. One that was taken over meanwhile is another run's."""
        patience = self.aws.patience
        stopping = patience.stopping
        patience.resume()
        try:
            with suppress(Exception):  # it must not hide how the run ended; a lock that stays is taken over
                self._give_back(name)
        finally:
            if stopping:
                patience.stop()

    def _give_back(self, name: str) -> None:
        for stream in (name, STREAM):
            try:
                self._surely_delete(stream)
            except Exception as error:
                taken_over = stream == name and self._standing()[1]
                if not is_gone(error) or taken_over:
                    raise

    def _holder_once_named(self) -> tuple[bool, Holder | None]:
        """What `_standing` returns once the lock has a name or is gone, or has had none for SILENT seconds."""
        found: tuple[bool, Holder | None] = (True, None)

        def read() -> bool | None:
            nonlocal found
            found = exists, holder = self._standing()
            return True if holder or not exists else None

        with suppress(TimedOut):
            self.aws.patience.until(read, what="the run that holds the lock to say who it is", limit=SILENT)
        return found

    def _standing(self) -> tuple[bool, Holder | None]:
        """Whether the lock exists, and who holds it, if anybody has put a name to it."""
        streams = self._streams()
        lock = streams.get(STREAM)
        # A name that is older than the lock was left behind by a run whose lock somebody deleted by hand.
        named = [holder for one in streams.items() if (holder := _named(*one)) and lock and holder.since >= lock]
        return lock is not None, min(named, key=lambda holder: (holder.since, holder.run), default=None)

    def _streams(self) -> dict[str, datetime]:
        """The lock's streams, and when each was created; empty if the log group is gone."""
        with _ignoring(is_gone), self.aws.uncached():
            answer = self.aws.read(
                self.aws.logs.describe_log_streams, logGroupName=self.group, logStreamNamePrefix=STREAM
            )
            return {
                one["logStreamName"]: datetime.fromtimestamp(one["creationTime"] / 1000, UTC)
                for one in answer["logStreams"]
            }
        return {}

    def _clear(self) -> None:
        """Delete the lock of a run that is over: its name first, so that the run itself notices if it is not."""
        for stream in sorted(self._streams(), reverse=True):
            with _ignoring(is_gone, _is_contended):
                self._surely_delete(stream)

    def _surely_delete(self, stream: str) -> None:
        self.aws.patience.through(partial(self._delete, stream), what=LOCKING)

    def _create(self, name: str) -> None:
        self.aws.logs.create_log_stream(logGroupName=self.group, logStreamName=name)

    def _delete(self, name: str) -> None:
        self.aws.logs.delete_log_stream(logGroupName=self.group, logStreamName=name)

    def _is_over(self, holder: Holder) -> bool:
        """Whether its run has ended without giving the lock back, as far as can be known here."""
        return self.state.is_interrupted(holder.run) or (self.aws.now() - holder.since).total_seconds() >= AT_MOST

    def _locked(self, holder: Holder) -> Locked:
        return Locked(
            f"another run of this deployment is at work: {holder.command}",
            why=holder.begun,
            hint="wait until it has ended, then run the same command again. If it was cut off: run it again on its "
            "machine, or here once it is an hour old; or delete its lock: aws logs delete-log-stream "
            f"--log-group-name {self.group} --log-stream-name {STREAM}",
        )


def _named(stream: str, since: datetime) -> Holder | None:
    """The holder that a stream's name says; None for the lock itself."""
    parts = stream.removeprefix(f"{STREAM}/").split("/", 2)
    return Holder(run=parts[1], command=parts[0], by=parts[2], since=since) if len(parts) == 3 else None


def _is_contended(error: BaseException) -> bool:
    """Whether another request was about the same stream at the same moment (API reference, DeleteLogStream)."""
    return code(error) == "OperationAbortedException"


@contextmanager
def _ignoring(*reasons: Callable[[BaseException], bool]) -> Iterator[None]:
    """Within it, an error for one of these reasons is none: another run was faster."""
    try:
        yield
    except Exception as error:
        if not any(reason(error) for reason in reasons):
            raise
