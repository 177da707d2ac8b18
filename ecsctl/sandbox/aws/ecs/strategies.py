"""What create_service and update_service check about traffic-shifting strategies.

API reference: DeploymentConfiguration, LinearConfiguration, CanaryConfiguration, DeploymentLifecycleHook and
AdvancedConfiguration. The wordings are assumptions unless a comment names their source.
"""

from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.ecs.shifting import STRATEGIES, advanced, shifts_traffic
from ecsctl.sandbox.aws.ecs.state import Wire, invalid

_PAUSES = (
    "RECONCILE_SERVICE", "PRE_SCALE_UP", "POST_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
)  # fmt: skip
"""Stages that may have pauses: none in which traffic is shifted (the guide, "Pause hooks for Amazon ECS service
deployments")."""
_LONGEST, _MOST = 20_160, 10  # minutes of a pause, and number of hooks (same page)
_DAY = 1440


def check(backend: EC2ContainerServiceBackend, settings: Wire, before: Wire, *, busy: bool = False) -> None:
    """Refuse settings with which traffic cannot be shifted, and changes of strategy at the wrong time.

    The guide, "Update the deployment strategy from rolling update to Amazon ECS blue/green", and its page about the way
    back: not during a deployment; and a service without an advancedConfiguration first needs a rolling deployment
    that sets one.
    """
    configuration: Wire = settings.get("deploymentConfiguration") or {}
    _configuration(configuration)
    between = advanced(settings)
    if between:
        _between(backend, between)
    if shifts_traffic(configuration) and settings.get("loadBalancers") and not between:
        raise invalid("advancedConfiguration is required for load balancers of this deployment strategy.")
    current = (before.get("deploymentConfiguration") or {}).get("strategy", configuration.get("strategy"))
    if not before or current == configuration.get("strategy"):
        return
    if busy:
        raise invalid("The deployment strategy cannot be changed while a deployment is in progress.")
    if shifts_traffic(configuration) and settings.get("loadBalancers") and not advanced(before):
        raise invalid("advancedConfiguration must be deployed before the deployment strategy is changed.")


def _configuration(sent: Wire) -> None:
    strategy = sent.get("strategy", "ROLLING")
    if strategy not in ("ROLLING", *STRATEGIES):
        raise invalid("strategy should be one of [ROLLING,BLUE_GREEN,LINEAR,CANARY]")
    if not 0 <= sent.get("bakeTimeInMinutes", 0) <= _DAY:
        raise invalid(f"bakeTimeInMinutes must be between 0 and {_DAY}.")
    if strategy != "ROLLING" and (sent.get("deploymentCircuitBreaker") or {}).get("enable"):
        raise invalid("The deployment circuit breaker is only supported with the ROLLING deployment strategy.")
    for name, only, percent, least, minutes in (
        ("linearConfiguration", "LINEAR", "stepPercent", 3.0, "stepBakeTimeInMinutes"),
        ("canaryConfiguration", "CANARY", "canaryPercent", 0.1, "canaryBakeTimeInMinutes"),
    ):
        steps = sent.get(name)
        if steps is None:
            continue
        if strategy != only:
            raise invalid(f"{name} is only valid with the {only} deployment strategy.")
        share, wait = steps.get(percent, least), steps.get(minutes, 0)
        if not least <= share <= 100 or round(share * 10, 6) % 1:
            raise invalid(f"{percent} must be a multiple of 0.1 between {least} and 100.0.")
        if not 0 <= wait <= _DAY:
            raise invalid(f"{minutes} must be between 0 and {_DAY}.")
    hooks = sent.get("lifecycleHooks") or ()
    for hook in hooks:
        _hook(hook)
    if sum(hook.get("targetType") == "PAUSE" for hook in hooks) > _MOST:
        raise invalid(f"A service cannot have more than {_MOST} PAUSE lifecycle hooks.")


def _hook(hook: Wire) -> None:
    stages: list[Any] = hook.get("lifecycleStages") or []
    if hook.get("targetType", "AWS_LAMBDA") == "AWS_LAMBDA":
        if not hook.get("hookTargetArn"):
            raise invalid("hookTargetArn is required for an AWS_LAMBDA lifecycle hook.")
        return
    if not stages or not {*stages} <= {*_PAUSES}:
        raise invalid("A PAUSE lifecycle hook cannot be configured for these lifecycle stages.")
    timeout = hook.get("timeoutConfiguration") or {}
    if not 1 <= timeout.get("timeoutInMinutes", _DAY) <= _LONGEST or timeout.get("action", "ROLLBACK") not in (
        "CONTINUE",
        "ROLLBACK",
    ):
        raise invalid("The timeoutConfiguration of the lifecycle hook is not valid.")


def _between(backend: EC2ContainerServiceBackend, between: Wire) -> None:
    elb: Any = elbv2_backends[backend.account_id][backend.region_name]
    missing = [
        name for name in ("alternateTargetGroupArn", "productionListenerRule", "roleArn") if not between.get(name)
    ]
    if missing:
        raise invalid(f"advancedConfiguration requires {', '.join(missing)}.")
    if between["alternateTargetGroupArn"] not in elb.target_groups:
        raise invalid(f"Unable to find target group with ARN {between['alternateTargetGroupArn']}.")
    if between["alternateTargetGroupArn"] == between["targetGroupArn"]:
        raise invalid("targetGroupArn and alternateTargetGroupArn must be different.")
    if not iam.can_be_assumed(backend.account_id, between["roleArn"], "ecs.amazonaws.com"):
        raise invalid(  # the message for any load balancer role that ECS cannot assume
            "Unable to assume role and validate the listeners configured on your load balancer. Please verify that the "
            "ECS service role being passed has the proper permissions."
        )
