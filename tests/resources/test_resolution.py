"""Autoscaling by metrics with a value every 20 seconds: what the service publishes, and what follows it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsctl.errors import Several
from ecsctl.sandbox.aws import ecs as sandbox
from tests.rows.ecs import Ground

ACCOUNT = "123456789012"
AUTO = {"desired_count": None}
OURS = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount", "ResourceId": "service/shop/shop"}
BOTH = {"min_capacity": 1, "cpu_percent": 60, "memory_percent": 70}
OFTEN = {**BOTH, "resolution": 20}
HERE = {"cluster": "shop", "service": "shop"}


@pytest.fixture
def ground(cloud: Any) -> Ground:
    return Ground(cloud)


def published(cloud: Any) -> dict[str, int]:
    """The seconds between two values of each metric that is not published as usual, by the newest revision."""
    ecs = cloud.boto("ecs")
    service = ecs.describe_services(cluster="shop", services=["shop"])["services"][0]
    assert "monitoring" not in service
    arn = service["currentServiceRevisions"][0]["arn"]
    found = ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"][0].get("monitoring", {})
    return {
        name: one["resolutionSeconds"] for one in found.get("metricConfigurations", ()) for name in one["metricNames"]
    }


def followed(cloud: Any) -> list[str]:
    found = cloud.boto("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    tracked = [one["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"] for one in found]
    return sorted(one["PredefinedMetricType"].removeprefix("ECSServiceAverage") for one in tracked)


def follow(cloud: Any, metric: str) -> None:
    cloud.boto("application-autoscaling").put_scaling_policy(
        **OURS, PolicyName="ecsctl-cpu", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 60, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}}
    )  # fmt: skip


def test_it_is_turned_on_and_off_in_place_and_drift_on_either_side_is_named(cloud: Any, ground: Ground) -> None:
    usual, often = ground.stack(service=AUTO, scaling=BOTH), ground.stack(service=AUTO, scaling=OFTEN)
    cloud.up(usual)
    assert (published(cloud), followed(cloud)) == ({}, ["CPUUtilization", "MemoryUtilization"])
    made = ground.described["createdAt"]
    cloud.up(often)
    assert published(cloud) == {"CPUUtilization": 20, "MemoryUtilization": 20}
    assert followed(cloud) == ["CPUUtilizationHighResolution", "MemoryUtilizationHighResolution"]
    assert cloud.plan(often).work == ()
    follow(cloud, "ECSServiceAverageCPUUtilization")
    less = [{"metricNames": ["MemoryUtilization"], "resolutionSeconds": 20}]
    cloud.boto("ecs").update_service(**HERE, monitoring={"metricConfigurations": less})
    ground.wait()
    assert {step.name: set(step.changed) for step in cloud.plan(often).work} == {
        "service": {"more"},
        "scaling": {"resolution"},
    }
    cloud.up(often)
    assert cloud.plan(often).work == ()
    cloud.up(usual)
    assert (published(cloud), followed(cloud)) == ({}, ["CPUUtilization", "MemoryUtilization"])
    assert cloud.plan(usual).work == ()
    assert ground.described["createdAt"] == made


def test_a_policy_may_follow_what_a_service_publishes_once_its_deployment_has_ended(cloud: Any, ground: Ground) -> None:
    cloud.up(ground.stack(service=AUTO, scaling=BOTH))
    fine = "ECSServiceAverageCPUUtilizationHighResolution"
    with pytest.raises(ClientError, match="does not publish CPUUtilization at high resolution"):
        follow(cloud, fine)
    ecs = cloud.boto("ecs")
    for name, seconds, refusal in (("Load", 20, "Unsupported metric name: Load"), ("CPUUtilization", 30, "one of")):
        asked = [{"metricNames": [name], "resolutionSeconds": seconds}]
        with pytest.raises(ClientError, match=refusal):
            ecs.update_service(**HERE, monitoring={"metricConfigurations": asked})
    often = [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]
    ecs.update_service(**HERE, monitoring={"metricConfigurations": often})
    with pytest.raises(ClientError, match="does not publish CPUUtilization at high resolution"):
        follow(cloud, fine)
    ground.wait()
    follow(cloud, fine)
    assert "CPUUtilizationHighResolution" in followed(cloud)


def test_a_deployment_that_is_rolled_back_takes_it_back_and_up_says_so(cloud: Any, ground: Ground) -> None:
    cloud.up(ground.stack(service=AUTO, scaling=BOTH))
    sandbox.script_tasks(ACCOUNT, ":1", "crash")
    with pytest.raises(Several) as caught:
        cloud.up(ground.stack(service=AUTO, scaling=OFTEN))
    assert "the deployment of revision 1 was rolled back" in caught.value.errors[0].why
    assert caught.value.not_tried == ("autoscaling",)
    assert (published(cloud), followed(cloud)) == ({}, ["CPUUtilization", "MemoryUtilization"])
    sandbox.script_tasks(ACCOUNT, ":1", "ok")
    cloud.up(ground.stack(service=AUTO, scaling=OFTEN))
    assert cloud.plan(ground.stack(service=AUTO, scaling=OFTEN)).work == ()
