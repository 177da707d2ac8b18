"""What AWS services make again under our names after a `down` is taken over; what someone has set is someone's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecsctl.engine.events import Message
from ecsctl.engine.plan import Verb
from ecsctl.errors import EcsctlError
from ecsctl.sandbox.aws.logs import revive_log_groups
from tests.stack.conftest import World, same

INSIGHTS, BUILD, APP = "/aws/ecs/containerinsights/hello/performance", "/aws/codebuild/hello-build", "/ecs/hello"


def test_up_after_down_takes_over_what_late_writers_have_made_and_says_so(world: World) -> None:
    revive_log_groups()
    before = world.exact()
    world.up()
    world.down()
    world.clock.sleep(60)
    assert _groups(world) == {INSIGHTS: None, BUILD: None}

    taken = {step.name: step for step in world.plan().work if step.verb is Verb.UPDATE}
    assert {name: (set(step.changed), step.reason) for name, step in taken.items()} == {
        "insights-logs": (
            {"retention_in_days", "tags"},
            "Container Insights made it by itself, without tags; it is taken over",
        ),
        "build-logs": ({"retention_in_days", "tags"}, "CodeBuild made it by itself, without tags; it is taken over"),
    }
    world.events.clear()
    world.up()
    said = [event.text for event in world.events if isinstance(event, Message)]
    assert sum("it is taken over" in text for text in said) == 2
    assert _groups(world) == {INSIGHTS: 30, BUILD: 30, APP: 30}
    assert world.plan().work == ()
    world.down()
    same(before, world.exact())


def retention(logs: Any, name: str) -> None:
    logs.put_retention_policy(logGroupName=name, retentionInDays=365)


def a_tag(logs: Any, name: str) -> None:
    arn = next(one["arn"] for one in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"])
    logs.tag_resource(resourceArn=arn.removesuffix(":*"), tags={"team": "data"})


@pytest.mark.parametrize("sets", [retention, a_tag])
@pytest.mark.parametrize("name", [INSIGHTS, BUILD])
def test_a_group_on_which_somebody_has_set_anything_is_refused(
    world: World, name: str, sets: Callable[[Any, str], None]
) -> None:
    logs = world.boto("logs")
    logs.create_log_group(logGroupName=name)
    sets(logs, name)
    before = world.exact()
    with pytest.raises(EcsctlError, match="is not ours"):
        world.up()
    same(before, world.exact())


def test_the_apps_own_group_is_never_made_by_aws_so_one_that_is_there_is_somebodys(world: World) -> None:
    """Its writer is the tasks' log driver, which may not make groups: the execution role does not allow it."""
    world.boto("logs").create_log_group(logGroupName=APP)
    with pytest.raises(EcsctlError, match="is not ours"):
        world.up()


def test_a_run_killed_while_it_adopts_a_log_group_has_adopted_it(world: World) -> None:
    logs = world.boto("logs")
    logs.create_log_group(logGroupName=INSIGHTS)

    class Died(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Died

    session = world.open()
    events = session.aws.client("logs").meta.events
    events.register("before-call.cloudwatch-logs.PutRetentionPolicy", die)
    try:
        with pytest.raises(Died):
            session.engine.up(session.desired_stack, agree=lambda plan: None)
    finally:
        events.unregister("before-call.cloudwatch-logs.PutRetentionPolicy", die)
    world.up()
    assert _groups(world)[INSIGHTS] == 30


def _groups(world: World) -> dict[str, int | None]:
    listed = world.boto("logs").describe_log_groups()["logGroups"]
    return {one["logGroupName"]: one.get("retentionInDays") for one in listed}
