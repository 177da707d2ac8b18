"""Finds out what exists of one resource, by its name or tags, now or a little later, and what is recorded of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ecsctl.engine.attempt import patiently
from ecsctl.engine.codec import plain
from ecsctl.engine.label import Label
from ecsctl.engine.promises import promises
from ecsctl.engine.resource import AnyResource, Found, Observed
from ecsctl.errors import Doubled

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.state import State

T = TypeVar("T")


class Reader:
    """Reads the resources of a deployment, and changes nothing."""

    def __init__(self, aws: Aws, state: State, label: Label) -> None:
        self.aws, self.state, self.label = aws, state, label
        self.patience = aws.patience
        self._newborn: set[str] = set()  # those that this run has created, so that nothing can have been in them before

    def read(self, name: str, desired: AnyResource) -> Observed[Any, Any] | None:
        """Read a resource. None if it does not exist, or the parent is missing that it cannot exist without."""
        try:
            return self._observed(name, desired)
        except Doubled:
            if not self._is_open(name, "create"):
                raise
            return None  # a create in flight was delivered twice: `ensure` leaves one

    def _observed(self, name: str, desired: AnyResource) -> Observed[Any, Any] | None:
        if not self.can_exist(desired):
            return None
        entry = self.state.entry(name)
        recorded = tuple(entry.ids.items()) if entry and entry.ids and entry.kind == desired.kind else ()
        me = replace(self.label.of(name, self._nonce(name)), made=name in self._newborn, recorded=recorded)
        return self.patiently(lambda: desired.observe(self.aws, me), desired.known_as(name))

    def can_exist(self, desired: AnyResource) -> bool:
        """Whether the parent that it cannot exist without exists."""
        return not any(True for parent in desired.within for _ in promises(getattr(desired, parent)))

    def _ours(self, kind: type[AnyResource], name: str) -> list[Found[Any]]:
        """Everything of this kind and name that carries our tags right now."""
        return self._ours_since(time.monotonic(), kind, name)

    def _ours_since(self, moment: float, kind: type[AnyResource], name: str) -> list[Found[Any]]:
        """The same, from any answer that was requested after that moment."""
        me = self.label.of(name)
        with self.aws.no_older_than(moment):
            found = self.listed(kind, me, kind.known_as(name))
        return [item for item in found if me.matches(item.tags)]

    def listed(self, kind: type[AnyResource], me: Label, what: str, *, recorded: bool = True) -> list[Found[Any]]:
        """Everything of this kind that AWS lists for a label; read again while it lists what is gone.

        What is found through another kind is found by its recorded ids too: somebody may have deleted that other one.
        Not so without `recorded`: then it is what a machine without this state file would find.
        """

        def read() -> list[Found[Any]]:
            found = list(kind.find(self.aws, me))
            if not kind.known_by or not recorded:
                return found
            shown = [plain(one.ids) for one in found]
            entries = self.state.entries.values()
            missing = [one.ids for one in entries if one.kind == kind.kind and one.ids and one.ids not in shown]
            by_ids = kind.find_recorded(self.aws, me, missing) if missing else None
            return found + [one for one in by_ids or () if plain(one.ids) not in shown]

        return patiently(self.patience, read, what, again=self.aws.forget, gone=True)

    def patiently(self, read: Callable[[], T], what: str = "reading") -> T:
        """Read, and read again while AWS does not show everywhere what was just created. `what` names what is read."""
        return patiently(self.patience, read, what, again=self.aws.forget)  # one of the answers may be too old

    def applied(self, name: str) -> Mapping[str, Any] | None:
        """The desired state that was last applied, as recorded."""
        entry = self.state.entry(name)
        return entry.applied if entry else None

    def _is_open(self, name: str, verb: str) -> bool:
        entry = self.state.entry(name)
        return entry is not None and entry.intent is not None and entry.intent.verb == verb

    def _may_be_hidden(self, name: str, desired: AnyResource) -> bool:
        """Whether an earlier run may have created it so recently that a read can miss it."""
        entry = self.state.entry(name)
        made = entry is not None and entry.ids is not None and entry.intent is None and not entry.borrowed
        return self._is_open(name, "create") or (made and not desired.wait and entry is not None and entry.recent)

    def _nonce(self, name: str) -> str:
        entry = self.state.entry(name)
        return entry.intent.nonce if entry and entry.intent else ""
