"""The app itself: its roles and task definition, the service and its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsctl.config.deployment import CircuitBreaker
from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ensure.alarms import ensure_alarms
from ecsctl.ensure.front import ANYWHERE, MADE_BY, ensure_front
from ecsctl.ensure.volumes import ensure_volumes, mounts
from ecsctl.ids import HostedZoneId, ImageUri, RoleArn, SecurityGroupId, ServiceName
from ecsctl.parts import BALANCING_ROLE, EXECUTION_ROLE, RELEASE, SERVICE, TASK_DEFINITION, TASK_ROLE
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.first_release import FirstRelease
from ecsctl.resources.role import Role
from ecsctl.resources.scaling import Scaling, Scheduled
from ecsctl.resources.security_group import Rule, SecurityGroup
from ecsctl.resources.service import STRATEGY, USUAL, Service
from ecsctl.resources.support.additions import additions
from ecsctl.resources.support.containers import HealthCheck, Sidecar
from ecsctl.resources.support.rights import Scope
from ecsctl.resources.support.strategy import EarlySuccess, Strategy, Threshold
from ecsctl.resources.task_definition import TaskDefinition
from ecsctl.shifting import WAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsctl.account import Facts
    from ecsctl.config import Config
    from ecsctl.config.deployment import Deployment
    from ecsctl.config.deployment import EarlySuccess as Early
    from ecsctl.config.health import ContainerCheck
    from ecsctl.config.sidecars import Sidecar as Said
    from ecsctl.ensure.cluster import ClusterParts
    from ecsctl.ensure.volumes import Volumes
    from ecsctl.ensure.vpc import Network
    from ecsctl.names import Names
    from ecsctl.resources.repository import RepositoryIds


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
    desired = config.service
    front = ensure_front(stack, config, facts, names, network)
    tasks = Rule(desired.port, desired.port, group=front.group)
    group = stack.ensure(
        "tasks-group",
        SecurityGroup(
            name=names.tasks_group,
            vpc=network.vpc,
            description=MADE_BY,
            ingress=frozenset({tasks}),
            lets_out_to=ANYWHERE,  # they fetch images and secrets
        ),
    ).group_id
    scope = Scope.of(facts.identity, names)
    volumes = ensure_volumes(stack, config, scope, network, group, MADE_BY)
    execution, task = _roles(stack, config, scope, volumes)
    definition = TaskDefinition(
        family=names.family,
        container=names.container,
        sound=True,
        port=desired.port,
        execution_role=execution,
        task_role=task,
        log_group=parts.logs,
        cpu=desired.cpu,
        memory=desired.memory,
        architecture=desired.architecture,
        environment=tuple(desired.environment.items()),
        secrets=tuple(desired.secrets.items()),
        command=tuple(desired.command),
        health_check=_inside(desired.checked.container),
        read_only=desired.read_only_root,
        more=additions(
            {
                **config.raw.task_definition,
                **{f"container.{name}": value for name, value in config.raw.container.items()},
                "container.entryPoint": desired.entrypoint,
                "container.user": desired.user,
                "container.workingDirectory": desired.working_directory,
                "container.dependsOn": _waits(desired.depends_on),
                "container.ulimits": _limits(desired.ulimits.nofile if desired.ulimits else 0),
                "ephemeralStorage": {"sizeInGiB": desired.ephemeral_gib} if desired.ephemeral_gib else None,
            }
        ),
        sidecars=tuple(_sidecar(name, one, config) for name, one in config.sidecars.items()),
        volumes=tuple(volumes.volumes),
        mounts=mounts(config),
        init_process=desired.exec,
        stop_timeout=desired.stop_timeout_seconds,
        log_prefix="app",
        log_mode=desired.log_mode,
        log_buffer=f"{desired.log_buffer_mib}m",
        image=image if facts.given or facts.broken or facts.moving else None,
        seed=image,
        placeholder=repository.latest,
        cluster=names.cluster,
        service=names.service,
    )
    revision = stack.ensure(TASK_DEFINITION, definition).arn
    groups = frozenset({group, *map(SecurityGroupId, desired.security_groups)})
    released: tuple[ImageUri, ...] = ()
    if config.release and image is not None:
        command = FirstRelease(
            cluster=parts.cluster,
            task_definition=revision,
            image=image,
            subnets=network.task_subnets,
            security_groups=groups,
            public_ip=network.public_tasks,
            command=config.release.command,
            minutes=config.release.timeout_minutes,
            service=names.service,
            container=names.container,
            past=facts.past_commands,
        )
        released = (stack.ensure(f"{RELEASE}-command", command, after=network.way_out).image,)
    count: int | None = desired.desired_count
    if image is None:
        count = 0
    elif desired.autoscaling:
        count = None
    breaker = config.deployment.circuit_breaker or CircuitBreaker()
    said = config.raw.paths("service")
    service = Service(
        cluster=parts.cluster,
        name=names.service,
        task_definition=revision,
        desired_count=count,
        leaving=desired.deregistration_delay_seconds,
        first_count=desired.autoscaling.min if desired.autoscaling else desired.desired_count,
        least=desired.autoscaling.lowest if desired.autoscaling else None,
        subnets=network.task_subnets,
        security_groups=groups,
        target_group=front.target_group,
        container=names.container,
        port=desired.port,
        listener=front.listener,
        files=tuple(volumes.targets),
        public_ip=network.public_tasks,
        minimum_percent=desired.min_healthy_percent,
        maximum_percent=desired.max_percent,
        circuit_breaker=not config.deployment.shifts,
        rollback=not config.deployment.shifts,
        strategy=_strategy(config.deployment),
        alternate=front.second,
        rule=front.rule,
        balancing=_balancing(stack, config, facts, names) if front.second else None,
        threshold=Threshold(*breaker.threshold),
        reset_on_healthy=breaker.reset_on_healthy_task,
        early_success=_early(config.deployment.early_success),
        alarms=ensure_alarms(stack, config.deployment.alarms, names, front),
        baking=60 * config.deployment.waits,
        settled=True,
        above_minimum=True,
        grace_period=desired.checked.grace_seconds,
        execute_command=desired.exec,
        propagate_tags=said.get("propagateTags", "SERVICE"),
        managed_tags=said.get("enableECSManagedTags", True),
        platform_version=said.get("platformVersion", "LATEST"),
        rebalancing=said.get("availabilityZoneRebalancing", "ENABLED" if desired.max_percent > 100 else "DISABLED"),
        more=additions({path: said.get(path) for path in USUAL} | {STRATEGY: desired.spot and desired.spot.strategy}),
    )
    name = stack.ensure(SERVICE, service, after=network.way_out, ready=(group, front.group, *released)).name
    for known, zone in facts.hosted_zones.items():  # they lead here only once there is someone who answers
        alias = DnsRecord(
            zone=HostedZoneId(zone),
            name=known,
            type="A",
            alias_dns=front.balancer.dns_name,
            alias_zone=front.balancer.zone_id,
            value=None,
            ttl=None,
        )
        stack.ensure(f"dns {known}", alias, after=front.redirects, ready=(name,))
    if desired.autoscaling and image is not None:
        limits = desired.autoscaling
        stack.ensure(
            "scaling",
            Scaling(
                cluster=parts.cluster,
                service=name,
                minimum=limits.min,
                maximum=limits.max,
                cpu_percent=limits.cpu,
                memory_percent=limits.memory_percent or 0,
                requests=limits.requests_per_minute or 0,
                load_balancer=front.balancer.arn if limits.requests_per_minute else None,
                target_group=front.target_group if limits.requests_per_minute else None,
                schedules=frozenset(
                    Scheduled(called, one.at, one.time_zone, one.min, one.max)
                    for called, one in limits.schedules.items()
                ),
            ),
        )
    return name


def _strategy(desired: Deployment) -> Strategy:
    if not desired.shifts:
        return Strategy()
    steps = desired.steps
    way: Any = WAYS[desired.strategy]
    return Strategy(way, desired.bakes, steps.percent if steps else 0.0, steps.minutes if steps else 0)


def _balancing(stack: Stack, config: Config, facts: Facts, names: Names) -> RoleArn:
    """ECS's infrastructure role: by it ECS changes the rule's weights, and the targets of both groups.

    ECS guide, "Amazon ECS infrastructure IAM role for load balancers".
    """
    scope = Scope.of(facts.identity, names)
    role = Role(
        name=names.balancing_role,
        trust=policies.balancing_trust(),
        statements=(),
        boundary=config.permissions_boundary,
        policies=frozenset({scope.balancing_policy}),
    )
    return stack.ensure(BALANCING_ROLE, role).arn


def _early(desired: Early | None) -> EarlySuccess:
    if desired is None:
        return EarlySuccess()
    return EarlySuccess(True, desired.healthy_percent, "DEFERRED" if desired.cleanup == "deferred" else "BLOCKING")


def _limits(nofile: int) -> list[dict[str, object]]:
    return [{"name": "nofile", "softLimit": nofile, "hardLimit": nofile}] if nofile else []


def _waits(depends_on: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"containerName": name, "condition": condition} for name, condition in sorted(depends_on.items())]


def _sidecar(name: str, said: Said, config: Config) -> Sidecar:
    return Sidecar(
        name=name,
        image=said.image,
        essential=said.essential,
        command=said.command,
        entrypoint=said.entrypoint,
        ports=(said.port,) if said.port else (),
        environment=tuple(said.environment.items()),
        secrets=tuple(said.secrets.items()),
        depends_on=tuple(said.depends_on.items()),
        health_check=_inside(said.health),
        start_timeout=said.start_timeout_seconds or 0,
        restart_after=said.restart_after_seconds if said.restart else 0,
        restart_ignores=said.restart_ignores,
        cpu=said.cpu,
        memory=said.memory or 0,
        user=said.user or "",
        read_only=said.read_only_root,
        stop_timeout=said.stop_timeout_seconds,
        mounts=mounts(config, name),
    )


def _inside(check: ContainerCheck | None) -> HealthCheck:
    """The check inside the container; without one the load balancer's is enough."""
    if check is None:
        return HealthCheck()
    return HealthCheck(check.words, check.interval_seconds, check.timeout_seconds, check.retries, check.start_seconds)


def _roles(stack: Stack, config: Config, scope: Scope, volumes: Volumes) -> tuple[RoleArn, RoleArn]:
    """The role that starts the tasks, and the role that the app has: the app must not read what the first one reads."""
    names = scope.names
    boundary = config.permissions_boundary
    secrets = tuple(config.task_secrets.values())
    images = [one.image for one in config.sidecars.values()]
    execution = Role(
        name=names.role("execution"),
        trust=policies.tasks_trust(scope),
        statements=policies.execution(scope, secrets, images),
        boundary=boundary,
        policies=frozenset(),
    )
    task = Role(
        name=names.role("task"),
        trust=policies.tasks_trust(scope),
        statements=(
            *policies.task(scope, config.service.exec, config.service.permissions),
            *volumes.statements,
        ),
        boundary=boundary,
        policies=frozenset(config.service.policies),
    )
    return stack.ensure(EXECUTION_ROLE, execution).arn, stack.ensure(TASK_ROLE, task).arn
