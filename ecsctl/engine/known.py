"""Finds again what a run has created, even if AWS shows it late or twice; or takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsctl.aws.codes import is_gone
from ecsctl.engine import events
from ecsctl.engine.attempt import Attempt
from ecsctl.engine.codec import plain
from ecsctl.engine.deleting import Deleting
from ecsctl.engine.resource import AnyResource, Observed
from ecsctl.errors import Doubled, ResourceFailed, TimedOut

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label
    from ecsctl.engine.state import State

WINDOW = 15.0  # seconds in which a create whose answer was lost may still show up


class Knowing(Deleting):
    """Makes sure that whatever a run has created can be found again."""

    def __init__(self, aws: Aws, state: State, label: Label, emit: events.Listener) -> None:
        super().__init__(aws, state, label, emit)
        self.known: dict[str, Any] = {}  # ids that no longer change during this run

    def _observe_now(
        self, name: str, desired: AnyResource, *repeats: str, since: float | None = None
    ) -> Observed[Any, Any] | None:
        """Read a resource from AWS; answers that anyone requested `since` a moment will do."""
        with self.aws.uncached(*repeats) if since is None else self.aws.no_older_than(since):
            try:
                return self._observed(name, desired)
            except Doubled:
                if not self._is_open(name, "create"):
                    raise
        self._delete_duplicates(type(desired), name)
        return None

    def _delete_duplicates(self, kind: type[AnyResource], name: str) -> None:
        """Delete all but one where our create was delivered twice: never the one whose ids we know."""
        entry = self.state.entry(name)
        known = plain(self.known[name]) if name in self.known else entry.ids if entry else None
        ours = sorted(self._ours(kind, name), key=lambda found: (plain(found.ids) != known, str(found.ids)))
        attempt = Attempt(self.patience, f"{kind.known_as(name)}, made twice")
        for surplus in ours[1:]:
            self._ask_to_delete(kind, surplus, attempt, set())

    def _await_late_create(self, name: str, desired: AnyResource) -> Observed[Any, Any] | None:
        """Read for a while: a create whose answer was lost may have taken effect, and AWS shows it late."""
        try:
            what = f"an earlier try of {desired.known_as(name)}"
            return self.patience.until(lambda: self._observe_now(name, desired), what=what, limit=WINDOW)
        except TimedOut:
            return None

    def _stays_known(self, desired: AnyResource, name: str, ids: object) -> None:
        """Delete what was just created if the resource that it is found through is gone: another machine's `down`
        deleted it.

        That `down` searched before this was created, and no later one would find it. Raises ResourceFailed.
        """
        if not desired.known_by:
            return
        what = f"{desired.known_as(name)} to be found by its {desired.known_by}"
        me = self.label.of(name)

        def found() -> bool | None:
            with self.aws.uncached():
                listed = self.listed(type(desired), me, desired.known_as(name), recorded=False)
            return any(me.matches(one.tags) for one in listed) or None

        try:
            self.patience.until(found, what=what, limit=WINDOW)
        except TimedOut as error:
            try:
                desired.delete(self.aws, ids)
            except ClientError as refused:
                if not is_gone(refused):
                    raise
            self.state.forget(name)
            raise ResourceFailed(
                f"{desired.known_as(name)}: the {desired.known_by} by which it is found was deleted meanwhile",
                hint="see whether another machine runs ecsctl down; then run the same command again",
            ) from error
