"""The web: the service behind its load balancer, and its DNS records."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecsctl.config.checks import HOOKS
from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ensure.alarms import ensure_alarms
from ecsctl.ensure.kept import ensure_scaling, kept, published_by
from ecsctl.ids import HostedZoneId, ImageUri, RoleArn, ServiceName
from ecsctl.parts import BALANCING_ROLE, RELEASE, SERVICE
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.first_release import FirstRelease
from ecsctl.resources.role import Role
from ecsctl.resources.support.additions import additions
from ecsctl.resources.support.pausing import Pause
from ecsctl.resources.support.rights import Scope
from ecsctl.resources.support.service_additions import MONITORING, STRATEGY, USUAL, monitoring
from ecsctl.resources.support.strategy import Strategy
from ecsctl.shifting import WAYS, stage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.config.tables.deployment import Deployment
    from ecsctl.config.tables.service import Service as Web
    from ecsctl.ensure.cluster import ClusterParts
    from ecsctl.ensure.front import Front
    from ecsctl.ensure.tasks import Tasks
    from ecsctl.ensure.vpc import Network
    from ecsctl.ids import TaskDefinitionArn
    from ecsctl.names import Names


def ensure_release_command(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    network: Network,
    parts: ClusterParts,
    tasks: Tasks,
    revisions: Mapping[str, TaskDefinitionArn],
) -> tuple[ImageUri, ...]:
    """The release command, before any process runs an image that `up` itself brings; empty if there is none."""
    if not config.release or tasks.image is None:
        return ()
    command = FirstRelease(
        cluster=parts.cluster,
        task_definition=revisions[config.default_process],
        image=tasks.image,
        subnets=network.task_subnets,
        security_groups=tasks.groups,
        assign_public_ip=network.public_tasks,
        command=config.release.command,
        minutes=config.release.timeout_minutes,
        container_name=names.container,
        files=tuple(tasks.volumes.targets),
        past=facts.past_commands,
    )
    return (stack.ensure(f"{RELEASE}-command", command, after=network.way_out).image,)


def ensure_service(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    network: Network,
    parts: ClusterParts,
    front: Front,
    tasks: Tasks,
    revision: TaskDefinitionArn,
    released: tuple[ImageUri, ...],
) -> ServiceName:
    """The service behind its load balancer.

    The pipeline owns the image of a running service; everything else is ecsctl.toml's. If there is neither an image nor
    a way to one, the service has no tasks, since a task without an image can only fail.
    """
    desired = config.service
    said = config.raw.paths("service")
    service = replace(
        kept(config, names, network, parts, tasks, desired, revision),
        leaving=desired.deregistration_delay_seconds,
        target_group=front.target_group,
        container_name=names.container,
        container_port=desired.port,
        listener=front.listener,
        circuit_breaker=not config.deployment.shifts_requests,
        rollback=not config.deployment.shifts_requests,
        strategy=_strategy(config.deployment),
        pause=_pause(config),
        alternate_target_group=front.second,
        production_listener_rule=front.rule,
        role=_balancing(stack, config, facts, names) if front.second else None,
        alarms=ensure_alarms(stack, config.deployment.alarms, names, front),
        baking=60 * config.deployment.waits,
        health_check_grace_period_seconds=desired.checked.grace_seconds,
        propagate_tags=said.get("propagateTags", "SERVICE"),
        enable_ecs_managed_tags=said.get("enableECSManagedTags", True),
        platform_version=said.get("platformVersion", "LATEST"),
        availability_zone_rebalancing=said.get(
            "availabilityZoneRebalancing", "ENABLED" if desired.max_percent > 100 else "DISABLED"
        ),
        more=additions(_more(said, desired)),
    )
    name = stack.ensure(SERVICE, service, after=network.way_out, ready=(tasks.made, front.group, *released)).name
    for known, zone in facts.hosted_zones.items():  # they point here only once something answers
        alias = DnsRecord(
            zone=HostedZoneId(zone),
            name=known,
            type="A",
            alias_dns_name=front.balancer.dns_name,
            alias_zone=front.balancer.zone_id,
            resource_record=None,
            ttl=None,
        )
        stack.ensure(f"dns {known}", alias, after=front.redirects, ready=(name,))
    ensure_scaling(stack, parts, name, desired, tasks.image, front)
    return name


def _more(said: Mapping[str, Any], desired: Web) -> dict[str, Any]:
    """The settings from [raw], and other options that are not fields of a service."""
    publishes = monitoring(said[MONITORING]) if MONITORING in said else published_by(desired)
    strategy = desired.spot and desired.spot.strategy
    return {path: said.get(path) for path in USUAL} | {STRATEGY: strategy, MONITORING: publishes}


def _strategy(desired: Deployment) -> Strategy:
    if not desired.shifts_requests:
        return Strategy()
    steps = desired.steps
    way: Any = WAYS[desired.strategy]
    return Strategy(way, desired.bakes, steps.percent if steps else 0.0, steps.minutes if steps else 0)


def _pause(config: Config) -> Pause | None:
    """The hooks at which releases are held. Those in [raw] are left alone."""
    pause = config.deployment.pause
    if pause is None:
        return None if HOOKS in config.raw.paths("service") else Pause()
    at = frozenset(map(stage_of, pause.at))
    return Pause(at, pause.timeout_minutes, "CONTINUE" if pause.on_timeout == "continue" else "ROLLBACK")


def _balancing(stack: Stack, config: Config, facts: Facts, names: Names) -> RoleArn:
    """ECS's infrastructure role: with it ECS changes the rule's weights, and the targets of both groups.

    ECS guide, "Amazon ECS infrastructure IAM role for load balancers".
    """
    scope = Scope.of(facts.identity, names)
    role = Role(
        name=names.balancing_role,
        assume_role_policy=policies.balancing_trust(),
        statements=(),
        path=names.role_path,
        permissions_boundary=config.permissions_boundary,
        policies=frozenset({scope.balancing_policy}),
    )
    return stack.ensure(BALANCING_ROLE, role).arn
