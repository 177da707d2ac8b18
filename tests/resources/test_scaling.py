from dataclasses import replace

import pytest

from ecsctl.engine.stack import Stack
from ecsctl.errors import Refused
from ecsctl.resources.scaling import POLICY, Scaling
from tests.rows.ecs import Ground

AUTO = {"desired_count": None}
WHAT = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
OURS = {**WHAT, "ResourceId": "service/shop/shop"}


@pytest.fixture
def ground(cloud):
    return Ground(cloud)


@pytest.fixture
def scaling(cloud):
    return cloud.boto("application-autoscaling")


def targets(scaling):
    found = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return {one["ResourceId"]: (one["MinCapacity"], one["MaxCapacity"]) for one in found}


def followed(scaling):
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    return {one["PolicyName"]: one["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for one in policies}


def follow(scaling, name, value, **more):
    scaling.put_scaling_policy(
        **OURS, PolicyName=name, PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": value, **more, "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"}},
    )  # fmt: skip


def changes(plan):
    return {step.name: set(step.changed) for step in plan.work}


def test_the_service_follows_its_cpu_between_its_bounds_and_a_second_up_changes_nothing(cloud, ground, scaling):
    desired = ground.stack(service=AUTO, scaling={"min_capacity": 2, "max_capacity": 6, "cpu_percent": 50})
    cloud.up(desired)
    assert (targets(scaling), followed(scaling)) == ({"service/shop/shop": (2, 6)}, {POLICY: 50})
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    tags = scaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"]
    assert (tags["ecsctl:app"], tags["ecsctl:resource"], tags["owner"]) == ("shop", "scaling", "ann")
    cloud.up(desired)
    assert cloud.changes == 0


def test_what_autoscaling_does_is_no_drift(cloud, ground):
    desired = ground.stack(service=AUTO, scaling={})
    cloud.up(desired)
    cloud.boto("ecs").update_service(cluster="shop", service="shop", desiredCount=3)
    assert cloud.plan(desired).work == ()


@pytest.mark.parametrize(
    ("fields", "spoil"),
    [
        ({"min_capacity"}, lambda scaling: scaling.register_scalable_target(**OURS, MinCapacity=0)),
        ({"max_capacity"}, lambda scaling: scaling.register_scalable_target(**OURS, MaxCapacity=9)),
        ({"cpu_percent"}, lambda scaling: follow(scaling, POLICY, 90)),
        ({"cpu_percent"}, lambda scaling: follow(scaling, POLICY, 60, DisableScaleIn=True)),
        ({"cpu_percent"}, lambda scaling: scaling.delete_scaling_policy(**OURS, PolicyName=POLICY)),
    ],
    ids=["min_capacity", "max_capacity", "another target", "never in", "no policy"],
)
def test_drift_is_named_and_corrected(cloud, ground, scaling, fields, spoil):
    ground.count = 0
    desired = ground.stack(service=AUTO | {"first_count": 0}, scaling={"min_capacity": 1})
    cloud.up(desired)
    spoil(scaling)
    assert changes(cloud.plan(desired)) == {"scaling": fields}
    cloud.up(desired)
    assert (targets(scaling), followed(scaling)) == ({"service/shop/shop": (1, 4)}, {POLICY: 60})
    assert cloud.plan(desired).work == ()


def test_an_edit_of_all_of_it_is_made_and_a_policy_of_somebody_else_stays(cloud, ground, scaling):
    cloud.up(ground.stack(service=AUTO, scaling={}))
    follow(scaling, "theirs", 30)
    desired = ground.stack(service=AUTO, scaling={"min_capacity": 2, "max_capacity": 3, "cpu_percent": 40})
    assert changes(cloud.plan(desired)) == {"scaling": {"min_capacity", "max_capacity", "cpu_percent"}}
    cloud.up(desired)
    assert (targets(scaling), followed(scaling)) == ({"service/shop/shop": (2, 3)}, {POLICY: 40, "theirs": 30})


def test_one_that_is_no_longer_desired_goes_and_the_service_stays(cloud, ground, scaling):
    cloud.up(ground.stack(service=AUTO, scaling={}))
    cloud.up(ground.stack())
    assert (targets(scaling), followed(scaling)) == ({}, {})
    assert ground.described["status"] == "ACTIVE"


def test_one_that_somebody_made_for_our_service_is_refused(cloud, ground, scaling):
    cloud.up(ground.stack())
    scaling.register_scalable_target(**OURS, MinCapacity=1, MaxCapacity=2, Tags={"owner": "neighbour"})
    with pytest.raises(Refused, match="exists and is not ours"):
        cloud.up(ground.stack(service=AUTO, scaling={}))
    assert targets(scaling) == {"service/shop/shop": (1, 2)}


def test_down_takes_ours_and_not_the_neighbours_lost_state_or_not(cloud, ground, scaling):
    cloud.up(ground.stack(service=AUTO, scaling={}))
    ecs = cloud.boto("ecs")
    ecs.create_cluster(clusterName="shop-next")
    cloud.clock.sleep(60)
    network = {"awsvpcConfiguration": {"subnets": sorted(ground.subnets), "assignPublicIp": "ENABLED"}}
    ecs.create_service(cluster="shop-next", serviceName="shop", taskDefinition="shop:1", desiredCount=0,
                       launchType="FARGATE", networkConfiguration=network)  # fmt: skip
    theirs = {**WHAT, "ResourceId": "service/shop-next/shop"}
    scaling.register_scalable_target(**theirs, MinCapacity=0, MaxCapacity=2)
    cloud.lose_state()
    cloud.down()
    assert targets(scaling) == {"service/shop-next/shop": (0, 2)}


def test_one_whose_service_is_gone_is_still_found(cloud, ground):
    cloud.up(ground.stack(service=AUTO, scaling={}))
    cloud.boto("ecs").delete_service(cluster="shop", service="shop", force=True)
    cloud.clock.sleep(1200)
    assert [found.ids.target for found in Scaling.find(cloud.aws, cloud.label())] == ["service/shop/shop"]


def test_tags_that_somebody_took_are_put_back(cloud, ground, scaling):
    desired = ground.stack(service=AUTO, scaling={})
    cloud.up(desired)
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    scaling.untag_resource(ResourceARN=target["ScalableTargetARN"], TagKeys=["owner"])
    assert changes(cloud.plan(desired)) == {"scaling": {"tags"}}
    cloud.up(desired)
    assert scaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"]["owner"] == "ann"


def test_what_somebody_has_suspended_stays_so_and_is_mentioned(cloud, ground, scaling):
    """Application Auto Scaling user guide, "Suspend and resume scaling": as in an incident."""
    desired = ground.stack(service=AUTO, scaling={})
    cloud.up(desired)
    scaling.register_scalable_target(**OURS, SuspendedState={"DynamicScalingOutSuspended": True})
    assert cloud.up(desired).work == ()
    stack = Stack()
    desired(stack)
    known = replace(stack.nodes["scaling"].desired, cluster="shop", service="shop")
    assert cloud.see("scaling", known).note == "suspended by somebody: more tasks by metrics"
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["SuspendedState"]["DynamicScalingOutSuspended"] is True
