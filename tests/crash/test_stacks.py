"""No kind of resource is left out of what the proofs strike."""

from __future__ import annotations

from typing import Any

from ecsctl.aws.patience import Clock
from ecsctl.resources import by_name
from tests.crash.conftest import Struck
from tests.crash.faults import Fault, Make, Script, at_work


def test_every_kind_is_in_the_stacks_and_is_made_and_removed_by_calls_that_are_struck(struck: Struck) -> None:
    def composed(stack: str) -> set[str]:
        return {node.desired.kind for node in struck.over(stack).open().desired_stack.nodes.values()}

    asked: set[tuple[str, str]] = set()

    def fault_at(_number: int, _different: int | None) -> Fault:
        return listen

    def listen(make: Make, _operation: str, _clock: Clock) -> Any:
        asked.add(at_work())
        return make()

    beside, whole = composed("beside"), composed("whole")
    assert beside | whole == by_name().keys()
    assert {kind.known_by for kind in by_name().values()} - {kind.title for kind in by_name().values()} == {""}
    for run in (struck.up, struck.down):
        struck.struck(run, Script(fault_at))
    made = {name for name, kind in by_name().items() if not (kind.borrowed or kind.wait)}
    assert made <= whole
    assert {kind for kind, verb in asked if verb == "create"} >= made
    with_the_load_balancer = {"listener", "listener-rule", "shifting-rule"}
    assert {kind for kind, verb in asked if verb in ("delete", "drain")} >= made - with_the_load_balancer
