"""After a rollback `plan` does not speak of a change by somebody else: it names who went back, and what up does."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.engine.plan import Plan, Step, Why
from ecsctl.errors import EcsctlError, Several
from ecsctl.releases import release
from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.github import remote
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.watch import runs, service

ONE = desired_stack(domain=None)
TWO = desired_stack(domain=None, service={"environment": {"GREETING": "hi"}})


def steps(plan: Plan) -> dict[str, Step]:
    return {step.name: step for step in plan.work}


def why(plan: Plan) -> set[Why]:
    return {change.why for step in plan.work for change in step.changes}


def rollback(world: World, revision: str = "") -> None:
    session = world.open()
    release.rollback(session.aws, session.state, revision, agree=lambda *_: None, say=lambda _: None)


def environment(world: World) -> Any:
    arn = service(world)["taskDefinition"]
    definition = world.boto("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return {one["name"]: one["value"] for one in definition["containerDefinitions"][0]["environment"]}


def test_a_rollback_to_a_revision_with_other_variables_is_reported_as_a_rollback_and_not_as_drift(world: World) -> None:
    world.running(ONE)
    world.up(TWO)
    rollback(world)
    plan = world.plan(TWO)
    assert Why.DRIFT not in why(plan)
    assert Why.BACK in why(plan)
    assert "went back to revision 1 from 2" in steps(plan)["service"].reason
    assert "up releases what ecsctl.toml says again" in steps(plan)["service"].reason
    assert world.plan(ONE).work != plan.work
    world.up(TWO)
    assert environment(world)["GREETING"] == "hi"
    assert world.plan(TWO).work == ()


def test_a_rollback_to_an_image_whose_tag_has_moved_since_is_reported_as_a_rollback(world: World) -> None:
    world.running(ONE)
    push.push("main")
    world.clock.sleep(3600)
    world.up(TWO)
    push.push("main")
    world.clock.sleep(3600)
    rollback(world, "1")
    rollback(world, "2")
    image, _ = runs(world)
    plan = world.plan(TWO)
    assert Why.DRIFT not in why(plan)
    assert any("went back to revision 2" in step.reason for step in plan.work)
    world.up(TWO)
    assert runs(world)[0] == image, "the image that was gone back to stays"
    assert world.plan(TWO).work == ()


def test_a_rollback_by_ecs_is_reported_as_a_rollback_and_not_as_drift(world: World) -> None:
    world.running(ONE)
    ecs.script_tasks(ACCOUNT, remote.commit(ACCOUNT, REGION, "ecsctl/hello", "main"), "crash")
    with pytest.raises(EcsctlError, match="ECS service"):
        world.up(TWO)
    plan = world.plan(TWO)
    assert "ECS rolled revision 2 back to revision 1" in steps(plan)["service"].reason
    assert Why.DRIFT not in why(plan)


@pytest.mark.parametrize(
    "changed",
    [{"raw": {"service": {"platformVersion": "1.4.0"}}}, {"vpc": {"egress": "public"}}],
    ids=["the platform", "the network"],
)
def test_a_rollback_by_ecs_of_a_change_to_the_service_alone_is_reported_as_a_rollback(
    world: World, changed: dict[str, Any]
) -> None:
    world.running(ONE)
    ecs.script_tasks(ACCOUNT, remote.commit(ACCOUNT, REGION, "ecsctl/hello", "main"), "crash")
    with pytest.raises(EcsctlError) as refused:
        world.up(desired_stack(domain=None, **changed))
    [failed] = refused.value.errors if isinstance(refused.value, Several) else [refused.value]
    assert "was rolled back" in failed.why


def test_what_somebody_changed_by_hand_is_still_drift(world: World) -> None:
    world.running(ONE)
    world.up(TWO)
    world.boto("ecs").update_service(cluster="hello", service="hello", desiredCount=3)
    world.clock.sleep(600)
    rollback(world)
    drift = {change.field for step in world.plan(TWO).work for change in step.changes if change.why is Why.DRIFT}
    assert drift == {"desired_count"}
