import pytest
from botocore.exceptions import ClientError
from ecs_stack import ACCOUNT, Stack

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/app/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
POLICY = {
    "PolicyName": "cpu",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 60.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    },
}


@pytest.fixture
def stack(aws, clock):
    made = Stack(aws, clock)
    made.cluster()
    made.roles()
    made.vpc = aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    clock.sleep(5)
    subnet = aws("ec2").create_subnet(VpcId=made.vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    clock.sleep(5)
    made.ecs.create_service(
        cluster="app",
        serviceName="web",
        taskDefinition=made.definition(),
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
    )
    made.scaling = aws("application-autoscaling")
    return made


def refused(code, fragment, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    assert fragment in caught.value.response["Error"]["Message"]


def register(stack, **change):
    return stack.scaling.register_scalable_target(**TARGET | {"MinCapacity": 1, "MaxCapacity": 4} | change)


def test_a_scalable_target_needs_an_active_service_and_two_bounds(stack, clock):
    refused(
        "ValidationException",
        "ECS service doesn't exist: service/app/other",
        register,
        stack=stack,
        ResourceId="service/app/other",
    )
    refused(
        "ValidationException",
        "MinCapacity and MaxCapacity are required",
        stack.scaling.register_scalable_target,
        **TARGET,
        MinCapacity=1,
    )
    refused(
        "ValidationException",
        "Maximum capacity cannot be less than minimum capacity.",
        register,
        stack=stack,
        MinCapacity=5,
    )
    stack.aws("iam").delete_service_linked_role(RoleName="AWSServiceRoleForApplicationAutoScaling_ECSService")
    refused("ValidationException", "Unable to assume IAM role", register, stack=stack)  # that it has made just now
    clock.sleep(60)
    assert register(stack)["ScalableTargetARN"]
    stack.scaling.deregister_scalable_target(**TARGET)
    stack.ecs.delete_service(cluster="app", service="web")
    clock.sleep(60)
    refused("ValidationException", "ECS service doesn't exist: service/app/web", register, stack=stack)


def test_registering_again_changes_only_the_bound_that_is_sent(stack):
    first = register(stack)["ScalableTargetARN"]
    again = stack.scaling.register_scalable_target(**TARGET, MaxCapacity=9)["ScalableTargetARN"]
    assert first == again
    [target] = stack.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 9)
    suspended = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    assert target["SuspendedState"] == dict.fromkeys(suspended, False)
    assert target["RoleARN"].startswith(f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.application-autoscaling.")


def test_a_policy_needs_its_target(stack):
    refused(
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: ecs, resource ID: service/app/web, "
        "scalable dimension: ecs:service:DesiredCount",
        stack.scaling.put_scaling_policy,
        **{**TARGET, **POLICY},
    )


def test_what_is_not_there_cannot_be_taken_away(stack):
    refused(
        "ObjectNotFoundException",
        "No scalable target found for service namespace: ecs",
        stack.scaling.deregister_scalable_target,
        **TARGET,
    )
    register(stack)
    refused(
        "ObjectNotFoundException",
        "No scaling policy found for service namespace: ecs",
        stack.scaling.delete_scaling_policy,
        **TARGET,
        PolicyName="cpu",
    )


def test_policies_and_their_alarms_go_with_the_target(stack, aws):
    register(stack)
    stack.scaling.put_scaling_policy(**{**TARGET, **POLICY})
    assert aws("cloudwatch").describe_alarms()["MetricAlarms"]
    stack.scaling.deregister_scalable_target(**TARGET)
    assert stack.scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert aws("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_target_tracking_leaves_the_desired_count_alone(stack, clock):
    register(stack)
    stack.scaling.put_scaling_policy(**{**TARGET, **POLICY})
    clock.sleep(3600)
    assert stack.ecs.describe_services(cluster="app", services=["web"])["services"][0]["desiredCount"] == 0
    assert stack.scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"] == []


METRIC = {"Metric": {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible"}, "Stat": "Sum"}
QUERY = {"Id": "m1", "MetricStat": METRIC}
STEPS = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}


def tracked(*metrics, **more):
    settings = {"TargetValue": 5, "CustomizedMetricSpecification": {"Metrics": list(metrics)}, **more}
    return {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": settings}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (tracked(QUERY, {"Id": "e1", "Expression": "m1 / 2"}), "Exactly one element"),
        (tracked({**QUERY, "ReturnData": False}), "Exactly one element"),
        (tracked(QUERY, {**QUERY, "ReturnData": False}), "must be unique"),
        (tracked({**QUERY, "Id": "M1"}), "lowercase"),
        (tracked({**QUERY, "Expression": "1"}), "either an Expression or a MetricStat"),
        (tracked(QUERY, PredefinedMetricSpecification={"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}),
         "either a predefined or a customized metric"),
        ({"PolicyType": "TargetTrackingScaling"}, "TargetTrackingScalingPolicyConfiguration"),
        ({"PolicyType": "StepScaling"}, "StepScalingPolicyConfiguration"),
        ({"PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {"AdjustmentType": "ChangeInCapacity"}},
         "StepAdjustments"),
    ],
)  # fmt: skip
def test_a_policy_of_metrics_or_of_steps_is_checked_as_a_whole(stack, settings, why):
    register(stack)
    refused("ValidationException", why, stack.scaling.put_scaling_policy, **TARGET, PolicyName="p", **settings)


def test_a_policy_that_is_put_again_keeps_its_arn(stack):
    register(stack)
    step = {**TARGET, "PolicyName": "up", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": STEPS}
    first = stack.scaling.put_scaling_policy(**step)["PolicyARN"]
    assert stack.scaling.put_scaling_policy(**step)["PolicyARN"] == first


def test_a_target_keeps_its_tags(stack):
    arn = register(stack, Tags={"owner": "me", "old": "1"})["ScalableTargetARN"]
    stack.scaling.tag_resource(ResourceARN=arn, Tags={"more": "2"})
    stack.scaling.untag_resource(ResourceARN=arn, TagKeys=["old", "never"])
    assert stack.scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"owner": "me", "more": "2"}
    stack.scaling.deregister_scalable_target(**TARGET)
    refused("ResourceNotFoundException", arn, stack.scaling.list_tags_for_resource, ResourceARN=arn)


def test_a_target_outlives_its_service(stack, clock):
    register(stack)
    stack.ecs.delete_service(cluster="app", service="web")
    clock.sleep(60)
    [target] = stack.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["ResourceId"] == "service/app/web"
    stack.scaling.deregister_scalable_target(**TARGET)
    assert stack.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


def test_a_dimension_is_asked_for_only_together_with_a_resource(stack):
    register(stack)
    alone = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    words = "you must also specify a resource ID"
    refused("ValidationException", words, stack.scaling.describe_scalable_targets, **alone)
    refused("ValidationException", words, stack.scaling.describe_scaling_policies, **alone)
    named = stack.scaling.describe_scalable_targets(**alone, ResourceIds=["service/app/web"])
    assert [one["ResourceId"] for one in named["ScalableTargets"]] == ["service/app/web"]
