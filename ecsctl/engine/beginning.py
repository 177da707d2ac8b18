"""A resource whose create needs less than the whole of it: made early, and finished when the rest exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsctl.engine.attempt import Attempt
from ecsctl.engine.codec import plain
from ecsctl.engine.errors import EcsctlError, Interrupted
from ecsctl.engine.known import Knowing
from ecsctl.engine.promises import fulfil, promises
from ecsctl.engine.resource import AnyResource
from ecsctl.engine.stack import Node

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.engine import events
    from ecsctl.engine.label import Label
    from ecsctl.engine.state import State


def needless(node: Node) -> frozenset[str]:
    """What a node needs, and its create does not: a route table is made without the gateway that it will lead to."""
    whole = {promise.resource for promise in promises(node.desired)}
    made = {promise.resource for promise in promises(node.desired.at_first().as_made())}
    return frozenset(whole - made - node.ready)


class Beginning(Knowing):
    """Makes early what others will have to wait for."""

    def __init__(self, aws: Aws, state: State, label: Label, emit: events.Listener) -> None:
        super().__init__(aws, state, label, emit)
        self._begun: dict[str, tuple[Label, Any]] = {}  # those that were made early: by which label, and their ids

    def begin(self, node: Node, *, absent: bool) -> None:
        """Ask AWS to make it, as far as its create goes, if it is certain that it does not exist: by the plan,
        which has just read that it is `absent`, or because what it is a part of is new. Else `ensure` does all of it.

        A run that ends here leaves what one leaves that ends just after a create.
        """
        name, desired = node.name, fulfil(node.desired.at_first().as_made(), self.known)
        if not (absent or self._in_newborn(node)) or self._may_be_hidden(name, desired):
            return
        with self._working(name):
            nonce = self.state.begin(name, desired.kind, "create")
            me = self.label.of(name, nonce)
            if (ids := self._asked_for(name, desired, me)) is None:
                return
            self.state.made(name, plain(ids))
            self._begun[name] = me, ids

    def _asked_for(self, name: str, desired: AnyResource, me: Label) -> Any:
        """The ids that its create answers with. None: it may exist all the same, or AWS refuses it for good."""
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
                    return None  # `ensure` meets it again, and reports it

    def _in_newborn(self, node: Node) -> bool:
        """Whether it cannot exist yet, since this run has just created what it is a part of."""
        if not node.desired.inside:
            return False
        parents = (
            promise.resource for field in node.desired.within for promise in promises(getattr(node.desired, field))
        )
        return not self._newborn.isdisjoint(parents) and not self._open(node.name, "create")
