"""ECS tasks: listed, described and stopped."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import Cluster, EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws.ecs import clusters, definitions, task_stopping, views
from ecsctl.sandbox.aws.ecs import services as ecs_services
from ecsctl.sandbox.aws.ecs.service_events import say_targets
from ecsctl.sandbox.aws.ecs.state import (
    Service,
    Task,
    TaskOwner,
    Wire,
    arn_of,
    invalid,
    memory,
    refusal,
    services,
)
from ecsctl.sandbox.aws.ecs.world import Region
from ecsctl.sandbox.core import clock, overlay


def _owners(backend: EC2ContainerServiceBackend, cluster: Cluster) -> list[TaskOwner]:
    owners: list[TaskOwner] = [service for service in services(backend) if service.cluster_arn == cluster.arn]
    owner = memory(backend).standalone.get(cluster.arn)
    return [*owners, owner] if owner else owners


def find(backend: EC2ContainerServiceBackend, cluster: Cluster, reference: str) -> tuple[TaskOwner, Task] | None:
    """A task of the cluster by id or ARN, and its owner; None if it is unknown or forgotten."""
    ident = reference.rsplit("/", 1)[-1]
    return next(((owner, t) for owner in _owners(backend, cluster) for t in owner.known if t.id == ident), None)


@overlay.wraps(EC2ContainerServiceResponse)
def list_tasks(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """List tasks by desired status (default: RUNNING), service, family or startedBy; stopped ones for an hour."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    owners = _owners(backend, cluster)
    if ask.get("serviceName"):
        service = ecs_services.find(backend, cluster.arn, ask["serviceName"])
        if service is None:
            raise refusal("ServiceNotFoundException", "Service not found.")
        owners = [service]
    others = ("serviceName", "family", "desiredStatus", "launchType", "containerInstance")
    if ask.get("startedBy") and any(ask.get(name) for name in others):  # "it must be the only filter that you use"
        raise invalid("startedBy cannot be used with other filters.")  # API reference, ListTasks; an assumption
    wanted = ask.get("desiredStatus") or "RUNNING"
    if wanted not in ("RUNNING", "PENDING", "STOPPED"):  # PENDING is allowed and never found (API reference, ListTasks)
        raise invalid("desiredStatus should be one of [RUNNING,PENDING,STOPPED]")
    found = [
        task
        for owner in owners
        for task in owner.known
        if task.desired == wanted
        and ask.get("family") in (None, task.definition.family)
        and ask.get("startedBy") in (None, task.started_by)
        and ask.get("launchType") in (None, task.terms.get("launchType"))
    ]
    found.sort(key=lambda task: (-task.created, task.arn))
    arns, token = definitions.page([task.arn for task in found], ask)
    return ActionResult({"taskArns": arns} | ({"nextToken": token} if token else {}))


@overlay.wraps(EC2ContainerServiceResponse)
def describe_tasks(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Describe up to 100 tasks by id or ARN; unknown and forgotten ones are MISSING."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    references = ask.get("tasks") or []
    if not references:
        raise invalid("Tasks cannot be empty.")
    if len(references) > 100:
        raise invalid("Tasks cannot have more than 100 elements.")
    shown, failures = [], []
    for reference in references:
        found = find(backend, cluster, reference)
        if found is None:
            arn = reference if reference.startswith("arn:") else arn_of(backend, f"task/{cluster.name}/{reference}")
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            shown.append(views.task(found[1], cluster.arn, tags="TAGS" in (ask.get("include") or [])))
    return ActionResult({"tasks": shown, "failures": failures})


@overlay.wraps(EC2ContainerServiceResponse)
def stop_task(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Stop a task; its service will start another. The request's reason becomes its stoppedReason."""
    ask = response._get_params()
    return ActionResult({"task": stopped(response.ecs_backend, ask.get("cluster"), ask["task"], ask.get("reason"))})


def stopped(backend: EC2ContainerServiceBackend, named: str | None, reference: str, why: str | None) -> Wire:
    """Stop a task, and return it as stop_task does."""
    cluster = clusters.find(backend, named)
    found = find(backend, cluster, reference)
    if found is None:
        raise invalid("The referenced task was not found.")
    owner, task = found
    reason = why or "Task stopped by user"
    signals = task_stopping.stop(task, clock.now(), Region(backend), reason, "UserInitiated")
    if isinstance(owner, Service):
        say_targets(owner, clock.now(), signals)
    shown = views.task(task, cluster.arn, tags=True)
    if isinstance(owner, Service):
        ecs_services.begin(backend, owner)
    return shown
