"""Listeners: one a port, with a certificate that is issued and known to ELB; what a listener uses is noticed late."""

from typing import Any

from moto.acm.models import acm_backends
from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES
from moto.iam.models import iam_backends

from ecsctl.sandbox.aws import acm
from ecsctl.sandbox.aws.elbv2 import attributes, targets, weights
from ecsctl.sandbox.core import clock, overlay

# Seconds for which a fresh certificate is still unknown to ELB (hashicorp/terraform-provider-aws#41789: observed even
# after ACM says ISSUED; it retries for five minutes). The number is an assumption.
CERTIFICATE_LAG = 10.0
VALUES = 5  # Elastic Load Balancing guide, "Quotas for your Application Load Balancers": condition values of a rule

_SECURE = ("HTTPS", "TLS")


def _uses(backend: ELBv2Backend) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Which certificate and which target group is in use by which load balancer."""
    certificates, groups = set(), set()
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            certificates |= {(arn, balancer.arn) for arn in listener.certificates}
            for action in (action for rule in listener.rules.values() for action in rule.actions):
                groups |= {(arn, balancer.arn) for arn in backend._get_target_group_arns_from(action.data)}
    return certificates, groups


@overlay.wraps(ELBV2Response)
def call_action(original: Any, self: ELBV2Response) -> Any:
    """Note what a call lets go of: others notice it later."""
    backend = self.elbv2_backend
    certificates, groups = _uses(backend)
    answer = original()
    certificates_now, groups_now = _uses(backend)
    for arn, balancer in certificates - certificates_now:
        acm.let_go(backend.account_id, backend.region_name, arn, balancer)
    for group in backend.target_groups.values():
        group.load_balancer_arns = sorted(balancer for arn, balancer in groups_now if arn == group.arn)
    targets.note_released(backend, {arn for arn, _ in groups} - {arn for arn, _ in groups_now})
    return answer


def _check_policy(response: ELBV2Response) -> None:
    policy = response._get_param("SslPolicy")
    if policy is not None and policy not in SSL_POLICIES:
        raise overlay.Refusal("SSLPolicyNotFound", f"SSL policy '{policy}' not found")


def _check_certificates(response: ELBV2Response) -> None:
    """Refuse what is not there, not issued, or issued so lately that ELB has not heard of it."""
    backend = response.elbv2_backend
    for given in response._get_param("Certificates", []):
        arn = given["CertificateArn"]
        if ":iam:" in arn:
            found: Any = iam_backends[backend.account_id][backend.partition].get_certificate_by_arn(arn)
        else:
            found = acm_backends[backend.account_id][backend.region_name]._certificates.get(arn)
        if found is None:
            raise overlay.Refusal("CertificateNotFound", f"Certificate '{arn}' not found")
        if ":iam:" in arn:
            continue
        since = acm.issued_since(backend.account_id, backend.region_name, arn)
        if since is None or clock.now() - since < CERTIFICATE_LAG:
            message = f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a"
            raise overlay.Refusal("UnsupportedCertificate", f"{message} supported key size.")


def _check_secure(protocol: str | None, certificates: list[Any], policy: str | None) -> None:
    if protocol == "HTTPS" and not certificates:
        raise overlay.Refusal("ValidationError", "A certificate must be specified for HTTPS listeners")
    if protocol == "HTTP" and certificates:
        raise overlay.Refusal("ValidationError", "A certificate cannot be specified for HTTP listeners")
    if protocol == "HTTP" and policy:
        raise overlay.Refusal("ValidationError", "An SSL policy cannot be specified for HTTP listeners")


def _check_groups(response: ELBV2Response, balancer: FakeLoadBalancer, protocol: str | None) -> None:
    """A target group serves one load balancer, and of its own VPC; one that is not of HTTP/1.1 needs HTTPS.

    The last message is quoted in aws/copilot-cli#4551 and kubernetes-sigs/aws-load-balancer-controller#4497.
    """
    backend = response.elbv2_backend
    for action in response._get_param("DefaultActions", []):
        for arn in backend._get_target_group_arns_from(action):
            group = backend.target_groups.get(arn)
            if group is None:
                raise overlay.Refusal("TargetGroupNotFound", f"Target group '{arn}' not found")
            if group.vpc_id != balancer.vpc_id:
                message = f"The target group '{arn}' and the load balancer are in different VPCs"
                raise overlay.Refusal("InvalidConfigurationRequest", message)
            if set(group.load_balancer_arns) - {balancer.arn}:
                message = "The following target groups cannot be associated with more than one load balancer: "
                raise overlay.Refusal("TargetGroupAssociationLimit", message + arn)
            if protocol == "HTTP" and (version := group.protocol_version or "HTTP1") != "HTTP1":
                message = "Listener protocol 'HTTP' is not supported with a target group with the protocol-version "
                raise overlay.Refusal("InvalidLoadBalancerAction", f"{message}'{version}'")


@overlay.wraps(ELBV2Response)
def create_listener(original: Any, self: ELBV2Response) -> ActionResult:
    """Make it once a port: the same settings are the same listener, others are refused."""
    balancer = self.elbv2_backend.load_balancers.get(self._get_param("LoadBalancerArn"))
    if balancer is None:
        message = f"Load balancer '{self._get_param('LoadBalancerArn')}' not found"
        raise overlay.Refusal("LoadBalancerNotFound", message)
    certificates, policy = self._get_param("Certificates", []), self._get_param("SslPolicy")
    _check_secure(self._get_param("Protocol"), certificates, policy)
    _check_policy(self)
    _check_groups(self, balancer, self._get_param("Protocol"))
    for existing in balancer.listeners.values():
        if existing.port == self._get_param("Port"):
            if _settings(existing) != _asked(self):
                message = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
                raise overlay.Refusal("DuplicateListener", message)
            return ActionResult({"Listeners": [existing]})
    _check_certificates(self)
    answer: ActionResult = original()
    [made] = answer.result["Listeners"]  # type: ignore[index] # an ActionResult's result is any object
    if made.protocol not in _SECURE:
        made.ssl_policy = None
    made.alpn_policy = made.alpn_policy or None  # AWS shows it of TLS alone
    made.attributes = attributes.of_listener(made)
    made.mutual_authentication = _mutual(made, self._get_param("MutualAuthentication"))
    _fill(made)
    return answer


def _mutual(listener: FakeListener, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """How clients prove who they are: "off" unless asked for, and on HTTPS alone (recorded answers of AWS)."""
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
    """An action as AWS shows it, with all that was left out (API reference, RedirectActionConfig and its like)."""
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
        if listener.protocol not in ("HTTP", "HTTPS"):  # recorded answers of AWS: only these show a weight
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
    """Refuse what would be refused at its creation."""
    balancer, listener = _listener(self)
    protocol = self._get_param("Protocol") or listener.protocol
    given = self._get_param("Certificates", [])
    _check_secure(protocol, given if protocol == "HTTP" else given or listener.certificates, None)
    _check_policy(self)
    _check_certificates(self)
    _check_groups(self, balancer, protocol)
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
    """Say which listener is not there."""
    _listener(self)
    return original()


@overlay.wraps(ELBV2Response)
def describe_ssl_policies(original: Any, self: ELBV2Response) -> Any:
    """Refuse a name that is no policy."""
    for name in self._get_param("Names", []):
        if name not in SSL_POLICIES:
            raise overlay.Refusal("SSLPolicyNotFound", f"SSL policy '{name}' not found")
    return original()


def _check_values(response: ELBV2Response) -> None:
    """The conditions of a rule hold few values between them, whatever they are about."""
    conditions = response._get_param("Conditions", [])
    held = [config for one in conditions for config in one.values() if isinstance(config, dict)]
    if sum(len(config.get("Values", [])) for config in held) > VALUES:
        raise overlay.Refusal("ValidationError", f"A rule can only have '{VALUES}' condition values")


def _check_actions(response: ELBV2Response) -> None:
    for action in response._get_param("Actions", []):
        action.update(_whole(action))
    weights.check(response.elbv2_backend, response._get_param("Actions", []))


@overlay.wraps(ELBV2Response)
def create_rule(original: Any, self: ELBV2Response) -> Any:
    """Refuse a rule of too many values, or of groups that do not go together."""
    _check_values(self)
    _check_actions(self)
    return original()


@overlay.wraps(ELBV2Response)
def modify_rule(original: Any, self: ELBV2Response) -> Any:
    """Refuse what would be refused at its creation."""
    _check_values(self)
    _check_actions(self)
    return original()


@overlay.wraps(ELBV2Response)
def delete_rule(original: Any, self: ELBV2Response) -> Any:
    """Say that a rule is not there (API reference, DeleteRule)."""
    self.elbv2_backend.describe_rules(None, [self._get_param("RuleArn")])
    return original()
