"""Autoscaling by more than the CPU, and by the clock: made, compared, taken back; what the clock sets is no drift."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ecsctl.config import Config
from ecsctl.config.tables.autoscaling import Autoscaling, Schedule
from tests.stack.conftest import World, desired_stack

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
ALL = {"ServiceNamespace": "ecs"}
NIGHT = {"night": {"at": "cron(0 20 * * ? *)", "time_zone": "Europe/Berlin", "min": 0, "max": 1}}


def scaled(**more: Any) -> dict[str, Any]:
    return {**desired_stack(domain=None, github=None), "service": {"autoscaling": {"min": 2, "max": 4, **more}}}


def followed(world: World) -> dict[str, tuple[float, str]]:
    found = world.boto("application-autoscaling").describe_scaling_policies(**ALL)["ScalingPolicies"]
    policies = {one["PolicyName"]: one["TargetTrackingScalingPolicyConfiguration"] for one in found}
    return {name: (one["TargetValue"], one["PredefinedMetricSpecification"].get("ResourceLabel", ""))
            for name, one in policies.items()}  # fmt: skip


def test_several_aims_at_once_are_made_changed_and_taken_back(world: World) -> None:
    much = scaled(cpu_percent=50, memory_percent=70, requests_per_minute=1000)
    world.up(much, image=IMAGE)
    found = followed(world)
    assert {name: value for name, (value, _) in found.items()} == {
        "ecsctl-cpu": 50,
        "ecsctl-memory": 70,
        "ecsctl-requests": 1000,
    }
    elb = world.boto("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"].partition("loadbalancer/")[2]
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"].rpartition(":")[2]
    assert found["ecsctl-requests"][1] == f"{balancer}/{group}"
    assert world.plan(much).work == ()
    world.up(scaled(memory_percent=80))
    assert {name: value for name, (value, _) in followed(world).items()} == {"ecsctl-memory": 80}
    world.up(scaled())
    assert {name: value for name, (value, _) in followed(world).items()} == {"ecsctl-cpu": 60}
    assert world.plan(scaled()).work == ()


def test_metrics_every_20_seconds_go_with_a_strategy_and_a_worker_and_are_taken_back(world: World) -> None:
    def desired(**more: Any) -> dict[str, Any]:
        worker = {"command": ["./mail"], "autoscaling": {"min": 1, "max": 2, "memory_percent": 70, **more}}
        canary = {"strategy": "canary", "bake_minutes": 1}
        return {**scaled(**more), "workers": {"mailer": worker}, "deployment": canary}

    def aimed() -> set[str]:
        found = world.boto("application-autoscaling").describe_scaling_policies(**ALL)["ScalingPolicies"]
        tracked = [(one["ResourceId"], one["TargetTrackingScalingPolicyConfiguration"]) for one in found]
        return {f"{of} {one['PredefinedMetricSpecification']['PredefinedMetricType']}" for of, one in tracked}

    usual = {"service/hello/hello ECSServiceAverageCPUUtilization",
             "service/hello/hello_mailer ECSServiceAverageMemoryUtilization"}  # fmt: skip
    world.up(desired(resolution_seconds=20), image=IMAGE)
    assert aimed() == {f"{one}HighResolution" for one in usual}
    assert world.plan(desired(resolution_seconds=20)).work == ()
    world.up(desired())
    assert aimed() == usual
    assert world.plan(desired()).work == ()


def test_what_is_published_more_often_is_said_once_and_only_of_the_cpu_and_of_memory() -> None:
    with pytest.raises(ValidationError, match=r"resolution_seconds.*expected cpu_percent or memory_percent"):
        Autoscaling.model_validate({"min": 1, "max": 2, "requests_per_minute": 9, "resolution_seconds": 20})
    raw = {"service": {"monitoring": {"metricConfigurations": []}}}
    assert Config.model_validate({**scaled(), "raw": raw})
    with pytest.raises(ValidationError, match=r"raw.service.monitoring.*cannot be combined with"):
        Config.model_validate({**scaled(resolution_seconds=20), "raw": raw})


def test_bounds_by_the_clock_are_made_and_taken_back_and_what_they_set_is_no_drift(world: World) -> None:
    nightly = scaled(schedules=NIGHT)
    world.up(nightly, image=IMAGE)
    scaling = world.boto("application-autoscaling")
    [action] = scaling.describe_scheduled_actions(**ALL)["ScheduledActions"]
    assert (action["Schedule"], action["Timezone"]) == ("cron(0 20 * * ? *)", "Europe/Berlin")
    assert action["ScalableTargetAction"] == {"MinCapacity": 0, "MaxCapacity": 1}
    assert world.plan(nightly).work == ()
    where = {**ALL, "ResourceId": "service/hello/hello", "ScalableDimension": "ecs:service:DesiredCount"}
    scaling.register_scalable_target(**where, MinCapacity=0, MaxCapacity=1)  # as the action does
    world.boto("ecs").update_service(cluster="hello", service="hello", desiredCount=0)
    world.clock.sleep(600)
    assert world.plan(nightly).work == ()
    scaling.register_scalable_target(**where, MinCapacity=3, MaxCapacity=9)
    [step] = world.plan(nightly).work
    assert step.changed == {"min_capacity", "max_capacity"}
    world.up(scaled())
    assert scaling.describe_scheduled_actions(**ALL)["ScheduledActions"] == []
    assert world.plan(scaled()).work == ()


@pytest.mark.parametrize("at", ["cron(0 20 * * *)", "20:00", "rate(1 day)", "at(2027-01-31)"])
def test_a_moment_that_aws_does_not_know_is_refused(at: str) -> None:
    with pytest.raises(ValidationError, match="at"):
        Schedule(at=at, min=0)


def test_the_bounds_of_all_times_count() -> None:
    limits = Autoscaling.model_validate({"min": 2, "max": 4, "schedules": {**NIGHT, "sale": {
        "at": "at(2027-01-31T20:00:00)", "max": 9}}})  # fmt: skip
    assert (limits.lowest, limits.highest) == (0, 9)
