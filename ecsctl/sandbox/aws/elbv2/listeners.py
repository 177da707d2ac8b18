"""Listeners: one per port, with a certificate that is issued and that ELB finds."""

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import FakeListener, FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES

from ecsctl.sandbox.aws.elbv2 import attributes, weights
from ecsctl.sandbox.aws.elbv2.checks import (
    check_certificates,
    check_policy,
    check_secure,
    check_target_groups,
    check_values,
)
from ecsctl.sandbox.core import overlay

_SECURE = ("HTTPS", "TLS")


@overlay.wraps(ELBV2Response)
def create_listener(original: Any, self: ELBV2Response) -> ActionResult:
    """Create one listener per port: the same settings return the existing one, others are refused."""
    balancer = self.elbv2_backend.load_balancers.get(self._get_param("LoadBalancerArn"))
    if balancer is None:
        message = f"Load balancer '{self._get_param('LoadBalancerArn')}' not found"
        raise overlay.Refusal("LoadBalancerNotFound", message)
    certificates, policy = self._get_param("Certificates", []), self._get_param("SslPolicy")
    check_secure(self._get_param("Protocol"), certificates, policy)
    check_policy(self)
    check_target_groups(self, balancer, self._get_param("Protocol"))
    for existing in balancer.listeners.values():
        if existing.port == self._get_param("Port"):
            if _settings(existing) != _asked(self):
                message = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
                raise overlay.Refusal("DuplicateListener", message)
            return ActionResult({"Listeners": [existing]})
    check_certificates(self)
    answer: ActionResult = original()
    [made] = answer.result["Listeners"]  # type: ignore[index] # an ActionResult's result is any object
    if made.protocol not in _SECURE:
        made.ssl_policy = None
    made.alpn_policy = made.alpn_policy or None  # AWS returns it for TLS only
    made.attributes = attributes.of_listener(made)
    made.mutual_authentication = _mutual(made, self._get_param("MutualAuthentication"))
    _fill(made)
    return answer


def _mutual(listener: FakeListener, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """The mutual authentication mode: "off" by default, and for HTTPS only (recorded answers of AWS)."""
    if listener.protocol != "HTTPS":
        return None
    mutual = {"Mode": "off", **(asked or {})}
    if mutual["Mode"] == "verify":
        mutual = {"AdvertiseTrustStoreCaNames": "off", "IgnoreClientCertificateExpiry": False, **mutual}
    return mutual


def _settings(listener: FakeListener) -> Any:
    actions = [_whole(action.data) for action in listener.default_actions]
    return listener.protocol, listener.certificates, listener.ssl_policy, actions


def _asked(response: ELBV2Response) -> Any:
    protocol, certificates = response._get_param("Protocol"), response._get_param("Certificates", [])
    policy = response._get_param("SslPolicy") or ("ELBSecurityPolicy-2016-08" if protocol == "HTTPS" else None)
    actions = [_whole(action) for action in response._get_param("DefaultActions", [])]
    return protocol, [each["CertificateArn"] for each in certificates], policy, actions


def _whole(data: dict[str, Any]) -> dict[str, Any]:
    """An action as AWS returns it, with all defaults (API reference, RedirectActionConfig and others)."""
    if data.get("Type") == "redirect":
        left_out = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}"}
        return {**data, "RedirectConfig": {**left_out, "Query": "#{query}", **data["RedirectConfig"]}}
    if data.get("Type") == "forward":
        given = data.get("ForwardConfig", {}).get("TargetGroups") or [{"TargetGroupArn": data["TargetGroupArn"]}]
        groups = [{**each, "Weight": int(each.get("Weight", 1))} for each in given]
        single = {"TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else {}
        sticky = {"Enabled": False, **data.get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {})}
        return {**data, **single, "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}}
    return data


def _fill(listener: FakeListener) -> None:
    for action in listener.default_actions:
        action.data = _whole(action.data)
        if listener.protocol not in ("HTTP", "HTTPS"):  # recorded answers of AWS: only these have a weight
            for group in action.data.get("ForwardConfig", {}).get("TargetGroups", []):
                del group["Weight"]
        action.__dict__.update(action.data)


def _listener(response: ELBV2Response) -> tuple[FakeLoadBalancer, FakeListener]:
    arn = response._get_param("ListenerArn")
    for balancer in response.elbv2_backend.load_balancers.values():
        if arn in balancer.listeners:
            return balancer, balancer.listeners[arn]
    raise overlay.Refusal("ListenerNotFound", f"Listener '{arn}' not found")


@overlay.wraps(ELBV2Response)
def modify_listener(original: Any, self: ELBV2Response) -> Any:
    """Refuse whatever would be refused at creation."""
    balancer, listener = _listener(self)
    protocol = self._get_param("Protocol") or listener.protocol
    given = self._get_param("Certificates", [])
    check_secure(protocol, given if protocol == "HTTP" else given or listener.certificates, None)
    check_policy(self)
    check_certificates(self)
    check_target_groups(self, balancer, protocol)
    port = self._get_param("Port")
    if port is not None and any(o.port == port and o is not listener for o in balancer.listeners.values()):
        message = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
        raise overlay.Refusal("DuplicateListener", message)
    before = listener.protocol
    answer = original()
    _fill(listener)
    if listener.protocol != before:
        listener.attributes = attributes.of_listener(listener)
    asked = self._get_param("MutualAuthentication") or getattr(listener, "mutual_authentication", None)
    listener.mutual_authentication = _mutual(listener, asked)  # type: ignore[attr-defined] # moto has none; AWS has
    if listener.protocol == "HTTP":
        listener.certificates, listener.certificate, listener.ssl_policy = [], None, None  # type: ignore[assignment] # as AWS shows it
    elif listener.ssl_policy is None:
        listener.ssl_policy = "ELBSecurityPolicy-2016-08"
    return answer


@overlay.wraps(ELBV2Response)
def delete_listener(original: Any, self: ELBV2Response) -> Any:
    """Refuse for a listener that does not exist."""
    _listener(self)
    return original()


@overlay.wraps(ELBV2Response)
def describe_ssl_policies(original: Any, self: ELBV2Response) -> Any:
    """Refuse a policy that does not exist."""
    for name in self._get_param("Names", []):
        if name not in SSL_POLICIES:
            raise overlay.Refusal("SSLPolicyNotFound", f"SSL policy '{name}' not found")
    return original()


def _check_actions(response: ELBV2Response) -> None:
    for action in response._get_param("Actions", []):
        action.update(_whole(action))
    weights.check(response.elbv2_backend, response._get_param("Actions", []))


@overlay.wraps(ELBV2Response)
def create_rule(original: Any, self: ELBV2Response) -> Any:
    """Refuse a rule with too many values, or with incompatible target groups."""
    check_values(self)
    _check_actions(self)
    return original()


@overlay.wraps(ELBV2Response)
def modify_rule(original: Any, self: ELBV2Response) -> Any:
    """Refuse whatever would be refused at creation."""
    check_values(self)
    _check_actions(self)
    return original()


@overlay.wraps(ELBV2Response)
def delete_rule(original: Any, self: ELBV2Response) -> Any:
    """Refuse for a rule that does not exist (API reference, DeleteRule)."""
    self.elbv2_backend.describe_rules(None, [self._get_param("RuleArn")])
    return original()
