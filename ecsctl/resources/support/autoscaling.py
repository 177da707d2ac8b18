"""What several resource types read from Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_application_autoscaling.type_defs import ScalableTargetTypeDef

    from ecsctl.aws.clients import Aws


def targets_of(aws: Aws, services: list[str]) -> list[ScalableTargetTypeDef]:
    """The scalable targets of these services, by their ids: AWS requires ids together with a dimension (API
    reference).
    """
    return aws.read(
        aws.autoscaling.describe_scalable_targets,
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceIds=services,
    )["ScalableTargets"]


def policy_of(aws: Aws, target: str, name: str) -> Mapping[str, Any]:
    """The policy with that name; empty if there is none."""
    policies = aws.read(aws.autoscaling.describe_scaling_policies, ServiceNamespace="ecs", ResourceId=target)
    return next((dict(one) for one in policies["ScalingPolicies"] if one["PolicyName"] == name), {})


def without(aws: Aws, target: str, name: str) -> None:
    """Delete an existing policy."""
    aws.autoscaling.delete_scaling_policy(
        PolicyName=name, ServiceNamespace="ecs", ResourceId=target, ScalableDimension="ecs:service:DesiredCount"
    )
