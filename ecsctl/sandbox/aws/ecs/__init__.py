"""The behaviour of ECS that moto lacks: services whose tasks start, run and stop. The modules are imported here."""

from typing import Any

from ecsctl.sandbox.aws.ecs import (  # noqa: F401 - imported for their declarations
    clusters,
    definitions,
    deployments,
    exec,  # noqa: A004 - the operation's own name
    http_requests,
    rechecks,
    services,
    tasks,
    views,
)
from ecsctl.sandbox.aws.ecs import run_task as run_task_of
from ecsctl.sandbox.aws.ecs.scripts import KINDS, script_tasks
from ecsctl.sandbox.aws.ecs.state import Wire, backend_of, denied, refusal
from ecsctl.sandbox.aws.ecs.time import tick

__all__ = [
    "KINDS",
    "describe_service",
    "describe_task_definition",
    "register_task_definition",
    "script_tasks",
    "update_service",
]


def describe_service(account: str, region: str, cluster: str, service: str) -> Wire:
    """A service as describe_services returns it, for the sandbox's other services.

    Raises ClusterNotFoundException and ServiceNotFoundException.
    """
    backend = backend_of(account, region)
    tick(backend)
    found = services.find(backend, clusters.find(backend, cluster).arn, service)
    if found is None:
        raise refusal("ServiceNotFoundException", "Service not found.")
    return views.service(backend, found, tags=True)


def describe_task_definition(account: str, region: str, reference: str) -> Wire:
    """A revision as describe_task_definition returns it, with its tags under `tags`. Raises ClientException."""
    found = definitions.find(backend_of(account, region), reference)
    if found is None:
        raise denied("Unable to describe task definition.")
    return {**found.document, "tags": found.tags}


def register_task_definition(account: str, region: str, by: str, **ask: Any) -> str:
    """Register a revision with register_task_definition's parameters, as the caller with the ARN `by`; return its ARN.

    Raises ClientException.
    """
    return definitions.register(backend_of(account, region), ask, by).arn


def deregister_task_definition(account: str, region: str, reference: str) -> None:
    """Deregister a revision. Raises ClientException if it does not exist."""
    definitions.deregister(backend_of(account, region), reference)


def run_task(account: str, region: str, at: float, **ask: Any) -> Wire:
    """Run tasks with run_task's parameters at the time `at`. Returns and raises the same as run_task."""
    return run_task_of.start(backend_of(account, region), ask, at)


def describe_task(account: str, region: str, cluster: str, task: str) -> Wire:
    """A task as describe_tasks returns it. Raises InvalidParameterException if it is unknown."""
    backend = backend_of(account, region)
    tick(backend)
    held = clusters.find(backend, cluster)
    found = tasks.find(backend, held, task)
    if found is None:
        raise refusal("InvalidParameterException", "The referenced task was not found.")
    return views.task(found[1], held.arn, tags=True)


def stop_task(account: str, region: str, cluster: str, task: str, reason: str) -> None:
    """Stop a task. Raises InvalidParameterException."""
    tasks.stopped(backend_of(account, region), cluster, task, reason)


def update_service(account: str, region: str, at: float | None = None, **ask: Any) -> Wire:
    """Update a service with update_service's parameters, and return its new state. Raises the same as update_service.

    `at` is when that happens, in seconds since the epoch, for a caller that is catching up with the clock.
    """
    backend = backend_of(account, region)
    service = services.update(backend, ask, at)
    shown = views.service(backend, service, tags=True)
    services.begin(backend, service, at)
    return shown


def rollout(account: str, region: str, cluster: str, service: str, deployment: str) -> tuple[str, float]:
    """The state of one deployment (`ecs-svc/…`) of a service, and since when, in seconds since the epoch.

    IN_PROGRESS, COMPLETED or FAILED; "REPLACED" if it is no longer the primary one and has not failed; "GONE" if the
    service does not exist.
    """
    backend = backend_of(account, region)
    tick(backend)
    found = services.find(backend, clusters.find(backend, cluster).arn, service)
    if found is None or found.status != "ACTIVE":
        return "GONE", found.deleted or 0.0 if found is not None else 0.0
    for each in (*found.deployments, *found.past):
        if each.id == deployment:
            replaced = each is not found.primary and each.rollout != "FAILED"
            return ("REPLACED", found.primary.created) if replaced else (each.rollout, each.updated)
    return "GONE", 0.0
