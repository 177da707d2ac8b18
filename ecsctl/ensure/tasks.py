"""The tasks of all processes: what they have in common, and the containers of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ensure.front import ANYWHERE, MADE_BY
from ecsctl.ensure.volumes import ensure_volumes, mounts
from ecsctl.ids import ImageUri, LogGroupName, RoleArn, SecurityGroupId, TaskDefinitionArn
from ecsctl.parts import EXECUTION_ROLE, TASK_DEFINITION, TASK_ROLE, WEB, of_process
from ecsctl.resources.role import Role
from ecsctl.resources.security_group import Rule, SecurityGroup
from ecsctl.resources.support.additions import additions
from ecsctl.resources.support.containers import HealthCheck, Sidecar
from ecsctl.resources.support.rights import Scope
from ecsctl.resources.task_definition import NO_PORT, TaskDefinition, TaskDefinitionIds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.config.tables.health import ContainerCheck
    from ecsctl.config.tables.service import Service as Desired
    from ecsctl.config.tables.sidecars import Sidecar as Configured
    from ecsctl.ensure.volumes import Volumes
    from ecsctl.ensure.vpc import Network
    from ecsctl.names import Names
    from ecsctl.resources.repository import RepositoryIds
    from ecsctl.resources.support.policy_document import Statement


@dataclass(frozen=True)
class Tasks:
    """The common part of the tasks of all processes."""

    groups: frozenset[SecurityGroupId]
    made: SecurityGroupId  # the one of them that ecsctl creates
    volumes: Volumes
    execution: RoleArn
    role: RoleArn  # what the app may do, except for processes with a role of their own
    logs: LogGroupName
    repository: RepositoryIds
    image: ImageUri | None  # None: there is none, and no way to one


def ensure_tasks(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    network: Network,
    logs: LogGroupName,
    repository: RepositoryIds,
    image: ImageUri | None,
    front: SecurityGroupId | None,
) -> Tasks:
    """Their security group, volumes and roles. `front` is the load balancer's group, which sends requests to the
    web.
    """
    port = config.service.port
    group = stack.ensure(
        "tasks-group",
        SecurityGroup(
            name=names.tasks_group,
            vpc=network.vpc,
            description=MADE_BY,
            ingress=frozenset({Rule(port, port, group=front)} if front else ()),
            egress=ANYWHERE,  # they pull images and read secrets
        ),
    ).group_id
    scope = Scope.of(facts.identity, names)
    volumes = ensure_volumes(stack, config, scope, network, group, MADE_BY, facts.key)
    execution = Role(
        name=names.role("execution"),
        assume_role_policy=policies.tasks_trust(scope),
        statements=policies.execution(
            scope,
            tuple(config.task_secrets.values()),
            [one.image for one in config.sidecars.values()],
            facts.keys_of(config.task_secrets.values()),
        ),
        path=names.role_path,
        permissions_boundary=config.permissions_boundary,
        policies=frozenset(),
    )
    return Tasks(
        groups=frozenset({group, *map(SecurityGroupId, config.service.security_groups)}),
        made=group,
        volumes=volumes,
        execution=stack.ensure(EXECUTION_ROLE, execution).arn,
        role=ensure_task_role(stack, config, scope, volumes, config.service),
        logs=logs,
        repository=repository,
        image=image,
    )


def ensure_task_role(
    stack: Stack,
    config: Config,
    scope: Scope,
    volumes: Volumes,
    desired: Desired,
    process: str = WEB,
    more: tuple[Statement, ...] = (),
) -> RoleArn:
    """The app's role: it must not read the secrets that the execution role reads."""
    role = Role(
        name=scope.names.task_role(process),
        assume_role_policy=policies.tasks_trust(scope),
        statements=(*policies.task(scope, desired.exec, desired.permissions), *volumes.statements, *more),
        path=scope.names.role_path,
        permissions_boundary=config.permissions_boundary,
        policies=frozenset(desired.policies),
    )
    return stack.ensure(of_process(TASK_ROLE, process), role).arn


def ensure_definitions(
    stack: Stack, config: Config, facts: Facts, names: Names, tasks: Tasks
) -> dict[str, TaskDefinitionArn]:
    """The task definitions of the processes with a service; the web first."""
    made = {}
    for process, desired in config.processes.items():
        role, configured = tasks.role, config.workers.get(process)
        if configured and configured.has_own_role:
            role = ensure_task_role(stack, config, Scope.of(facts.identity, names), tasks.volumes, desired, process)
        beside = config.sidecars if configured is None or configured.sidecars is None else configured.sidecars
        made[process] = ensure_definition(stack, config, facts, names.on(process), tasks, desired, role, beside).arn
    return made


def ensure_definition(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    tasks: Tasks,
    desired: Desired,
    role: RoleArn,
    sidecars: Collection[str],
    after: tuple[object, ...] = (),
    beside: tuple[Sidecar, ...] = (),
    follows: str | None = None,
) -> TaskDefinitionIds:
    """The task definition of the process that `names` belongs to, with these sidecars, and with the containers
    `beside`.

    A process with a service keeps the image that it runs, since the pipeline owns that. Any other has the image of the
    service that it `follows`, or keeps its own if that is empty.
    """
    definition = TaskDefinition(
        family=names.family,
        container_name=names.container,
        usable=True,
        container_port=desired.port if names.process == WEB else NO_PORT,
        execution_role=tasks.execution,
        task_role=role,
        log_group=tasks.logs,
        cpu=desired.cpu,
        memory=desired.memory,
        cpu_architecture=desired.architecture,
        environment=tuple(desired.environment.items()),
        secrets=tuple(desired.secrets.items()),
        command=tuple(desired.command),
        health_check=_inside(desired.checked.container),
        readonly_root_filesystem=desired.read_only_root,
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
        sidecars=tuple(_sidecar(name, one, config) for name, one in config.sidecars.items() if name in sidecars)
        + beside,
        volumes=tuple(tasks.volumes.volumes),
        mount_points=mounts(config),
        init_process_enabled=desired.exec or desired.init_process,
        stop_timeout=desired.stop_timeout_seconds,
        log_stream_prefix=names.log_prefix,
        log_mode=desired.log_mode,
        log_max_buffer_size=f"{desired.log_buffer_mib}m",
        image=tasks.image if facts.given or facts.broken or facts.moving else None,
        seed=tasks.image,
        placeholder=tasks.repository.latest,
        cluster=names.cluster,
        service=names.service if follows is None else "",
        kept=follows is None,
        follows=follows or "",
    )
    return stack.ensure(of_process(TASK_DEFINITION, names.process), definition, ready=after)


def _limits(nofile: int) -> list[dict[str, object]]:
    return [{"name": "nofile", "softLimit": nofile, "hardLimit": nofile}] if nofile else []


def _waits(depends_on: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"containerName": name, "condition": condition} for name, condition in sorted(depends_on.items())]


def _sidecar(name: str, configured: Configured, config: Config) -> Sidecar:
    return Sidecar(
        name=name,
        image=configured.image,
        essential=configured.essential,
        command=configured.command,
        entry_point=configured.entrypoint,
        ports=(configured.port,) if configured.port else (),
        environment=tuple(configured.environment.items()),
        secrets=tuple(configured.secrets.items()),
        depends_on=tuple(configured.depends_on.items()),
        health_check=_inside(configured.health),
        start_timeout=configured.start_timeout_seconds or 0,
        restart_attempt_period=configured.restart_after_seconds if configured.restart else 0,
        ignored_exit_codes=configured.restart_ignores,
        cpu=configured.cpu,
        memory=configured.memory or 0,
        user=configured.user or "",
        readonly_root_filesystem=configured.read_only_root,
        stop_timeout=configured.stop_timeout_seconds,
        mount_points=mounts(config, name),
    )


def _inside(check: ContainerCheck | None) -> HealthCheck:
    """The check inside the container; without one the load balancer's is enough."""
    if check is None:
        return HealthCheck()
    return HealthCheck(check.words, check.interval_seconds, check.timeout_seconds, check.retries, check.start_seconds)
