"""How many tasks the service runs, by how busy they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.label import APP, Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import ClusterName, ScalableTargetId, ServiceName
from ecsctl.names import Names
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, linked, of

if TYPE_CHECKING:
    from types_boto3_application_autoscaling.type_defs import ScalableTargetTypeDef

    from ecsctl.aws import Aws
    from ecsctl.resources.support.rights import Scope, Uses

POLICY = "ecsctl-cpu"


@dataclass(frozen=True)
class ScalingIds:
    """A scalable target's ids: `service/<cluster>/<service>`, and its ARN, which is what its tags hang on."""

    target: ScalableTargetId
    arn: str


@dataclass(frozen=True, kw_only=True)
class Scaling(Resource[ScalingIds]):
    """A scalable target of Application Auto Scaling with one policy: follow the service's average CPU use."""

    kind = "scaling"
    title = "autoscaling"
    arns = "application-autoscaling"
    within = ("cluster", "service")

    cluster: Fixed[ClusterName]
    service: Fixed[ServiceName]
    minimum: int
    maximum: int
    cpu_percent: int  # the average to hold; 0 in what is seen: no policy of ours

    def summary(self) -> str:
        """Its limits."""
        return f"{self.minimum} to {self.maximum} tasks, by {self.cpu_percent} % CPU"

    def reason(self, field: str, actual: Scaling) -> str:
        """Whether it follows anything."""
        if field != "cpu_percent" or actual.cpu_percent:
            return ""
        return f"no policy of ecsctl follows the CPU's use: one is made, to hold {self.cpu_percent} %"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """What it takes to make it, look at it, change it and delete it."""
        yield anywhere("application-autoscaling", "DescribeScalableTargets DescribeScalingPolicies")
        actions = "DeregisterScalableTarget ListTagsForResource PutScalingPolicy RegisterScalableTarget TagResource"
        targets = (scope.arn("application-autoscaling", "scalable-target/*"),)
        yield Statement("Scaling", of("application-autoscaling", actions), targets)
        # The alarms that go with a policy are made, and deleted, in the name of whoever makes the policy.
        alarms = scope.arn("cloudwatch", f"alarm:TargetTracking-service/{scope.names.cluster}/*")
        yield Statement("Alarms", of("cloudwatch", "DeleteAlarms DescribeAlarms PutMetricAlarm"), (alarms,))
        yield Statement(
            "Service", of("ecs", "DescribeServices UpdateService"), scope.service
        )  # of whoever registers it
        yield linked(scope, "ecs.application-autoscaling")

    def observe(self, aws: Aws, me: Label) -> Observed[Scaling, ScalingIds] | None:
        """By the service it scales; there is at most one."""
        target = next(iter(_targets(aws, self._target)), None)
        if target is None:
            return None
        ids = _ids(target)
        actual = Scaling(
            cluster=self.cluster,
            service=self.service,
            minimum=target["MinCapacity"],
            maximum=target["MaxCapacity"],
            cpu_percent=_followed(aws, ids.target),
        )
        return Observed(ids, actual, _tags(aws, ids.arn), since=target.get("CreationTime"))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ScalingIds]]:
        """By the service's id, whose cluster and name are the app's. It may outlive its service."""
        for target in _targets(aws, f"service/{Names.of(me).service_path}"):
            ids = _ids(target)
            tags = _tags(aws, ids.arn)
            if tags.get(APP) == me.app:
                yield Found(ids, tags)

    def create(self, aws: Aws, me: Label) -> ScalingIds:
        """Registering twice is registering once; the policy is a call of its own."""
        answer = aws.autoscaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=self._target,
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=self.minimum,
            MaxCapacity=self.maximum,
            Tags=me.tags,
        )
        return ScalingIds(self._target, answer["ScalableTargetARN"])

    def update(self, aws: Aws, me: Label, ids: ScalingIds, changed: frozenset[str]) -> None:
        """Bounds first: the policy moves within them."""
        if changed & {"minimum", "maximum"}:
            aws.autoscaling.register_scalable_target(
                ServiceNamespace="ecs",
                ResourceId=ids.target,
                ScalableDimension="ecs:service:DesiredCount",
                MinCapacity=self.minimum,
                MaxCapacity=self.maximum,
            )
        if "cpu_percent" in changed:
            aws.autoscaling.put_scaling_policy(
                PolicyName=POLICY,
                ServiceNamespace="ecs",
                ResourceId=ids.target,
                ScalableDimension="ecs:service:DesiredCount",
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration={
                    "TargetValue": self.cpu_percent,
                    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
                },
            )
        if "tags" in changed:
            aws.autoscaling.tag_resource(ResourceARN=ids.arn, Tags=me.tags)

    @classmethod
    def delete(cls, aws: Aws, ids: ScalingIds) -> None:
        """Its policies, and the alarms that AWS made for them, go with it."""
        aws.autoscaling.deregister_scalable_target(
            ServiceNamespace="ecs", ResourceId=ids.target, ScalableDimension="ecs:service:DesiredCount"
        )

    @property
    def _target(self) -> ScalableTargetId:
        return ScalableTargetId(f"service/{self.cluster}/{self.service}")


def _targets(aws: Aws, service: str) -> list[ScalableTargetTypeDef]:
    """The scalable target of this service, by its id: AWS wants one beside a dimension (API reference)."""
    return aws.look(
        aws.autoscaling.describe_scalable_targets,
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceIds=[service],
    )["ScalableTargets"]


def _ids(target: ScalableTargetTypeDef) -> ScalingIds:
    return ScalingIds(ScalableTargetId(target["ResourceId"]), target["ScalableTargetARN"])


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    return aws.look(aws.autoscaling.list_tags_for_resource, ResourceARN=arn)["Tags"]


def _followed(aws: Aws, target: str) -> int:
    """The percentage of CPU use that our policy follows; 0 without it, or when it follows something else."""
    policies = aws.look(aws.autoscaling.describe_scaling_policies, ServiceNamespace="ecs", ResourceId=target)
    for policy in policies["ScalingPolicies"]:
        tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
        if policy["PolicyName"] == POLICY and tracking and not tracking.get("DisableScaleIn"):
            metric = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
            return round(tracking["TargetValue"]) if metric == "ECSServiceAverageCPUUtilization" else 0
    return 0
