"""Target groups: names, target types, and the health of targets."""

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from ecsctl.sandbox.aws.elbv2.checks import check_health, check_target, matcher_of
from ecsctl.sandbox.aws.elbv2.state import targets_of
from ecsctl.sandbox.aws.elbv2.time import RELEASE_LAG
from ecsctl.sandbox.core import clock, overlay

_DELAY = "deregistration_delay.timeout_seconds"


@overlay.wraps(ELBV2Response)
def create_target_group(original: Any, self: ELBV2Response) -> ActionResult:
    """Create it once: the same name with the same settings returns the existing group, whoever created it.

    That tags do not count as settings is an assumption.

    Raises Refusal.
    """
    backend, name = self.elbv2_backend, self._get_param("Name")
    version = self._get_param("ProtocolVersion") or "HTTP1"
    check_health(self, 30, 5, version)
    if version == "GRPC":  # moto's defaults are those of HTTP (API reference, CreateTargetGroup and Matcher)
        usual = {"HealthCheckPath": "/AWS.ALB/healthcheck", "Matcher": {"GrpcCode": "12"}}
        for name, value in usual.items():
            self._get_params().setdefault(name, value)
    existing = next((group for group in backend.target_groups.values() if group.name == name), None)
    if existing is None:
        return original()  # type: ignore[no-any-return] # moto's own answer
    del backend.target_groups[existing.arn]
    try:
        tags = self._get_params().pop("Tags", None)
        [asked] = original().result["TargetGroups"]
        del backend.target_groups[asked.arn]
    finally:
        backend.target_groups[existing.arn] = existing
        if tags:
            self._get_params()["Tags"] = tags
    if _settings(asked) != _settings(existing):
        message = f"A target group with the same name '{name}' exists, but with different settings"
        raise overlay.Refusal("DuplicateTargetGroupName", message)
    return ActionResult({"TargetGroups": [existing]})


@overlay.wraps(ELBV2Response)
def modify_target_group(original: Any, self: ELBV2Response) -> Any:
    """Refuse a health check that would be refused at creation."""
    group: Any = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
    if group is not None:
        version = group.protocol_version or "HTTP1"
        check_health(self, group.health_check_interval_seconds, group.health_check_timeout_seconds, version)
    answer = original()
    if group is not None and (code := matcher_of(self).get("GrpcCode")):
        group.matcher = {"GrpcCode": code}
    return answer


def _settings(group: FakeTargetGroup) -> dict[str, Any]:
    changing = ("arn", "attributes", "load_balancer_arns", "targets", "deregistered_targets", "terminated_targets")
    return {key: str(value) for key, value in vars(group).items() if key not in changing}


@overlay.wraps(ELBV2Response)
def delete_target_group(original: Any, self: ELBV2Response) -> Any:
    """Refuse while a listener uses it, and for a moment after that."""
    arn = self._get_param("TargetGroupArn")
    released = targets_of(self.elbv2_backend).released.get(arn, float("-inf"))
    if self.elbv2_backend._any_listener_using(arn) or clock.now() - released < RELEASE_LAG:
        message = f"Target group '{arn}' is currently in use by a listener or a rule"
        raise overlay.Refusal("ResourceInUse", message)
    return original()


@overlay.wraps(ELBv2Backend)
def modify_target_group_attributes(original: Any, self: ELBv2Backend, arn: str, attributes: dict[str, Any]) -> None:
    """Accept the longest delay too (API reference, TargetGroupAttribute: "The range is 0-3600 seconds")."""
    longest = {name: value for name, value in attributes.items() if (name, value) == (_DELAY, "3600")}
    original(arn, {name: value for name, value in attributes.items() if name not in longest})
    self.target_groups[arn].attributes.update(longest)


@overlay.wraps(ELBV2Response)
def register_targets(original: Any, self: ELBV2Response) -> Any:
    """Refuse a target that does not match the group's target type."""
    group = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
    for target in self._get_param("Targets", []) if group else []:
        check_target(group, target["Id"])
    return original()


@overlay.wraps(FakeTargetGroup)
def register(original: Any, self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
    """Reset the health of a target that is registered again."""
    memory = targets_of(elbv2_backends[self.account_id][self.region_name])
    for target in targets:
        memory.health.pop((self.arn, target["Id"], int(target.get("Port") or self.port)), None)
        memory.leaving.get(self.arn, {}).pop(target["Id"], None)
    original(targets)


@overlay.wraps(ELBv2Backend)
def describe_target_health(
    original: Any, self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
) -> list[FakeHealthStatus]:
    """Return each target's state, from its reported health, its group's use, and draining."""
    group = self.target_groups.get(target_group_arn)
    if group is None:
        found: list[FakeHealthStatus] = original(target_group_arn, targets)
        return found
    leaving = {k: v for k, v in targets_of(self).leaving.get(group.arn, {}).items() if v[1] > clock.now()}
    listed = targets or [*group.targets.values(), *({"Id": ident, "Port": v[0]} for ident, v in leaving.items())]
    return [_health(self, group, target, leaving) for target in listed]


def _health(backend: ELBv2Backend, group: Any, target: dict[str, Any], leaving: dict[str, Any]) -> FakeHealthStatus:
    known = group.targets.get(target["Id"])
    port = int((known or target).get("Port") or group.port)
    health: tuple[str, str | None, str | None]
    if known is None and target["Id"] in leaving:
        health = ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
    elif known is None:
        health = ("unused", "Target.NotRegistered", "Target is not registered to the target group")
    elif not backend._any_listener_using(group.arn):
        text = "Target group is not configured to receive traffic from the load balancer"
        health = ("unused", "Target.NotInUse", text)
    else:
        waiting = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
        health = targets_of(backend).health.get((group.arn, target["Id"], port), waiting)
    check = group.health_check_port
    return FakeHealthStatus(target["Id"], str(port), str(port) if check == "traffic-port" else check, *health)
