"""Creates a resource early, where the create call needs only some of what the whole resource depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsctl.engine.attempt import Attempt
from ecsctl.engine.codec import plain
from ecsctl.engine.known import Knowing
from ecsctl.engine.promises import promises, resolve
from ecsctl.engine.resource import AnyResource
from ecsctl.engine.stack import Node
from ecsctl.errors import EcsctlError, Interrupted

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine import events
    from ecsctl.engine.label import Label
    from ecsctl.engine.state import State


def needless(node: Node) -> frozenset[str]:
    """The ids that a node needs but its create call does not: a route table is created without the gateway that its
    route will point to.
    """
    whole = {promise.resource for promise in promises(node.desired)}
    made = {promise.resource for promise in promises(node.desired.initial().as_created())}
    return frozenset(whole - made - node.ready)


class Beginning(Knowing):
    """Creates early what others would otherwise wait for."""

    def __init__(self, aws: Aws, state: State, label: Label, emit: events.Listener) -> None:
        super().__init__(aws, state, label, emit)
        self._begun: dict[str, tuple[Label, Any]] = {}  # those created early: under which label, and their ids

    def begin(self, node: Node, *, absent: bool) -> None:
        """Send the create call, if it is certain that the resource does not exist: the plan has just read that it is
        `is_absent`, or its parent is new. Otherwise `ensure` does everything.

        A run that dies here leaves the same as one that dies just after a create.
        """
        name, desired = node.name, resolve(node.desired.initial().as_created(), self.known)
        if not (absent or self._has_new_parent(node)) or self._may_be_hidden(name, desired):
            return
        with self._working(name):
            nonce = self.state.begin(name, desired.kind, "create")
            me = self.label.of(name, nonce)
            if (ids := self._asked_for(name, desired, me)) is None:
                return
            self.state.made(name, plain(ids))
            self._begun[name] = me, ids

    def _asked_for(self, name: str, desired: AnyResource, me: Label) -> Any:
        """The ids that the create call returns. None: it may exist after all, or AWS refuses it for good."""
        attempt = Attempt(self.patience, desired.known_as(name))
        while True:
            try:
                return desired.create(self.aws, me)
            except EcsctlError:
                raise
            except Exception as error:  # noqa: BLE001 - sorted out here, or by `ensure`, which asks again
                if attempt.may_exist(error):
                    return None
                try:
                    attempt.wait_or_raise(error, on_final=lambda: self.state.drop(name))
                except Interrupted:
                    raise
                except EcsctlError:
                    return None  # `ensure` runs into it again, and reports it

    def _has_new_parent(self, node: Node) -> bool:
        """Whether it cannot exist yet, because this run has just created its parent."""
        if not node.desired.inside:
            return False
        parents = (
            promise.resource for field in node.desired.within for promise in promises(getattr(node.desired, field))
        )
        return not self._newborn.isdisjoint(parents) and not self._is_open(node.name, "create")
