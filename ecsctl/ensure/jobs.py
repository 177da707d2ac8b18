"""The jobs: task definitions without a service, schedules that run them, and the project that gives them a release's
image.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecsctl.buildspec import registering
from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ensure.release import ensure_step
from ecsctl.ensure.tasks import ensure_definition, ensure_task_role
from ecsctl.parts import GUARD, JOBS, SCHEDULER_ROLE, SCHEDULES, TIMER
from ecsctl.resources.role import Role
from ecsctl.resources.schedule import Schedule
from ecsctl.resources.schedule_group import ScheduleGroup
from ecsctl.resources.support.containers import HealthCheck, Sidecar
from ecsctl.resources.support.job_runs import REFUSED, group_of
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.config.tables.jobs import Job
    from ecsctl.ensure.cluster import ClusterParts
    from ecsctl.ensure.tasks import Tasks
    from ecsctl.ensure.vpc import Network
    from ecsctl.ids import ProjectName, RoleArn, ServiceName
    from ecsctl.names import Names

SLEEPS = "public.ecr.aws/docker/library/busybox:1.37"  # 2 MB, for every processor
ASKS = "public.ecr.aws/aws-cli/aws-cli:latest"
LATE = 3600  # seconds that a start may be delayed, after ECS has refused it
MINUTES = 10  # of the project in the pipeline; it usually takes one

FIRST = f"""\
me=$(aws sts get-caller-identity --query Arn --output text) &&
all=$(aws ecs list-tasks --cluster "$CLUSTER" --family "$FAMILY" --query taskArns --output text) &&
first=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks $all --output text \
  --query "sort_by(tasks, &join('/', [createdAt, taskArn]))[0].taskArn") || exit 1
[ "${{first##*/}}" = "${{me##*/}}" ] && exit 0
echo "another run is not over: task ${{first##*/}}"
exit {REFUSED}
"""
"""Ends with 0 in the oldest task of the family alone. The session name of a task's role is the task's id."""


def ensure_jobs(
    stack: Stack,
    config: Config,
    facts: Facts,
    names: Names,
    network: Network,
    parts: ClusterParts,
    tasks: Tasks,
    services: Mapping[str, ServiceName],
) -> tuple[str, ...]:
    """Each job's definition and schedule: the families. Without an image, or a way to one, nothing is scheduled."""
    if not config.jobs:
        return ()
    scope = Scope.of(facts.identity, names)
    own = [name for name, one in config.jobs.items() if has_own_role(one)]
    role = stack.ensure(
        SCHEDULER_ROLE,
        Role(
            name=names.scheduler_role,
            assume_role_policy=policies.scheduler_trust(scope),
            statements=policies.scheduler(scope, config.jobs, own, web=len(own) < len(config.jobs)),
            path=names.role_path,
            permissions_boundary=config.permissions_boundary,
            policies=frozenset(),
        ),
    )
    group = stack.ensure(SCHEDULES, ScheduleGroup(name=names.schedule_group, role=role.name))
    families = []
    for name, job in config.jobs.items():
        desired = job.over(config.service)
        if job.overlap == "refuse":
            desired = desired.model_copy(update={"depends_on": {**desired.depends_on, GUARD: "SUCCESS"}})
        family = ensure_definition(
            stack,
            config,
            facts,
            names.on(name),
            tasks,
            desired,
            _role(stack, config, scope, tasks, name, job),
            config.sidecars if job.sidecars is None else job.sidecars,
            after=(services[config.default_process],) if config.default_process else (),
            beside=tuple(_beside(names.on(name), job)),
            follows=names.on(config.default_process).service if config.default_process else "",
        ).family
        families.append(family)
        if tasks.image is None:
            continue
        schedule = Schedule(
            group=group.name,
            name=name,
            expression=job.schedule,
            timezone=job.time_zone,
            enabled=None if job.paused is None else not job.paused,
            flexible_time_window=0,
            role=role.arn,
            cluster=parts.cluster,
            family=family,
            launch_type="FARGATE",  # never on Spot: a run is not started again when AWS reclaims its capacity
            subnets=network.task_subnets,
            security_groups=tasks.groups,
            assign_public_ip=network.public_tasks,
            task_group=group_of(name),
            enable_execute_command=desired.exec,
            enable_ecs_managed_tags=True,
            maximum_retry_attempts=job.start_retries,
            maximum_event_age_in_seconds=LATE,
            overrides="",
        )
        stack.ensure(f"schedule {name}", schedule, after=network.way_out)
    return tuple(families)


def has_own_role(job: Job) -> bool:
    """Whether its tasks have a role of their own: with other permissions than the web, or to check for another run."""
    return job.has_own_role or job.overlap == "refuse"


def _role(stack: Stack, config: Config, scope: Scope, tasks: Tasks, name: str, job: Job) -> RoleArn:
    if not has_own_role(job):
        return tasks.role
    more = policies.reads_tasks(scope) if job.overlap == "refuse" else ()
    return ensure_task_role(stack, config, scope, tasks.volumes, job.over(config.service), name, more)


def _beside(names: Names, job: Job) -> list[Sidecar]:
    """The container that ends a run after its time, and the one that checks whether another run is in progress.

    Neither ECS nor Scheduler limits how long a task runs, and the user's image may have neither `timeout` nor a shell.
    The first is essential: when its sleep is over, it ends with 0, and ECS stops the task. The job's own container
    waits for the second, and starts only if that ends with 0.
    """
    found = []
    if job.timeout_minutes is not None:
        sleeps = ("sleep", str(60 * job.timeout_minutes))
        begun = ((names.container, "START"),)
        found.append(_helper(TIMER, SLEEPS, essential=True, command=sleeps, depends_on=begun))
    if job.overlap == "refuse":
        about = (("CLUSTER", names.cluster), ("FAMILY", names.family))
        shell = ("/bin/sh", "-c")
        found.append(_helper(GUARD, ASKS, command=(FIRST,), entrypoint=shell, environment=about))
    return found


def _helper(
    name: str,
    image: str,
    *,
    command: tuple[str, ...],
    essential: bool = False,
    entrypoint: tuple[str, ...] = (),
    environment: tuple[tuple[str, str], ...] = (),
    depends_on: tuple[tuple[str, str], ...] = (),
) -> Sidecar:
    return Sidecar(
        name=name,
        image=image,
        essential=essential,
        command=command,
        entry_point=entrypoint,
        ports=(),
        environment=environment,
        secrets=(),
        depends_on=depends_on,
        health_check=HealthCheck(),
        start_timeout=0,
        restart_attempt_period=0,
        ignored_exit_codes=(),
        cpu=0,
        memory=0,
        user="",
        readonly_root_filesystem=False,
        stop_timeout=2,  # a process that sleeps as PID 1 of its container ignores SIGTERM
    )


def ensure_registering(stack: Stack, config: Config, facts: Facts, names: Names) -> ProjectName:
    """The project that gives the jobs the image which the pipeline has just deployed."""
    scope = Scope.of(facts.identity, names)
    own = [name for name, one in config.jobs.items() if has_own_role(one)]
    return ensure_step(
        stack,
        config,
        facts,
        names,
        JOBS,
        names.jobs_project,
        allowed=policies.registering(scope, config.jobs, own, web=len(own) < len(config.jobs))
        + policies.artifact_key(facts.key, reads=True),
        buildspec=registering(),
        variables={
            "CONTAINER_NAME": names.container,
            "JOB_FAMILIES": json.dumps([names.on(name).family for name in sorted(config.jobs)]),
        },
        minutes=MINUTES,
    )
