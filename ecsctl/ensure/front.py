"""The resources that the internet reaches: the load balancer, its listeners and target group, the certificate."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecsctl import parts
from ecsctl.engine.stack import Stack
from ecsctl.ids import (
    HostedZoneId,
    IssuedCertificateArn,
    ListenerArn,
    ListenerRuleArn,
    SecurityGroupId,
    TargetGroupArn,
    ValidationName,
)
from ecsctl.parts import ACCESS_LOGS, HTTPS, LOAD_BALANCER
from ecsctl.resources.bucket import BucketIds, LogBucket
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.dns_record import DnsRecord, DnsRecordIds
from ecsctl.resources.issued_certificate import BorrowedCertificate, IssuedCertificate
from ecsctl.resources.listener import NOBODY, Listener
from ecsctl.resources.listener_rule import MOST, ListenerRule
from ecsctl.resources.load_balancer import LoadBalancer, LoadBalancerIds
from ecsctl.resources.security_group import Rule, SecurityGroup
from ecsctl.resources.shifting_rule import EVERYTHING, ShiftingRule
from ecsctl.resources.support.additions import Additions, additions
from ecsctl.resources.target_group import TargetGroup
from ecsctl.resources.validation_record import ValidationRecord

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.config.tables.network import AccessLogs, Domain
    from ecsctl.ensure.vpc import Network
    from ecsctl.names import Names

DROPS = "routing.http.drop_invalid_header_fields.enabled"
WORLD = "0.0.0.0/0"
LAST = 1000  # a priority after all our others: redirects are numbered from 1
ANYWHERE = frozenset({WORLD})
MADE_BY = "Made by ecsctl"  # constant, because the description of a security group cannot be changed


@dataclass(frozen=True)
class Front:
    """The parts of the load balancer that the service needs."""

    group: SecurityGroupId
    balancer: LoadBalancerIds
    target_group: TargetGroupArn
    listener: ListenerArn
    redirects: tuple[ListenerRuleArn, ...] = ()
    second: TargetGroupArn | None = None  # if requests are shifted
    rule: ListenerRuleArn | None = None  # with which they are shifted


def ensure_front(stack: Stack, config: Config, facts: Facts, names: Names, network: Network) -> Front:
    """The load balancer: HTTPS, with HTTP redirected to it permanently; or only HTTP if there is no certificate."""
    secure = config.domain is not None
    ports = (80, 443) if secure else (80,)
    ingress = frozenset(_rule(port, source) for port in ports for source in config.load_balancer.allow)
    group = stack.ensure(
        "balancer-group",
        SecurityGroup(
            name=names.balancer_group,
            vpc=network.vpc,
            description=MADE_BY,
            ingress=ingress,
            egress=ANYWHERE,  # it sends requests to the tasks
        ),
    ).group_id
    further = config.raw.paths("load_balancer_attributes")
    logs, kept = _access_logs(stack, config.load_balancer.access_logs, names)
    balancer = stack.ensure(
        LOAD_BALANCER,
        LoadBalancer(
            name=names.balancer,
            vpc=network.vpc,
            subnets=network.balancer_subnets,
            security_groups=frozenset({group}),
            scheme="internal" if config.load_balancer.internal else "internet-facing",
            idle_timeout=config.load_balancer.idle_timeout_seconds,
            http2=config.load_balancer.http2,
            drop_invalid_header_fields=further.pop(DROPS, "true") == "true",
            deletion_protection=config.load_balancer.deletion_protection,
            internet_gateway=network.internet_gateway,
            web_acl=config.load_balancer.waf or "",
            more=additions(further | logs),
        ),
        after=kept,
    )
    health = config.service.checked
    version = config.service.version
    targets = TargetGroup(
        name=names.target_group(version),
        vpc=network.vpc,
        target_type="ip",  # as Fargate needs it
        protocol="HTTP",
        protocol_version=version,
        port=80,  # nominal
        health_check_path=health.path,
        by_default=config.service.has_default_path,
        matcher=health.codes,
        health_check_interval_seconds=health.interval_seconds,
        health_check_timeout_seconds=health.timeout_seconds,
        healthy_threshold_count=health.healthy_count,
        unhealthy_threshold_count=health.unhealthy_count,
        deregistration_delay=config.service.deregistration_delay_seconds,
        slow_start=config.load_balancer.slow_start_seconds,
        stickiness=config.load_balancer.sticky_seconds is not None,
        lb_cookie_duration_seconds=config.load_balancer.sticky_seconds,
        more=additions(config.raw.paths("target_group") | config.raw.paths("target_group_attributes")),
    )
    target_group = stack.ensure(parts.target_group(version), targets).arn
    second = None
    if config.deployment.shifts_requests or facts.shifted:
        second = stack.ensure("second-target-group", replace(targets, name=names.second_targets)).arn
    if not config.domain:
        http = replace(_http(balancer, target_group), more=_listener(config))
        listener = stack.ensure("http", http).arn
        rule = _shifting(stack, "http", listener, target_group, second)
        return Front(group, balancer, target_group, listener, (), second, rule)
    https = Listener(
        load_balancer=balancer.arn,
        port=443,
        protocol="HTTPS",
        forward=target_group,
        beside=NOBODY,
        redirect=False,
        certificate=_certificate(stack, config, facts),
        ssl_policy=config.raw.listener.get("SslPolicy", facts.tls_policy),
        looked_up="SslPolicy" not in config.raw.listener,
        more=_listener(config),
        at_once=bool(facts.certified) and facts.certified <= {*config.domain.all_names},
    )
    listener = stack.ensure(HTTPS, https).arn
    stack.ensure("http", _http(balancer, None))
    redirects = _redirects(stack, config.domain, listener)
    rule = _shifting(stack, HTTPS, listener, target_group, second)
    return Front(group, balancer, target_group, listener, redirects, second, rule)


def _shifting(
    stack: Stack, port: str, listener: ListenerArn, first: TargetGroupArn, second: TargetGroupArn | None
) -> ListenerRuleArn | None:
    """The rule through which ECS shifts requests, after those that redirect. Its name contains its listener's.

    So with another listener the new rule exists before the old one is deleted.
    """
    if second is None:
        return None
    rule = ShiftingRule(
        listener=listener, priority=LAST, path=EVERYTHING, target_groups=frozenset({first, second}), first=first
    )
    return stack.ensure(f"{port}-shifting", rule).arn


def _access_logs(
    stack: Stack, desired: AccessLogs | None, names: Names
) -> tuple[dict[str, str], tuple[BucketIds, ...]]:
    """The attributes that turn access logs on, and the bucket that must exist first, if ecsctl creates it."""
    if desired is None:
        return {}, ()
    said = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": desired.bucket or names.log_bucket}
    if desired.bucket:
        return said | {"access_logs.s3.prefix": desired.prefix}, ()
    bucket = LogBucket(
        name=names.log_bucket,
        public_access_block=True,
        encryption="AES256",  # the only encryption that ELB writes with (ALB guide, "Enable access logs")
        tls_only=True,
        expiration_days=desired.days,
        abort_incomplete_multipart_upload_days=7,
        delivery=True,
    )
    return said, (stack.ensure(ACCESS_LOGS, bucket),)


def _redirects(stack: Stack, domain: Domain, listener: ListenerArn) -> tuple[ListenerRuleArn, ...]:
    """The rules that redirect clients of redirect-only names to the app's own: as many as their hosts fill."""
    hosts = sorted(domain.redirect)
    made = []
    for number, start in enumerate(range(0, len(hosts), MOST), 1):
        some = frozenset(hosts[start : start + MOST])
        rule = ListenerRule(listener=listener, priority=number, host_header=some, redirect_host=domain.name or "")
        made.append(stack.ensure(f"redirect-{number}", rule).arn)
    return tuple(made)


def _rule(port: int, source: str) -> Rule:
    """The rule of the security group for one entry of `allow`."""
    if source.startswith("sg-"):
        return Rule(port, port, group=SecurityGroupId(source))
    return Rule(port, port, cidr=source)


def _http(balancer: LoadBalancerIds, forward: TargetGroupArn | None) -> Listener:
    """The listener on port 80: it forwards to the target group, or without one redirects to HTTPS."""
    return Listener(
        load_balancer=balancer.arn,
        port=80,
        protocol="HTTP",
        forward=forward,
        beside=NOBODY,
        redirect=forward is None,
        certificate=None,
        ssl_policy=None,
        more=(),
    )


def _listener(config: Config) -> Additions:
    """The settings from [raw] for the listener that forwards to the app."""
    said = config.raw.paths("listener") | config.raw.paths("listener_attributes")
    return additions({path: value for path, value in said.items() if path != "SslPolicy"})


def _certificate(stack: Stack, config: Config, facts: Facts) -> IssuedCertificateArn:
    """The certificate that ecsctl.toml names, or one for all names of the app, validated through DNS.

    Its name in the stack contains these names: if they change, the new one is created before the old one is deleted.
    """
    assert config.domain is not None  # noqa: S101 - asked before
    domain, further = config.domain.name or "", config.domain.all_names[1:]
    if config.domain.certificate_arn:
        borrowed = BorrowedCertificate(
            arn=config.domain.certificate_arn, domain=domain, subject_alternative_names=further
        )
        return stack.ensure("certificate", borrowed).arn
    wanted = stack.ensure(
        _certificates_name(domain, further), Certificate(domain=domain, subject_alternative_names=frozenset(further))
    )
    proof = _validated(stack, facts, domain, wanted.record_name, wanted.record_value)
    elsewhere = frozenset(one.removeprefix("*.") for one in config.domain.elsewhere)
    # A name and its wildcard share one record (ACM User Guide, "DNS validation").
    others = [name for name in dict.fromkeys(one.removeprefix("*.") for one in further) if name != domain]
    proofs = []
    for name in others:
        asked = stack.ensure(f"proof {name}", ValidationRecord(certificate=wanted.arn, domain=name))
        proofs.append(_validated(stack, facts, name, asked.name, asked.value))
    issued = IssuedCertificate(certificate=wanted.arn, record=proof.name if proof else None, elsewhere=elsewhere)
    return stack.ensure("issued-certificate", issued, after=tuple(filter(None, proofs))).arn


def _certificates_name(domain: str, further: Collection[str]) -> str:
    """The certificate's name in the stack: made of its names, in the characters and the length that a tag allows."""
    digest = hashlib.sha256(" ".join(sorted(further)).encode()).hexdigest()[:8]
    return f"certificate {domain} +{len(further)} {digest}" if further else f"certificate {domain}"


def _validated(stack: Stack, facts: Facts, domain: str, name: ValidationName, value: str) -> DnsRecordIds | None:
    """The record that proves to ACM that a name, or its wildcard, is ours; None if only a person can create it."""
    zone = facts.hosted_zones.get(domain) or facts.hosted_zones.get(f"*.{domain}")
    if not zone:
        return None
    record = DnsRecord(
        zone=HostedZoneId(zone),
        name=name,
        type="CNAME",
        resource_record=value,
        ttl=None,
        alias_dns_name=None,
        alias_zone=None,
        shared=True,
    )
    return stack.ensure(f"validation {domain}", record)
