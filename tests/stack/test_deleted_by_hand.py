"""Somebody has deleted one thing in the console, and the next command is `down`: it leaves nothing all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.stack.conftest import World, desired_stack, same
from tests.stack.theirs import theirs

SCALED = {"min": 0, "max": 1, "queue": "{queue}", "messages_per_task": 1}
STACK = desired_stack(
    domain=None,
    workers={name: {"command": ["python", "worker.py"], "autoscaling": SCALED} for name in ("one", "two")},
    jobs={"yearly": {"command": ["python", "report.py"], "schedule": "cron(0 3 1 1 ? *)"}},
    notify={"webhook": "{chat}"},
)


def role(part: str) -> Callable[[World], None]:
    """Deleting a role in the console takes its policies away first."""

    def delete(world: World) -> None:
        iam, name = world.boto("iam"), f"hello-eu-central-1-{part}"
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)

    return delete


def autoscaling(world: World) -> None:
    world.boto("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="ecs", ResourceId="service/hello/hello_one", ScalableDimension="ecs:service:DesiredCount"
    )


@pytest.mark.parametrize(
    "delete",
    [role("scheduler"), role("notify"), autoscaling],
    ids=["role of schedules", "role of a webhook", "autoscaling of one of two workers"],
)
def test_what_is_otherwise_found_by_it_goes_too(world: World, delete: Callable[[World], None]) -> None:
    def up() -> dict[str, Any]:
        (configured,) = theirs(world, STACK)
        before = world.exact()
        world.up(configured)
        world.clock.sleep(120)
        return before

    before = world.once("what is found by something else", up)
    delete(world)
    world.clock.sleep(120)
    world.down()
    same(before, world.exact())
