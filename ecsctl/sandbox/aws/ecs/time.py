"""Time in ECS: handles everything that has become due since the last request, in order."""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends

from ecsctl.sandbox.aws.ecs import engine_tasks, rollout, task_lifecycle
from ecsctl.sandbox.aws.ecs.outside import Signal, World
from ecsctl.sandbox.aws.ecs.service_events import say, say_targets
from ecsctl.sandbox.aws.ecs.state import Deployment, Service, Task, TaskOwner, memory, services
from ecsctl.sandbox.aws.ecs.world import Region
from ecsctl.sandbox.aws.elbv2 import fronts
from ecsctl.sandbox.core import clock, overlay, requests

_FORGOTTEN_AFTER = 3600.0  # after DELETE_IN_PROGRESS, if nothing refers to it; AWS gives no number

REMEMBERED = 3600.0  # ECS guide, "Stopped tasks": they are shown for at least an hour


def advance(owner: TaskOwner, world: World, now: float) -> None:
    """Advance a service (or tasks without one) to `now`, in seconds since the epoch.

    The result depends only on the owner, on `world` and on `now`: an additional call at an earlier time makes no
    difference. `world` is never asked about a time after `now`.
    """
    while (due := next_due(owner)) is not None and due <= now:
        _step(owner, world, due)
    owner.stopped = [task for task in owner.stopped if now < task.moments["stopped"] + REMEMBERED]


def next_due(owner: TaskOwner) -> float | None:
    """The time of the owner's next event; None if there is none."""
    times = [when for task in owner.tasks for when in task.agenda.values()]
    if isinstance(owner, Service):
        times += owner.agenda.values()
    return min(times, default=None)


def _step(owner: TaskOwner, world: World, t: float) -> None:
    all_signals: list[Signal] = []
    for task in list(owner.tasks):
        for kind in [kind for kind, when in task.agenda.items() if when <= t]:
            if kind in task.agenda:  # an earlier step may have changed the plan
                signals = task_lifecycle.step(task, kind, t, world)
                all_signals += signals
                for signal, text in signals:
                    _record(owner, world, task, t, signal, text)
    owner.stopped += [task for task in owner.tasks if task.over]
    owner.tasks = [task for task in owner.tasks if not task.over]
    if isinstance(owner, Service):
        if owner.status != "INACTIVE":
            say_targets(owner, t, all_signals)
        _remind(owner, world, t)
        rollout.schedule(owner, world, t, launch)


def _record(owner: TaskOwner, world: World, task: Task, t: float, signal: str, text: str) -> None:
    if not isinstance(owner, Service) or owner.status == "INACTIVE":
        return
    if signal == "say":
        say(owner, t, text, repeat=not text.startswith("was unable to place"))
    elif signal == "failed":
        throttle = rollout.THROTTLE if text == "start" else None
        rollout.failed(owner, world, t, throttle, task.started_by)
    elif signal == "running":
        owner.start_failures, owner.launch_after = 0, 0.0
        for deployment in owner.deployments:
            if deployment.id == task.started_by:  # ECS guide, "Container image resolution": once for a deployment
                deployment.digests = {**task.digests, **deployment.digests}
    elif signal == "healthy":
        rollout.succeeded(owner, task.started_by)


def _remind(service: Service, world: World, t: float) -> None:
    """Handle the agenda of the service itself. `launch`, `inactive` and `baked` only wake the scheduler."""
    for kind in [kind for kind, when in service.agenda.items() if when <= t]:
        del service.agenda[kind]
        if kind == "report" and service.steady:
            say(service, t, "has reached a steady state.")
            service.agenda["report"] = t + rollout.REPORT
        elif kind == "alarms":
            rollout.alarmed(service, world, t)
        elif kind == "stop":
            rollout.stop_now(service, world, t)
        elif kind == "shift":
            rollout.shifted(service, world, t)


def launch(service: Service, deployment: Deployment, t: float) -> Task:
    """Start a new task of a deployment at `t`, in seconds of sandbox time."""
    service.launched += 1
    ident = hashlib.sha256(f"{service.arn} {service.created} {service.launched}".encode()).hexdigest()[:32]
    task = Task(
        arn=f"{service.arn.rsplit(':', 1)[0]}:task/{service.cluster_name}/{ident}",
        definition=deployment.definition,
        group=f"service:{service.name}",
        started_by=deployment.id,
        terms={**deployment.terms, **{name: service.settings.get(name) for name in _AT_LAUNCH}, **_group(deployment)},
        created=t,
        tags=_tags(service, deployment),
        agenda={"provisioned": t + task_lifecycle.PROVISIONING},
        attachment=_uuid(ident),
        resolved=dict(deployment.digests),
    )
    service.tasks.append(task)
    return task


# API reference, UpdateService: these apply to new tasks only, without a new deployment.
_AT_LAUNCH = ("healthCheckGracePeriodSeconds", "enableExecuteCommand", "enableECSManagedTags", "propagateTags")


def _group(deployment: Deployment) -> dict[str, Any]:
    """The one of two target groups that the deployment's tasks belong in."""
    if not deployment.group:
        return {}
    return {"loadBalancers": [{**one, "targetGroupArn": deployment.group} for one in deployment.terms["loadBalancers"]]}


def _tags(service: Service, deployment: Deployment) -> list[dict[str, str]]:
    """A task's tags: propagated from the service or the definition, and ECS's own if enabled (ECS guide, "Tagging your
    resources")."""
    source = service.settings.get("propagateTags")
    tags = {"SERVICE": service.tags, "TASK_DEFINITION": deployment.definition.tags}.get(source or "", [])
    if service.settings.get("enableECSManagedTags"):
        managed = {"aws:ecs:clusterName": service.cluster_name, "aws:ecs:serviceName": service.name}
        tags = [*tags, *({"key": key, "value": value} for key, value in managed.items())]
    return [dict(tag) for tag in tags]


def _uuid(ident: str) -> str:
    return "-".join((ident[:8], ident[8:12], ident[12:16], ident[16:20], ident[20:]))


_MINUTE = 60.0
_minutely: list[Callable[[EC2ContainerServiceBackend, float | None], bool]] = []


@dataclass
class _Watched:
    """The time up to which an account and region's full minutes have been handled."""

    until: float = math.inf


def each_minute(
    function: Callable[[EC2ContainerServiceBackend, float | None], bool],
) -> Callable[[EC2ContainerServiceBackend, float | None], bool]:
    """Call `function` at each full minute of sandbox time. With None it only returns whether it needs those calls."""
    _minutely.append(function)
    return function


def _minutes(backend: EC2ContainerServiceBackend, now: float) -> Iterator[float]:
    """The full minutes since the last request, if any function needs them."""
    watched = overlay.memory(backend, _Watched)
    before, watched.until = watched.until, now
    if before < now and any(function(backend, None) for function in _minutely):
        first = math.floor(before / _MINUTE) + 1
        yield from (number * _MINUTE for number in range(first, math.floor(now / _MINUTE) + 1))


def tick(backend: EC2ContainerServiceBackend) -> None:
    """Advance all services and tasks of an account and region to the clock."""
    now, here = clock.now(), Region(backend)
    owners: list[TaskOwner] = [*services(backend), *memory(backend).standalone.values()]
    for minute in _minutes(backend, now):
        for owner in owners:
            advance(owner, here, minute)
        for function in _minutely:
            function(backend, minute)
    for owner in owners:
        advance(owner, here, now)
    known: Any = {}
    for owner in owners:
        for task in owner.known:
            known.setdefault(owner.cluster_arn.rsplit("/", 1)[-1], {})[task.arn] = task
    backend.tasks = known  # where moto looks for taggable tasks


@requests.before_each
def tick_all() -> None:
    """Advance all of ECS to the clock before each request: other services show its interfaces, targets and logs."""
    for account in list(ecs_backends.values()):
        for backend in list(account.values()):
            tick(backend)
    engine_tasks.sweep()
    fronts.show()


def forget_definitions(backend: EC2ContainerServiceBackend) -> None:
    """Remove deleted revisions that no service and no task refers to (API reference, DeleteTaskDefinitions)."""
    inactive = [d for known in backend.task_definitions.values() for d in known.values() if d.status != "ACTIVE"]
    if not inactive:
        return
    used = {task.definition.arn for service in services(backend) for task in service.known}
    used |= {task.definition.arn for owner in memory(backend).standalone.values() for task in owner.known}
    used |= {d.definition.arn for s in services(backend) if s.status != "INACTIVE" for d in s.deployments}
    for definition in inactive:
        gone: Any = definition
        if gone.deleted_at is not None and clock.now() >= gone.deleted_at + _FORGOTTEN_AFTER and gone.arn not in used:
            del backend.task_definitions[gone.family][gone.revision]
            if not backend.task_definitions[gone.family]:
                del backend.task_definitions[gone.family]
