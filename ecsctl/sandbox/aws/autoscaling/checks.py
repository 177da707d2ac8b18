"""What Application Auto Scaling refuses: services that do not exist, and contradictory bounds and policies."""

import json
import re
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.autoscaling.state import LINKED, role_of
from ecsctl.sandbox.aws.ecs.checks import published
from ecsctl.sandbox.aws.ecs.state import services
from ecsctl.sandbox.core import constraints, overlay


def _services(backend: ApplicationAutoscalingBackend) -> list[Any]:
    return list(services(backend.ecs_backend))


def _not_found(message: str) -> JsonRESTError:
    return JsonRESTError("ObjectNotFoundException", message)


@overlay.wraps(ApplicationAutoscalingBackend)
def register_scalable_target(
    original: Any,
    backend: ApplicationAutoscalingBackend,
    namespace: str,
    r_id: str,
    dimension: str,
    min_capacity: int | None,
    max_capacity: int | None,
    *args: Any,
    **kwargs: Any,
) -> FakeScalableTarget:
    """Register a service that is ACTIVE, or change the bounds of one that is registered.

    API reference, RegisterScalableTarget: both bounds are required the first time. The wording of the errors about
    bounds is an assumption. The service-linked role is created on first use and cannot be assumed for some seconds;
    the error message is that of aws-samples/amazon-bedrock-samples#253.
    """
    known = backend.targets.get(dimension, {}).get(r_id)
    if namespace == "ecs" and known is None:
        _, cluster, name = r_id.split("/") if r_id.count("/") == 2 else ("", "", "")
        if not any(s.name == name and s.cluster_name == cluster and s.status == "ACTIVE" for s in _services(backend)):
            raise AWSValidationException(f"ECS service doesn't exist: {r_id}")
    low = known.min_capacity if min_capacity is None and known else min_capacity
    high = known.max_capacity if max_capacity is None and known else max_capacity
    if low is None or high is None:
        raise AWSValidationException("MinCapacity and MaxCapacity are required to register a new scalable target.")
    if low < 0 or low > high:
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity.")
    if namespace == "ecs" and not iam.is_service_linked_role_ready(backend.account_id, LINKED, backend.partition):
        raise AWSValidationException(f"Unable to assume IAM role: {role_of(backend)}")
    made: FakeScalableTarget = original(namespace, r_id, dimension, low, high, *args, **kwargs)
    return made


@overlay.wraps(ApplicationAutoScalingResponse)
def describe_scalable_targets(original: Any, response: ApplicationAutoScalingResponse) -> Any:
    """List scalable targets; a dimension is refused without a resource, as on AWS."""
    _of_resources(json.loads(response.body), "ResourceIds")
    return original()


@overlay.wraps(ApplicationAutoScalingResponse)
def describe_scaling_policies(original: Any, response: ApplicationAutoScalingResponse) -> Any:
    """List scaling policies; a dimension is refused without a resource, as on AWS."""
    _of_resources(json.loads(response.body), "ResourceId")
    return original()


def _of_resources(asked: dict[str, Any], key: str) -> None:
    """A scalable dimension needs a resource id (API reference, DescribeScalableTargets, DescribeScalingPolicies).

    The wording is an assumption.
    """
    if asked.get("ScalableDimension") and not asked.get(key):
        raise AWSValidationException("If you specify a scalable dimension, you must also specify a resource ID.")


@overlay.wraps(ApplicationAutoscalingBackend, "deregister_scalable_target")
def registered(
    original: Any, backend: ApplicationAutoscalingBackend, namespace: str, r_id: str, dimension: str
) -> None:
    """Refuse if the scalable target does not exist."""
    if r_id not in backend.targets.get(dimension, {}):
        raise _not_found(
            f"No scalable target found for service namespace: {namespace}, resource ID: {r_id}, "
            f"scalable dimension: {dimension}"
        )
    original(namespace, r_id, dimension)


@overlay.wraps(ApplicationAutoscalingBackend, "put_scaling_policy")
def of_target(
    original: Any,
    backend: ApplicationAutoscalingBackend,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_body: dict[str, Any],
    policy_type: str | None,
) -> Any:
    """Refuse a policy whose scalable target does not exist (API reference, PutScalingPolicy)."""
    if resource_id not in backend.targets.get(scalable_dimension, {}):
        raise _not_found(
            f"No scalable target registered for service namespace: {service_namespace}, resource ID: {resource_id}, "
            f"scalable dimension: {scalable_dimension}"
        )
    _published(backend, resource_id, policy_body)
    return original(policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type)


@overlay.wraps(ApplicationAutoScalingResponse, "put_scaling_policy")
def checked(original: Any, response: ApplicationAutoScalingResponse) -> Any:
    """Enforce the limits of the API's own model, and those that its documentation gives for a policy's settings.

    API reference, PutScalingPolicy, TargetTrackingScalingPolicyConfiguration, StepScalingPolicyConfiguration and
    TargetTrackingMetricDataQuery. The wording of the errors is an assumption.
    """
    sent = json.loads(response.body)
    if wrong := constraints.violation("application-autoscaling", "PutScalingPolicy", sent) or _wrong(sent):
        raise AWSValidationException(wrong)
    return original()


def _published(backend: ApplicationAutoscalingBackend, resource: str, policy: dict[str, Any]) -> None:
    """ "You must enable high-resolution metrics in Amazon ECS before creating a scaling policy with this metric type"
    (API reference, PredefinedMetricSpecification); enabled "once deployment completes" (AWS News Blog, "Amazon ECS
    introduces new high-resolution metrics for faster service auto scaling"). The wording is an assumption.
    """
    wanted = (policy.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType", "")
    if not (wanted.startswith("ECS") and wanted.endswith("HighResolution")):
        return
    name = "CPUUtilization" if "CPU" in wanted else "MemoryUtilization"
    _, cluster, called = resource.split("/")
    found = next((s for s in _services(backend) if (s.cluster_name, s.name) == (cluster, called)), None)
    under_way = found is not None and len(found.deployments) > 1 and found.primary.rollout != "COMPLETED"
    if found is None or under_way or name not in published(found.primary.terms):
        raise AWSValidationException(f"The ECS service does not publish {name} at high resolution: {resource}")


def _wrong(sent: dict[str, Any]) -> str:
    kind = sent.get("PolicyType", "StepScaling")
    tracking, step = sent.get("TargetTrackingScalingPolicyConfiguration"), sent.get("StepScalingPolicyConfiguration")
    if kind == "StepScaling":
        if tracking or not step or not step.get("AdjustmentType") or not step.get("StepAdjustments"):
            return "A step scaling policy needs StepScalingPolicyConfiguration with AdjustmentType and StepAdjustments."
        return ""
    if step or not tracking:
        return "A target tracking policy needs TargetTrackingScalingPolicyConfiguration alone."
    custom = tracking.get("CustomizedMetricSpecification")
    if (custom is None) == (tracking.get("PredefinedMetricSpecification") is None):
        return "You must specify either a predefined or a customized metric."
    if custom is None or "Metrics" not in custom:
        return ""
    if {"MetricName", "Namespace", "Statistic"} & custom.keys():
        return "You cannot specify both a metric and Metrics."
    queries = custom["Metrics"]
    names = [one["Id"] for one in queries]
    if len({*names}) != len(names) or not all(re.fullmatch(r"[a-z]\w*", name) for name in names):
        return "Each Id must be unique, and begin with a lowercase letter."
    if any(("Expression" in one) == ("MetricStat" in one) for one in queries):
        return "Each query needs either an Expression or a MetricStat."
    if sum(one.get("ReturnData", True) for one in queries) != 1:
        return "Exactly one element of the metrics list should return data."
    return ""


@overlay.wraps(ApplicationAutoscalingBackend)
def delete_scaling_policy(
    original: Any,
    _backend: ApplicationAutoscalingBackend,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
) -> None:
    """Raise ObjectNotFoundException for a policy that does not exist (API reference, DeleteScalingPolicy)."""
    try:
        original(policy_name, service_namespace, resource_id, scalable_dimension)
    except AWSValidationException as error:
        raise _not_found(str(error.message)) from error
