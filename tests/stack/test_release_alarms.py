"""[deployment.alarms]: an alarm that rings while a version rolls out gives it up, and its name is in the message."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.plan import Verb
from ecsctl.errors import EcsctlError
from ecsctl.operations.policy import policies
from ecsctl.releases.verdict import Followed, Outcome, Verdict, verdict_of
from ecsctl.resources.support.deployments import snapshot
from tests.stack.client import IMAGE
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same

PLAIN = desired_stack(domain=None, github=None)


def watched(**alarms: Any) -> dict[str, Any]:
    return {**PLAIN, "deployment": {"alarms": alarms}}


MADE = watched(errors_percent=5, latency_seconds=1.5, minutes=3)


def ring(world: World, name: str, state: str = "ALARM") -> None:
    world.boto("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


def service(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    return found


def verdict(world: World, revision: str) -> Any:
    return verdict_of(Followed(revision), snapshot(world.aws(), "hello", "hello"))


def another_version(world: World) -> str:
    """Begin to release a copy of what runs; its ARN."""
    ecs = world.boto("ecs")
    now = ecs.describe_task_definition(taskDefinition=service(world)["taskDefinition"])["taskDefinition"]
    keys = ("family", "containerDefinitions", "cpu", "memory", "networkMode", "requiresCompatibilities",
            "executionRoleArn", "taskRoleArn", "runtimePlatform")  # fmt: skip
    arn: str = ecs.register_task_definition(**{key: now[key] for key in keys})["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="hello", service="hello", taskDefinition=arn)
    return arn


def test_alarms_are_made_watched_and_removed_again(world: World) -> None:
    world.running(PLAIN)
    world.up(MADE)
    assert service(world)["deploymentConfiguration"]["alarms"] == {
        "alarmNames": ["hello-errors", "hello-latency"], "enable": True, "rollback": True}  # fmt: skip
    assert len(service(world)["deployments"]) == 1
    assert not world.plan(MADE).work
    world.up(PLAIN)
    assert world.boto("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert not service(world)["deploymentConfiguration"]["alarms"]["enable"]
    assert not world.plan(PLAIN).work


def test_an_alarm_during_the_bake_rolls_back_and_is_named(world: World) -> None:
    world.running(MADE, image=IMAGE)
    before = service(world)["taskDefinition"]
    bad = another_version(world)
    world.clock.sleep(150)
    assert service(world)["deployments"][0]["rolloutState"] == "IN_PROGRESS"  # all run, and it is watched
    assert {one["runningCount"] for one in service(world)["deployments"]} == {1}
    ring(world, "hello-errors")
    world.clock.sleep(600)
    assert service(world)["taskDefinition"] == before
    found = verdict(world, bad)
    assert isinstance(found, Verdict)
    assert found.outcome is Outcome.ROLLED_BACK
    assert "was rolled back by the alarm hello-errors" in found.sentence
    assert "hello-errors" in found.why


def test_without_an_alarm_the_deployment_ends_after_the_bake_time(world: World) -> None:
    world.running(MADE, image=IMAGE)
    good = another_version(world)
    world.clock.sleep(600)
    found = verdict(world, good)
    assert isinstance(found, Verdict)
    assert found.outcome is Outcome.DEPLOYED


def test_an_alarm_that_is_on_before_a_release_is_not_watched_during_it(world: World) -> None:
    world.running(MADE, image=IMAGE)
    ring(world, "hello-latency")
    cure = another_version(world)
    world.clock.sleep(900)
    found = verdict(world, cure)
    assert isinstance(found, Verdict)
    assert found.outcome is Outcome.DEPLOYED


def test_the_users_own_are_watched_and_never_touched(world: World) -> None:
    world.running(PLAIN)
    world.boto("cloudwatch").put_metric_alarm(
        AlarmName="business", Namespace="Shop", MetricName="Lost", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold")  # fmt: skip
    before = world.boto("cloudwatch").describe_alarms()["MetricAlarms"]
    theirs = watched(names=["business"])
    world.up(theirs)
    assert service(world)["deploymentConfiguration"]["alarms"]["alarmNames"] == ["business"]
    assert not world.plan(theirs).work
    world.down()
    assert world.boto("cloudwatch").describe_alarms()["MetricAlarms"] == before


def test_one_that_is_not_there_is_refused_before_any_change(world: World) -> None:
    before = world.exact()
    with pytest.raises(EcsctlError, match="there is no alarm no-such in eu-central-1"):
        world.up(watched(names=["no-such"]))
    same(before, world.exact())


def test_a_strangers_alarm_of_our_name_is_refused(world: World) -> None:
    world.boto("cloudwatch").put_metric_alarm(
        AlarmName="hello-errors", Namespace="Shop", MetricName="Lost", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold")  # fmt: skip
    [refused] = [step for step in world.plan(watched(errors_percent=5)).steps if step.kind == "alarm"]
    assert refused.verb is Verb.REFUSE


def test_rights_to_alarms_are_printed_only_where_they_are_made() -> None:
    def changes(configured: dict[str, Any]) -> bool:
        return "alarm:hello-errors" in str(
            [one for policy in policies(Config.model_validate(configured), ACCOUNT, REGION).values()
             for one in policy["Statement"] if "cloudwatch:PutMetricAlarm" in one["Action"]])  # fmt: skip

    assert not changes(PLAIN)
    assert not changes(watched(names=["business"]))
    assert changes(MADE)
