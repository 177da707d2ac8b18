"""The app itself: its roles and task definition, the load balancer with its certificate and name, the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ids import (
    HostedZoneId,
    ImageUri,
    IssuedCertificateArn,
    ListenerArn,
    RoleArn,
    SecurityGroupId,
    ServiceName,
    TargetGroupArn,
)
from ecsctl.parts import EXECUTION_ROLE, HTTPS, LOAD_BALANCER, SERVICE, TASK_DEFINITION
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.issued_certificate import BorrowedCertificate, IssuedCertificate
from ecsctl.resources.listener import Listener
from ecsctl.resources.load_balancer import LoadBalancer, LoadBalancerIds
from ecsctl.resources.role import Role
from ecsctl.resources.scaling import Scaling
from ecsctl.resources.security_group import Rule, SecurityGroup
from ecsctl.resources.service import Service
from ecsctl.resources.target_group import TargetGroup
from ecsctl.resources.task_definition import TaskDefinition

if TYPE_CHECKING:
    from ecsctl.account import Facts
    from ecsctl.config import Config
    from ecsctl.ensure.cluster import ClusterParts
    from ecsctl.ensure.vpc import Network
    from ecsctl.names import Names
    from ecsctl.resources.repository import RepositoryIds

WORLD = "0.0.0.0/0"


@dataclass(frozen=True)
class Front:
    """What the world reaches: the load balancer's parts that the service needs."""

    group: SecurityGroupId
    balancer: LoadBalancerIds
    target_group: TargetGroupArn
    listener: ListenerArn


def ensure_service(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    network: Network,
    parts: ClusterParts,
    repository: RepositoryIds,
    image: ImageUri | None,
) -> ServiceName:
    """The service behind its load balancer.

    The pipeline owns the image of a service that runs; everything else is ecsctl.toml's. Where there is neither an
    image nor a way to one the service stands at no tasks, for a task without an image can only fail.
    """
    wish = config.service
    front = _front(stack, config, facts, names, network)
    tasks = Rule(wish.port, wish.port, group=front.group)
    group = stack.ensure("tasks-group", SecurityGroup(names.tasks_group, network.vpc, frozenset({tasks}))).group_id
    execution, task = _roles(stack, config, facts, names)
    definition = TaskDefinition(
        family=names.family,
        container=names.container,
        port=wish.port,
        execution_role=execution,
        task_role=task,
        log_group=parts.logs,
        cpu=wish.cpu,
        memory=wish.memory,
        architecture=wish.architecture,
        environment=tuple(wish.environment.items()),
        secrets=tuple(wish.secrets.items()),
        command=tuple(wish.command),
        init_process=wish.exec,
        stop_timeout=wish.stop_timeout_seconds,
        log_mode=wish.log_mode,
        log_buffer=f"{wish.log_buffer_mib}m",
        image=image if facts.given or facts.broken or facts.moving else None,
        seed=image,
        placeholder=repository.latest,
        cluster=names.cluster,
        service=names.service,
    )
    revision = stack.ensure(TASK_DEFINITION, definition).arn
    count: int | None = wish.desired_count
    if image is None:
        count = 0
    elif wish.autoscaling:
        count = None
    service = Service(
        cluster=parts.cluster,
        name=names.service,
        task_definition=revision,
        desired_count=count,
        leaving=wish.deregistration_delay_seconds,
        first_count=wish.autoscaling.min if wish.autoscaling else wish.desired_count,
        subnets=network.task_subnets,
        security_groups=frozenset({group}),
        target_group=front.target_group,
        container=names.container,
        port=wish.port,
        listener=front.listener,
        public_ip=network.public_tasks,
        minimum_percent=wish.min_healthy_percent,
        maximum_percent=wish.max_percent,
        grace_period=wish.health_check_grace_seconds,
        execute_command=wish.exec,
        rebalancing="ENABLED" if wish.max_percent > 100 else "DISABLED",
    )
    name = stack.ensure(SERVICE, service, after=network.way_out).name
    if config.domain and config.domain.name:  # it leads here only once there is somebody who answers
        alias = DnsRecord(HostedZoneId(facts.hosted_zone), config.domain.name, "A",
                          alias_dns=front.balancer.dns_name, alias_zone=front.balancer.zone_id)  # fmt: skip
        stack.ensure(f"dns {config.domain.name}", alias, after=(name,))
    if wish.autoscaling and image is not None:
        limits = wish.autoscaling
        stack.ensure("scaling", Scaling(parts.cluster, name, limits.min, limits.max, limits.cpu_percent))
    return name


def _roles(stack: Stack, config: Config, facts: Facts, names: Names) -> tuple[RoleArn, RoleArn]:
    """The role that starts the tasks, and the role that the app has: the app must not read what the first one reads."""
    scope = policies.Scope.of(facts.identity, names)
    boundary = config.permissions_boundary
    secrets = tuple(config.service.secrets.values())
    execution = Role(names.role("execution"), policies.tasks_trust(scope), policies.execution(scope, secrets), boundary)
    task = Role(names.role("task"), policies.tasks_trust(scope), policies.task(config.service.exec), boundary)
    return stack.ensure(EXECUTION_ROLE, execution).arn, stack.ensure("task-role", task).arn


def _front(stack: Stack, config: Config, facts: Facts, names: Names, network: Network) -> Front:
    """The load balancer: HTTPS, with HTTP sent there for good; or HTTP alone where there is no certificate."""
    secure = config.domain is not None
    ports = (80, 443) if secure else (80,)
    open_to_all = frozenset(Rule(port, port, cidr=WORLD) for port in ports)
    group = stack.ensure("balancer-group", SecurityGroup(names.balancer_group, network.vpc, open_to_all)).group_id
    balancer = stack.ensure(
        LOAD_BALANCER,
        LoadBalancer(
            name=names.balancer,
            vpc=network.vpc,
            subnets=network.balancer_subnets,
            security_groups=frozenset({group}),
            idle_timeout=config.load_balancer.idle_timeout_seconds,
            http2=config.load_balancer.http2,
            internet_gateway=network.internet_gateway,
        ),
        after=(network.public_routes,),
    )
    targets = TargetGroup(
        name=names.balancer,
        vpc=network.vpc,
        path=config.service.health_path,
        by_default=not config.service.given("health_path"),
        deregistration_delay=config.service.deregistration_delay_seconds,
    )
    target_group = stack.ensure("target-group", targets).arn
    if not config.domain:
        http = Listener(balancer.arn, 80, "HTTP", forward=target_group)
        return Front(group, balancer, target_group, stack.ensure("http", http).arn)
    certificate = _certificate(stack, config, facts)
    https = Listener(balancer.arn, 443, "HTTPS", forward=target_group, certificate=certificate,
                     ssl_policy=facts.tls_policy, looked_up=True)  # fmt: skip
    listener = stack.ensure(HTTPS, https).arn
    stack.ensure("http", Listener(balancer.arn, 80, "HTTP", redirect=True))
    return Front(group, balancer, target_group, listener)


def _certificate(stack: Stack, config: Config, facts: Facts) -> IssuedCertificateArn:
    """The certificate that ecsctl.toml names, or one for the domain, validated through DNS.

    Its name in the stack bears the domain: with another domain the new one is made before the old one goes.
    """
    assert config.domain is not None  # noqa: S101 - asked before
    if config.domain.certificate_arn:
        return stack.ensure(
            "certificate", BorrowedCertificate(config.domain.certificate_arn, config.domain.name or "")
        ).arn
    domain = config.domain.name or ""
    wanted = stack.ensure(f"certificate {domain}", Certificate(domain))
    record = DnsRecord(
        HostedZoneId(facts.hosted_zone), wanted.record_name, "CNAME", value=wanted.record_value, shared=True
    )
    proof = stack.ensure(f"validation {domain}", record)
    return stack.ensure("issued-certificate", IssuedCertificate(wanted.arn, record=proof.name)).arn
