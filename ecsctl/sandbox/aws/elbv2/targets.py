"""Target groups: names, what may be registered, who is healthy and why not."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from ecsctl.sandbox.core import clock, overlay

RELEASE_LAG = 5.0  # "currently in use" lags behind the listener's end; Terraform retries for two minutes. An assumption
_DELAY = "deregistration_delay.timeout_seconds"


@dataclass
class _Targets:
    health: dict[tuple[str, str, int], tuple[str, str | None, str | None]] = field(default_factory=dict)
    leaving: dict[str, dict[str, tuple[int, float]]] = field(default_factory=dict)
    released: dict[str, float] = field(default_factory=dict)


def _memory(backend: ELBv2Backend) -> _Targets:
    return overlay.memory(backend, _Targets)


def set_target_health(
    account_id: str,
    region: str,
    tg_arn: str,
    target_id: str,
    port: int,
    state: str,
    reason: str | None = None,
    description: str | None = None,
) -> None:
    """What the load balancer finds at a registered target from now on: `healthy`, `unhealthy`, `initial` …

    Reasons and descriptions as in the API reference, TargetHealth. A target nobody has spoken for is `initial`.
    """
    _memory(elbv2_backends[account_id][region]).health[tg_arn, target_id, int(port)] = (state, reason, description)


def note_released(backend: ELBv2Backend, arns: set[str]) -> None:
    """These target groups are in no listener any more; it takes a while until they can be deleted."""
    _memory(backend).released.update(dict.fromkeys(arns, clock.now()))


@overlay.wraps(ELBV2Response)
def create_target_group(original: Any, self: ELBV2Response) -> ActionResult:
    """Make it once: the same name with the same settings is the same target group, whoever made it.

    That tags are no settings in this is an assumption.
    """
    backend, name = self.elbv2_backend, self._get_param("Name")
    version = self._get_param("ProtocolVersion") or "HTTP1"
    _check_health(self, 30, 5, version)
    if version == "GRPC":  # what moto fills in is of HTTP (API reference, CreateTargetGroup and Matcher)
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
    """Refuse a health check that would be refused at the creation."""
    group: Any = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
    if group is not None:
        version = group.protocol_version or "HTTP1"
        _check_health(self, group.health_check_interval_seconds, group.health_check_timeout_seconds, version)
    answer = original()
    if group is not None and (code := _matcher(self).get("GrpcCode")):
        group.matcher = {"GrpcCode": code}
    return answer


def _check_health(response: ELBV2Response, interval: Any, timeout: Any, version: str) -> None:
    """Limits of a health check (API reference, CreateTargetGroup, Matcher); all texts but the first are assumptions.

    The first is quoted in many public reports of failed Terraform and CloudFormation runs.
    """
    interval = int(response._get_param("HealthCheckIntervalSeconds") or interval)
    timeout = int(response._get_param("HealthCheckTimeoutSeconds") or timeout)
    if timeout >= interval:
        message = f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
        raise overlay.Refusal("ValidationError", message)
    kind, low, high = ("Grpc", 0, 99) if version == "GRPC" else ("Http", 200, 499)
    matcher = _matcher(response)
    if {*matcher} - {f"{kind}Code"}:
        message = f"You can only specify {kind}Code for a target group with the protocol-version '{version}'"
        raise overlay.Refusal("ValidationError", message)
    codes = str(matcher.get(f"{kind}Code") or "")
    for code in codes.replace("-", ",").split(",") if codes else ():
        if not code.isdigit() or not low <= int(code) <= high:
            reason = f"Health check matcher {kind.upper()} code '{codes}' must be within {low}-{high}"
            raise overlay.Refusal("ValidationError", reason)
    path = response._get_param("HealthCheckPath")
    if version == "GRPC" and path and not re.fullmatch(r"/[^/]+/[^/]+", path):
        raise overlay.Refusal(
            "ValidationError", f"Health check path '{path}' must have the format /package.service/method"
        )


def _matcher(response: ELBV2Response) -> dict[str, str]:
    names = ("HttpCode", "GrpcCode")
    flat = {name: response._get_param(f"Matcher.{name}") for name in names}
    return {name: str(code) for name, code in {**flat, **(response._get_param("Matcher") or {})}.items() if code}


def _settings(group: FakeTargetGroup) -> dict[str, Any]:
    changing = ("arn", "attributes", "load_balancer_arns", "targets", "deregistered_targets", "terminated_targets")
    return {key: str(value) for key, value in vars(group).items() if key not in changing}


@overlay.wraps(ELBV2Response)
def delete_target_group(original: Any, self: ELBV2Response) -> Any:
    """Refuse while a listener uses it, and a little longer."""
    arn = self._get_param("TargetGroupArn")
    released = _memory(self.elbv2_backend).released.get(arn, float("-inf"))
    if self.elbv2_backend._any_listener_using(arn) or clock.now() - released < RELEASE_LAG:
        message = f"Target group '{arn}' is currently in use by a listener or a rule"
        raise overlay.Refusal("ResourceInUse", message)
    return original()


@overlay.wraps(ELBv2Backend)
def modify_target_group_attributes(original: Any, self: ELBv2Backend, arn: str, attributes: dict[str, Any]) -> None:
    """Take the longest delay, too (API reference, TargetGroupAttribute: "The range is 0-3600 seconds")."""
    longest = {name: value for name, value in attributes.items() if (name, value) == (_DELAY, "3600")}
    original(arn, {name: value for name, value in attributes.items() if name not in longest})
    self.target_groups[arn].attributes.update(longest)


@overlay.wraps(ELBV2Response)
def register_targets(original: Any, self: ELBV2Response) -> Any:
    """Refuse a target of another kind than the group's."""
    group = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
    for target in self._get_param("Targets", []) if group else []:
        _check_target(group, target["Id"])
    return original()


def _check_target(group: Any, ident: str) -> None:
    try:
        ipaddress.ip_address(ident)
    except ValueError:
        if group.target_type == "ip":
            message = f"The IP address '{ident}' is not a valid IPv4 address"
            raise overlay.Refusal("ValidationError", message) from None
    else:
        if group.target_type == "instance":
            raise overlay.Refusal("ValidationError", f"Instance ID '{ident}' is not valid")


@overlay.wraps(FakeTargetGroup)
def register(original: Any, self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
    """A target that is registered again is new: what was known of it is forgotten."""
    memory = _memory(elbv2_backends[self.account_id][self.region_name])
    for target in targets:
        memory.health.pop((self.arn, target["Id"], int(target.get("Port") or self.port)), None)
        memory.leaving.get(self.arn, {}).pop(target["Id"], None)
    original(targets)


@overlay.wraps(FakeTargetGroup)
def deregister(original: Any, self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
    """A target that is deregistered drains for the group's deregistration delay."""
    leaving = _memory(elbv2_backends[self.account_id][self.region_name]).leaving.setdefault(self.arn, {})
    delay = float(self.attributes["deregistration_delay.timeout_seconds"])  # type: ignore[arg-type] # a number or its text
    for target in targets:
        known = self.targets.get(target["Id"])
        if known:
            leaving[target["Id"]] = (int(known["Port"]), clock.now() + delay)
    original(targets)


@overlay.wraps(ELBv2Backend)
def describe_target_health(
    original: Any, self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
) -> list[FakeHealthStatus]:
    """Each target's state, by what was reported of it, by its group's use, and by its draining."""
    group = self.target_groups.get(target_group_arn)
    if group is None:
        found: list[FakeHealthStatus] = original(target_group_arn, targets)
        return found
    leaving = {k: v for k, v in _memory(self).leaving.get(group.arn, {}).items() if v[1] > clock.now()}
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
        health = _memory(backend).health.get((group.arn, target["Id"], port), waiting)
    check = group.health_check_port
    return FakeHealthStatus(target["Id"], str(port), str(port) if check == "traffic-port" else check, *health)
