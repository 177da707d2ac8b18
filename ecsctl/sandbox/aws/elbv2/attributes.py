"""The attributes of load balancers, target groups and listeners: AWS lists them all with their defaults, moto a few.

Names and defaults are those of the ELB API reference (LoadBalancerAttribute, TargetGroupAttribute, ListenerAttribute)
and of answers of AWS that were recorded from June to August 2026 by go-to-k/cdk-real-drift (commit c00ed982).
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import FakeListener, FakeLoadBalancer, FakeTargetGroup
from moto.elbv2.responses import ELBV2Response

from ecsctl.sandbox.aws.elbv2 import access_logs
from ecsctl.sandbox.core import overlay

Attributes = dict[str, str]

_ANY: Attributes = {"deletion_protection.enabled": "false", "load_balancing.cross_zone.enabled": "false"}
_LOGGED: Attributes = {
    **_ANY,
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "zonal_shift.config.enabled": "false",
}
_BALANCERS: dict[str, Attributes] = {
    "application": {
        **_LOGGED,
        "client_keep_alive.seconds": "3600",
        "connection_logs.s3.bucket": "",
        "connection_logs.s3.enabled": "false",
        "connection_logs.s3.prefix": "",
        "health_check_logs.s3.bucket": "",
        "health_check_logs.s3.enabled": "false",
        "health_check_logs.s3.prefix": "",
        "idle_timeout.timeout_seconds": "60",
        "load_balancing.cross_zone.enabled": "true",
        "routing.http.desync_mitigation_mode": "defensive",
        "routing.http.drop_invalid_header_fields.enabled": "false",
        "routing.http.preserve_host_header.enabled": "false",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
        "routing.http.xff_client_port.enabled": "false",
        "routing.http.xff_header_processing.mode": "append",
        "routing.http2.enabled": "true",
        "waf.fail_open.enabled": "false",
    },
    "network": {
        **_LOGGED,
        "dns_record.client_routing_policy": "any_availability_zone",
        "secondary_ips.auto_assigned.per_subnet": "0",
    },
    "gateway": _ANY,
}
FakeLoadBalancer.VALID_ATTRS.update(key for attributes in _BALANCERS.values() for key in attributes)

_HEALTH: Attributes = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "stickiness.enabled": "false",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
_HTTP: Attributes = {
    **_HEALTH,
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
}
_TCP: Attributes = {
    **_HEALTH,
    "deregistration_delay.connection_termination.enabled": "false",
    "preserve_client_ip.enabled": "true",
    "proxy_protocol_v2.enabled": "false",
    "stickiness.type": "source_ip",
    "target_health_state.unhealthy.connection_termination.enabled": "true",
    "target_health_state.unhealthy.draining_interval_seconds": "0",
}
_GENEVE: Attributes = {
    "deregistration_delay.timeout_seconds": "300",
    "stickiness.enabled": "false",
    "stickiness.type": "source_ip_dest_ip_proto",
    "target_failover.on_deregistration": "no_rebalance",
    "target_failover.on_unhealthy": "no_rebalance",
}

_RESPONSE: Attributes = {
    "routing.http.response.server.enabled": "true",
    **{
        f"routing.http.response.{header}.header_value": ""
        for header in (
            "access_control_allow_credentials",
            "access_control_allow_headers",
            "access_control_allow_methods",
            "access_control_allow_origin",
            "access_control_expose_headers",
            "access_control_max_age",
            "content_security_policy",
            "strict_transport_security",
            "x_content_type_options",
            "x_frame_options",
        )
    },
}
_REQUEST: Attributes = {
    f"routing.http.request.x_amzn_{header}.header_name": ""
    for header in (
        "mtls_clientcert",
        "mtls_clientcert_issuer",
        "mtls_clientcert_leaf",
        "mtls_clientcert_serial_number",
        "mtls_clientcert_subject",
        "mtls_clientcert_validity",
        "tls_cipher_suite",
        "tls_version",
    )
}
_LISTENERS: dict[str, Attributes] = {
    "HTTP": _RESPONSE,
    "HTTPS": {**_RESPONSE, **_REQUEST},
    "TCP": {"tcp.idle_timeout.seconds": "350"},
    "GENEVE": {"tcp.idle_timeout.seconds": "350"},
}


def of_balancer(balancer: FakeLoadBalancer) -> Attributes:
    """The attributes of a new load balancer."""
    attributes = dict(_BALANCERS[balancer.type or "application"])
    if balancer.ip_address_type.startswith("dualstack"):
        attributes["ipv6.deny_all_igw_traffic"] = "false" if balancer.scheme == "internet-facing" else "true"
    return attributes


def of_group(group: FakeTargetGroup) -> Attributes:
    """The attributes of a new target group."""
    if group.target_type == "lambda":
        return {"lambda.multi_value_headers.enabled": "false"}
    if group.protocol in ("HTTP", "HTTPS"):
        return dict(_HTTP)
    if group.protocol == "GENEVE":
        return dict(_GENEVE)
    attributes = dict(_TCP)
    if group.protocol in ("UDP", "TCP_UDP"):
        attributes["deregistration_delay.connection_termination.enabled"] = "true"
    elif group.target_type == "ip":
        attributes["preserve_client_ip.enabled"] = "false"
    return attributes


def of_listener(listener: FakeListener) -> Attributes:
    """The attributes of a listener that is new or has changed its protocol."""
    return dict(_LISTENERS.get(listener.protocol, {}))


@overlay.wraps(FakeTargetGroup, "__init__")
def _new_group(original: Any, self: FakeTargetGroup, *args: Any, **kwargs: Any) -> None:
    """Create a target group with all its attributes."""
    original(*args, **kwargs)
    self.attributes = of_group(self)  # type: ignore[assignment] # as text, as AWS shows them


def _check(what: str, known: Any, response: ELBV2Response) -> None:
    for attribute in response._get_param("Attributes", []):
        if attribute["Key"] not in known:
            message = f"{what} attribute key '{attribute['Key']}' is not recognized"
            raise overlay.Refusal("ValidationError", message)


@overlay.wraps(ELBV2Response)
def modify_load_balancer_attributes(original: Any, self: ELBV2Response) -> Any:
    """Refuse an attribute that load balancers do not have, and logs into a bucket that ELB cannot write to."""
    _check("Load balancer", FakeLoadBalancer.VALID_ATTRS, self)
    backend = self.elbv2_backend
    if balancer := backend.load_balancers.get(self._get_param("LoadBalancerArn")):
        sent = {one["Key"]: one.get("Value", "") for one in self._get_param("Attributes", [])}
        access_logs.check(balancer, backend.account_id, backend.region_name, sent)
    return original()


@overlay.wraps(ELBV2Response)
def modify_target_group_attributes(original: Any, self: ELBV2Response) -> ActionResult:
    """Refuse an attribute that the group does not have; return all of them (API reference)."""
    group = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
    if group is not None:
        _check("Target group", group.attributes, self)
    original()
    return ActionResult({"Attributes": group.attributes if group is not None else {}})


@overlay.wraps(ELBV2Response)
def modify_listener_attributes(original: Any, self: ELBV2Response) -> Any:
    """Refuse an attribute that the listener does not have."""
    for balancer in self.elbv2_backend.load_balancers.values():
        if listener := balancer.listeners.get(self._get_param("ListenerArn")):
            _check("Listener", listener.attributes, self)
    return original()
