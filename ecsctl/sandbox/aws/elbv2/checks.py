"""What ELB checks about load balancers, listeners, rules and target groups."""

import ipaddress
import re
from typing import Any

from moto.acm.models import acm_backends
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES
from moto.iam.models import iam_backends

from ecsctl.sandbox.aws import acm
from ecsctl.sandbox.aws.elbv2.time import CERTIFICATE_LAG
from ecsctl.sandbox.core import clock, overlay

QUOTA = 50  # ELB guide, "Quotas for your Application Load Balancers": load balancers per region
VALUES = 5  # Elastic Load Balancing guide, "Quotas for your Application Load Balancers": condition values of a rule


def check_quota(backend: ELBv2Backend) -> None:
    """Refuse one more load balancer than the quota allows."""
    if len(backend.load_balancers) >= QUOTA:
        message = "The maximum number of load balancers has been reached"
        raise overlay.Refusal("TooManyLoadBalancers", message)


def check_name(name: str) -> None:
    """Refuse a name that load balancers cannot have."""
    wrong = None
    if len(name) > 32:
        wrong = "cannot be longer than '32' characters"
    elif not re.fullmatch(r"[A-Za-z0-9-]+", name):
        wrong = "can only contain characters that are alphanumeric characters and hyphens(-)"
    elif name.startswith("-") or name.endswith("-"):
        wrong = "cannot begin or end with '-'"
    elif name.startswith("internal-"):
        wrong = "cannot begin with 'internal-'"
    if wrong:
        raise overlay.Refusal("ValidationError", f"The load balancer name '{name}' {wrong}")


def check_subnets(response: ELBV2Response, ids: list[str], kind: str) -> list[Any]:
    """The subnets with these ids. Raises a refusal if a load balancer of this type cannot be in them."""
    ec2 = response.elbv2_backend.ec2_backend
    known = {subnet.id: subnet for zone in ec2.subnets.values() for subnet in zone.values()}
    for ident in ids:
        if ident not in known:
            raise overlay.Refusal("SubnetNotFound", f"The subnet ID '{ident}' does not exist")
    subnets = [known[ident] for ident in ids]
    zones = {subnet.availability_zone for subnet in subnets}
    if len(subnets) < (2 if kind == "application" else 1):
        message = "At least two subnets in two different Availability Zones must be specified"
        raise overlay.Refusal("ValidationError", message)
    if len(zones) < len(subnets):
        message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise overlay.Refusal("InvalidConfigurationRequest", message)
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise overlay.Refusal("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    for subnet in subnets:  # ELB guide, "Subnets for your load balancer": at least a /27 with eight free addresses
        if subnet.cidr.prefixlen > 27 or subnet.available_ip_address_count < 8:
            message = f"Not enough IP space available in {subnet.id}. ELB requires at least 8 free IP addresses in each"
            raise overlay.Refusal("InvalidSubnet", f"{message} subnet.")
    return subnets


def check_groups(response: ELBV2Response, ids: list[str], vpc_id: str, kind: str = "application") -> list[str]:
    """A load balancer's security groups, by default the VPC's. Raises a refusal if one is not in the VPC."""
    ec2 = response.elbv2_backend.ec2_backend
    for ident in ids:
        group = ec2.get_security_group_from_id(ident)
        if group is None or group.vpc_id != vpc_id:
            raise overlay.Refusal("InvalidSecurityGroup", "One or more security groups are invalid")
    default = ec2.get_default_security_group(vpc_id) if kind == "application" else None
    return ids or ([default.id] if default else [])


def check_policy(response: ELBV2Response) -> None:
    """Refuse an SSL policy that does not exist."""
    policy = response._get_param("SslPolicy")
    if policy is not None and policy not in SSL_POLICIES:
        raise overlay.Refusal("SSLPolicyNotFound", f"SSL policy '{policy}' not found")


def check_certificates(response: ELBV2Response) -> None:
    """Refuse certificates that do not exist, are not issued, or so recently that ELB does not find them yet."""
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


def check_secure(protocol: str | None, certificates: list[Any], policy: str | None) -> None:
    """Refuse HTTPS without a certificate, and HTTP with a certificate or policy."""
    if protocol == "HTTPS" and not certificates:
        raise overlay.Refusal("ValidationError", "A certificate must be specified for HTTPS listeners")
    if protocol == "HTTP" and certificates:
        raise overlay.Refusal("ValidationError", "A certificate cannot be specified for HTTP listeners")
    if protocol == "HTTP" and policy:
        raise overlay.Refusal("ValidationError", "An SSL policy cannot be specified for HTTP listeners")


def check_target_groups(response: ELBV2Response, balancer: FakeLoadBalancer, protocol: str | None) -> None:
    """Refuse target groups of another load balancer or VPC; other protocol versions than HTTP/1.1 need HTTPS.

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


def check_values(response: ELBV2Response) -> None:
    """Refuse too many values in all conditions of a rule together."""
    conditions = response._get_param("Conditions", [])
    held = [config for one in conditions for config in one.values() if isinstance(config, dict)]
    if sum(len(config.get("Values", [])) for config in held) > VALUES:
        raise overlay.Refusal("ValidationError", f"A rule can only have '{VALUES}' condition values")


def check_health(response: ELBV2Response, interval: Any, timeout: Any, version: str) -> None:
    """Check a health check's limits (API reference, CreateTargetGroup, Matcher); only the first message is AWS's.

    That one is quoted in many public reports of failed Terraform and CloudFormation runs; the others are assumptions.

    Raises Refusal.
    """
    interval = int(response._get_param("HealthCheckIntervalSeconds") or interval)
    timeout = int(response._get_param("HealthCheckTimeoutSeconds") or timeout)
    if timeout >= interval:
        message = f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
        raise overlay.Refusal("ValidationError", message)
    kind, low, high = ("Grpc", 0, 99) if version == "GRPC" else ("Http", 200, 499)
    matcher = matcher_of(response)
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


def matcher_of(response: ELBV2Response) -> dict[str, str]:
    """The request's matcher: the status codes under HttpCode or GrpcCode."""
    names = ("HttpCode", "GrpcCode")
    flat = {name: response._get_param(f"Matcher.{name}") for name in names}
    return {name: str(code) for name, code in {**flat, **(response._get_param("Matcher") or {})}.items() if code}


def check_target(group: Any, ident: str) -> None:
    """Refuse a target that does not match the group's target type."""
    try:
        ipaddress.ip_address(ident)
    except ValueError:
        if group.target_type == "ip":
            message = f"The IP address '{ident}' is not a valid IPv4 address"
            raise overlay.Refusal("ValidationError", message) from None
    else:
        if group.target_type == "instance":
            raise overlay.Refusal("ValidationError", f"Instance ID '{ident}' is not valid")
