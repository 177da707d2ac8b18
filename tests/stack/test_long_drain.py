"""The longest time that AWS lets open requests have: a release waits for it, the end of the stack does not."""

from __future__ import annotations

import pytest

from ecsctl.errors import Refused
from tests.stack.conftest import World, desired_stack, same

HOUR = desired_stack(domain=None, service={"deregistration_delay_seconds": 3600})
CHANGED = desired_stack(domain=None, service={"deregistration_delay_seconds": 3600, "environment": {"GREETING": "hi"}})


def delay(world: World) -> str:
    elb = world.boto("elbv2")
    [group] = elb.describe_target_groups()["TargetGroups"]
    attributes = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    return next(str(one["Value"]) for one in attributes if one["Key"] == "deregistration_delay.timeout_seconds")


def test_down_ends_soon_and_leaves_nothing(world: World) -> None:
    before = world.running(HOUR)
    began = world.clock.now()
    world.down()
    same(before, world.exact())
    assert world.clock.now() - began < 900


def test_down_goes_on_where_it_was_cut_off_between_the_two(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = world.running(HOUR)

    def cut(service: str, operation: str, *_: object) -> None:
        if operation == "modify_target_group_attributes":
            raise KeyboardInterrupt

    monkeypatch.setattr(world, "heard", cut)
    with pytest.raises(KeyboardInterrupt):
        world.down()
    world.heard = None
    assert delay(world) == "30"
    world.down()
    same(before, world.exact())


def test_a_stack_that_stays_keeps_it(world: World) -> None:
    world.running(HOUR)

    def no(_plan: object) -> None:
        raise Refused("no")

    with pytest.raises(Refused):
        world.down(agree=no)
    assert delay(world) == "3600"


def test_a_release_is_done_though_the_old_tasks_take_their_time(world: World) -> None:
    world.running(HOUR)
    world.up(CHANGED)
    assert world.plan(CHANGED).work == ()
    assert delay(world) == "3600"
