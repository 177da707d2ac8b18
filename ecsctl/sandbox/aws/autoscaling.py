"""What AWS's Application Auto Scaling does that moto does not: refusals, tags, and an end that takes policies along.

What policies do to a service's desired count stands in `scaling`.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from ecsctl.sandbox.aws import iam, scaling
from ecsctl.sandbox.aws.ecs.checks import published
from ecsctl.sandbox.aws.ecs.state import services
from ecsctl.sandbox.core import constraints, overlay

_LINKED = "ecs.application-autoscaling.amazonaws.com"
_ROLE = f"role/aws-service-role/{_LINKED}"
# Shown of every target (recorded by go-to-k/cdk-real-drift, commit c00ed982).
_AT_WORK = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


@dataclass
class _Tags:
    """Tags by the ARN of the scalable target."""

    of: dict[str, dict[str, str]] = field(default_factory=dict)


def _tags(backend: ApplicationAutoscalingBackend) -> dict[str, dict[str, str]]:
    return overlay.memory(backend, _Tags).of


def tags_of_targets(backend: ApplicationAutoscalingBackend) -> list[tuple[str, dict[str, str]]]:
    """The tags of each scalable target, by its ARN."""
    return [(arn, dict(tags)) for arn, tags in _tags(backend).items()]


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

    API reference, RegisterScalableTarget: both bounds are needed the first time. The wording of the refusals about
    bounds is an assumption. The role shown is the service-linked one, whatever was sent (ECS guide, "Service auto
    scaling IAM role"); it is made at the first use, and cannot be assumed for some seconds, in the words of
    aws-samples/amazon-bedrock-samples#253.
    """
    known = backend.targets.get(dimension, {}).get(r_id)
    name = "AWSServiceRoleForApplicationAutoScaling_ECSService"
    role = f"arn:{backend.partition}:iam::{backend.account_id}:{_ROLE}/{name}"
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
    if namespace == "ecs" and not iam.service_linked_role_ready(backend.account_id, _LINKED, backend.partition):
        raise AWSValidationException(f"Unable to assume IAM role: {role}")
    made: FakeScalableTarget = original(namespace, r_id, dimension, low, high, *args, **kwargs)
    made.suspended_state = _AT_WORK | (made.suspended_state or {})  # type: ignore[assignment,operator] # moto keeps an object
    made.role_arn = role
    return made


def _services(backend: ApplicationAutoscalingBackend) -> list[Any]:
    return list(services(backend.ecs_backend))


@overlay.wraps(ApplicationAutoScalingResponse, "register_scalable_target")
def register_scalable_target_response(original: Any, response: ApplicationAutoScalingResponse) -> str:
    """Keep the tags that come with it."""
    answer: str = original()
    sent = json.loads(response.body).get("Tags") or {}
    _tags(response.applicationautoscaling_backend).setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(sent)
    return answer


@overlay.wraps(ApplicationAutoScalingResponse)
def describe_scalable_targets(original: Any, response: ApplicationAutoScalingResponse) -> Any:
    """See `_of_resources`."""
    _of_resources(json.loads(response.body), "ResourceIds")
    return original()


@overlay.wraps(ApplicationAutoScalingResponse)
def describe_scaling_policies(original: Any, response: ApplicationAutoScalingResponse) -> Any:
    """See `_of_resources`."""
    _of_resources(json.loads(response.body), "ResourceId")
    return original()


def _of_resources(asked: dict[str, Any], key: str) -> None:
    """A dimension needs resources (API reference, DescribeScalableTargets, DescribeScalingPolicies).

    The wording is an assumption.
    """
    if asked.get("ScalableDimension") and not asked.get(key):
        raise AWSValidationException("If you specify a scalable dimension, you must also specify a resource ID.")


@overlay.wraps(ApplicationAutoscalingBackend, "describe_scaling_policies")
def policies_of_resource(original: Any, _backend: ApplicationAutoscalingBackend, **asked: Any) -> Any:
    """Of this resource alone: moto takes those of `service/shop/shop` for policies of `service/shop/shop_mailer`."""
    of = asked.pop("resource_id")
    return original(resource_id=[of] if of else None, **asked)


@overlay.wraps(ApplicationAutoscalingBackend)
def deregister_scalable_target(
    original: Any, backend: ApplicationAutoscalingBackend, namespace: str, r_id: str, dimension: str
) -> None:
    """Its policies, scheduled actions and alarms go with it (API reference, DeregisterScalableTarget)."""
    known = backend.targets.get(dimension, {}).get(r_id)
    if known is None:
        raise _not_found(
            f"No scalable target found for service namespace: {namespace}, resource ID: {r_id}, "
            f"scalable dimension: {dimension}"
        )
    for policy in [p for p in backend.policies.values() if (p.resource_id, p.scalable_dimension) == (r_id, dimension)]:
        backend.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
    for action in [a for a in backend.scheduled_actions if a.resource_id == r_id]:
        backend.scheduled_actions.remove(action)
    _tags(backend).pop(known.arn, None)
    original(namespace, r_id, dimension)


@overlay.wraps(ApplicationAutoscalingBackend)
def put_scaling_policy(
    original: Any,
    backend: ApplicationAutoscalingBackend,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_body: dict[str, Any],
    policy_type: str | None,
) -> Any:
    """A policy needs its scalable target (API reference, PutScalingPolicy).

    One that is changed keeps its ARN, which alarms name.
    """
    if resource_id not in backend.targets.get(scalable_dimension, {}):
        raise _not_found(
            f"No scalable target registered for service namespace: {service_namespace}, resource ID: {resource_id}, "
            f"scalable dimension: {scalable_dimension}"
        )
    _published(backend, resource_id, policy_body)
    arn = ""
    for before in backend.policies.values():  # its alarms are changed, and not more of them made
        if (before.policy_name, before.resource_id) == (policy_name, resource_id):
            before.delete_alarms(backend.account_id, backend.region_name)
            arn = before.policy_arn
    made = original(policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type)
    made.policy_arn = arn or made.policy_arn
    return made


@overlay.wraps(ApplicationAutoScalingResponse, "put_scaling_policy")
def checked(original: Any, response: ApplicationAutoScalingResponse) -> Any:
    """The limits of the API's own model, and what its sentences say of a policy's settings.

    API reference, PutScalingPolicy, TargetTrackingScalingPolicyConfiguration, StepScalingPolicyConfiguration and
    TargetTrackingMetricDataQuery. The wording of the refusals is an assumption.
    """
    sent = json.loads(response.body)
    if wrong := constraints.violation("application-autoscaling", "PutScalingPolicy", sent) or _wrong(sent):
        raise AWSValidationException(wrong)
    return original()


def _published(backend: ApplicationAutoscalingBackend, resource: str, policy: dict[str, Any]) -> None:
    """ "You must enable high-resolution metrics in Amazon ECS before creating a scaling policy with this metric type"
    (API reference, PredefinedMetricSpecification), which holds "once deployment completes" (AWS News Blog, "Amazon ECS
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
    """One that is not there is ObjectNotFoundException (API reference, DeleteScalingPolicy)."""
    try:
        original(policy_name, service_namespace, resource_id, scalable_dimension)
    except AWSValidationException as error:
        raise _not_found(str(error.message)) from error


def _tagged(response: ApplicationAutoScalingResponse) -> dict[str, str]:
    backend = response.applicationautoscaling_backend
    arn = json.loads(response.body)["ResourceARN"]
    known = {target.arn for targets in backend.targets.values() for target in targets.values()}
    if arn not in known:  # the wording is an assumption
        raise JsonRESTError("ResourceNotFoundException", f"Resource not found: {arn}")
    return _tags(backend).setdefault(arn, {})


@overlay.adds(ApplicationAutoScalingResponse)
def list_tags_for_resource(response: ApplicationAutoScalingResponse) -> str:
    """The tags of a scalable target."""
    return json.dumps({"Tags": _tagged(response)})


@overlay.adds(ApplicationAutoScalingResponse)
def tag_resource(response: ApplicationAutoScalingResponse) -> str:
    """Add tags to a scalable target, fifty at most (API reference, TagResource)."""
    tags = _tagged(response)
    wanted = tags | json.loads(response.body)["Tags"]
    if len(wanted) > 50:  # the wording is an assumption
        raise JsonRESTError("TooManyTagsException", "A resource can have at most 50 tags.")
    tags.update(wanted)
    return "{}"


@overlay.adds(ApplicationAutoScalingResponse)
def untag_resource(response: ApplicationAutoScalingResponse) -> str:
    """Take tags from a scalable target; those it does not have are no error."""
    tags = _tagged(response)
    for key in json.loads(response.body)["TagKeys"]:
        tags.pop(key, None)
    return "{}"


@overlay.adds(ApplicationAutoScalingResponse)
def describe_scaling_activities(response: ApplicationAutoScalingResponse) -> str:
    """What was scaled, the newest first."""
    asked = json.loads(response.body)
    known = scaling.memory(response.applicationautoscaling_backend).activities
    return json.dumps({"ScalingActivities": [
        one for one in known if asked.get("ResourceId") in (None, one["ResourceId"])
    ]})  # fmt: skip
