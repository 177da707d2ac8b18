"""A change of mind, and its undoing: whatever was desired before, an `up` ends where a clean one would."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.stack.conftest import World, desired_stack, same

pytestmark = pytest.mark.timeout(900)

NO_TASKS: dict[str, Any] = {"service": {"desired_count": 0}}  # tasks, and what they leave behind, differ with the time
IDLE = desired_stack(**NO_TASKS)
TURNS = {
    "domain away": (IDLE, desired_stack(domain=None, **NO_TASKS)),
    "another domain": (IDLE, desired_stack(domain={"name": "other.ecsctl.example"}, **NO_TASKS)),
    "two gateways, build only": (IDLE, desired_stack(vpc={"egress": "nat-per-az", "flow_logs": "all"},
                                              pipeline={"mode": "build-only"},
                                              **NO_TASKS)),
    "no tasks to scaling": (IDLE, desired_stack(service={"autoscaling": {"min": 2, "max": 3}})),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second"), TURNS.values(), ids=TURNS.keys())
def test_changing_from_one_configuration_to_another_ends_like_a_fresh_up(
    world: World, first: dict[str, Any], second: dict[str, Any]
) -> None:
    before = world.exact()
    world.deployment("one-and-the-same")
    world.up(first)
    world.up(second)
    turned = _at_rest(world)
    assert world.plan(second).work == ()
    world.down()
    same(before, world.exact())
    world.deployment("one-and-the-same")
    world.up(second)
    same(turned, _at_rest(world))


def _at_rest(world: World) -> dict[str, Any]:
    """The account once the pipeline has run, without what is history: numbers of revisions and of GitHub's hooks, by
    whom they were registered, and which image the pipeline has deployed meanwhile.
    """
    world.clock.sleep(1800)
    text = json.dumps(world.account(), default=str)
    text = re.sub(r'"registeredBy": "[^"]*"', '"registeredBy": ""', text)
    text = re.sub(r"(amazonaws.com/hello)(@sha256:[0-9a-f]+|:[0-9a-f]+)", r"\1", text)
    found: dict[str, Any] = json.loads(re.sub(r'(task-definition/hello:|"revision": |/hooks/)\d+', r"\g<1>0", text))
    return found
