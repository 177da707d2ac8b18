"""State of scalable targets and their policies: ARNs that do not change, recent metric values, scaling activities."""

import json
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from ecsctl.sandbox.aws.autoscaling.tags import tags_by_arn
from ecsctl.sandbox.core import overlay

MINUTES = 15  # of metric values that are kept: as many as scaling in considers
LINKED = "ecs.application-autoscaling.amazonaws.com"
_ROLE = f"role/aws-service-role/{LINKED}"

# Returned for every target (recorded by go-to-k/cdk-real-drift, commit c00ed982).
_AT_WORK = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


@dataclass
class Followed:
    """The metric values of a policy or an alarm in the last minutes, and when it last changed the desired count."""

    values: deque[float | None] = field(default_factory=lambda: deque(maxlen=MINUTES))
    changed: float = -math.inf


@dataclass
class Memory:
    """The metric values of each policy and alarm, and the scaling activities, the newest first."""

    of: dict[str, Followed] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)

    def followed(self, name: str) -> Followed:
        """The metric values of the policy or alarm with that name."""
        return self.of.setdefault(name, Followed())


def memory(backend: ApplicationAutoscalingBackend) -> Memory:
    """The scaling state of an account and region."""
    return overlay.memory(backend, Memory)


def role_of(backend: ApplicationAutoscalingBackend) -> str:
    """The ARN of the service-linked role."""
    name = "AWSServiceRoleForApplicationAutoScaling_ECSService"
    return f"arn:{backend.partition}:iam::{backend.account_id}:{_ROLE}/{name}"


@overlay.wraps(ApplicationAutoscalingBackend, "register_scalable_target")
def shown(original: Any, backend: ApplicationAutoscalingBackend, *args: Any, **kwargs: Any) -> FakeScalableTarget:
    """The target always has the service-linked role, whatever was sent (ECS guide, "Service auto scaling IAM role")."""
    made: FakeScalableTarget = original(*args, **kwargs)
    made.suspended_state = _AT_WORK | (made.suspended_state or {})  # type: ignore[assignment,operator] # moto keeps an object
    made.role_arn = role_of(backend)
    return made


@overlay.wraps(ApplicationAutoscalingBackend)
def put_scaling_policy(
    original: Any,
    backend: ApplicationAutoscalingBackend,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    *args: Any,
) -> Any:
    """An updated policy keeps its ARN, since alarms refer to it."""
    arn = ""
    for before in backend.policies.values():  # its alarms are updated, not created again
        if (before.policy_name, before.resource_id) == (policy_name, resource_id):
            before.delete_alarms(backend.account_id, backend.region_name)
            arn = before.policy_arn
    made = original(policy_name, service_namespace, resource_id, *args)
    made.policy_arn = arn or made.policy_arn
    return made


@overlay.wraps(ApplicationAutoscalingBackend, "describe_scaling_policies")
def policies_of_resource(original: Any, _backend: ApplicationAutoscalingBackend, **asked: Any) -> Any:
    """Return the policies of this resource only: moto confuses those of `service/shop/shop` with those of
    `service/shop/shop_mailer`.
    """
    of = asked.pop("resource_id")
    return original(resource_id=[of] if of else None, **asked)


@overlay.wraps(ApplicationAutoscalingBackend)
def deregister_scalable_target(
    original: Any, backend: ApplicationAutoscalingBackend, namespace: str, r_id: str, dimension: str
) -> None:
    """Delete its policies, scheduled actions and alarms with it (API reference, DeregisterScalableTarget)."""
    known = backend.targets[dimension][r_id]
    for policy in [p for p in backend.policies.values() if (p.resource_id, p.scalable_dimension) == (r_id, dimension)]:
        backend.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
    for action in [a for a in backend.scheduled_actions if a.resource_id == r_id]:
        backend.scheduled_actions.remove(action)
    tags_by_arn(backend).pop(known.arn, None)
    original(namespace, r_id, dimension)


@overlay.adds(ApplicationAutoScalingResponse)
def describe_scaling_activities(response: ApplicationAutoScalingResponse) -> str:
    """Return the scaling activities, the newest first."""
    asked = json.loads(response.body)
    known = memory(response.applicationautoscaling_backend).activities
    return json.dumps({"ScalingActivities": [
        one for one in known if asked.get("ResourceId") in (None, one["ResourceId"])
    ]})  # fmt: skip
