"""ECS tasks: listed, described, stopped, and run by themselves."""

import hashlib
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import Cluster, EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws.ecs import clusters, definitions, fates, lives, rollout, views
from ecsctl.sandbox.aws.ecs import services as ecs_services
from ecsctl.sandbox.aws.ecs.state import (
    Crew,
    Service,
    Task,
    Wire,
    arn_of,
    denied,
    invalid,
    memory,
    number,
    refusal,
    services,
)
from ecsctl.sandbox.aws.ecs.world import Region, tick
from ecsctl.sandbox.core import clock, overlay


def _crews(backend: EC2ContainerServiceBackend, cluster: Cluster) -> list[Crew]:
    crews: list[Crew] = [service for service in services(backend) if service.cluster_arn == cluster.arn]
    crew = memory(backend).crews.get(cluster.arn)
    return [*crews, crew] if crew else crews


def find(backend: EC2ContainerServiceBackend, cluster: Cluster, reference: str) -> tuple[Crew, Task] | None:
    """A task of the cluster by id or ARN, and what runs it; None if it is not known any more."""
    ident = reference.rsplit("/", 1)[-1]
    return next(((crew, t) for crew in _crews(backend, cluster) for t in crew.known if t.id == ident), None)


@overlay.wraps(EC2ContainerServiceResponse)
def list_tasks(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """List tasks by desired status (RUNNING unless asked), service, family or starter; stopped ones for an hour."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    crews = _crews(backend, cluster)
    if ask.get("serviceName"):
        service = ecs_services.find(backend, cluster.arn, ask["serviceName"])
        if service is None:
            raise refusal("ServiceNotFoundException", "Service not found.")
        crews = [service]
    wanted = ask.get("desiredStatus") or "RUNNING"
    if wanted not in ("RUNNING", "PENDING", "STOPPED"):  # PENDING is allowed and never found (API reference, ListTasks)
        raise invalid("desiredStatus should be one of [RUNNING,PENDING,STOPPED]")
    found = [
        task
        for crew in crews
        for task in crew.known
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
    """Describe up to 100 tasks by id or ARN; the unknown and the forgotten are MISSING."""
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
    """Stop a task; its service will start another. The reason given is what its stoppedReason says."""
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    found = find(backend, cluster, ask["task"])
    if found is None:
        raise invalid("The referenced task was not found.")
    crew, task = found
    reason = ask.get("reason") or "Task stopped by user"
    signals = lives.stop(task, clock.now(), Region(backend), reason, "UserInitiated")
    if isinstance(crew, Service):
        rollout.say_targets(crew, clock.now(), signals)
    shown = views.task(task, cluster.arn, tags=True)
    if isinstance(crew, Service):
        ecs_services.begin(backend, crew)
    return ActionResult({"task": shown})


@overlay.wraps(EC2ContainerServiceResponse)
def run_task(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Run tasks by themselves, on Fargate in a VPC; other launch types are not played.

    A role that cannot be assumed (yet) is a ClientException here, not an event (hashicorp/terraform-provider-aws
    retries on it).
    """
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    definition = definitions.find(backend, ask["taskDefinition"])
    if definition is None:
        raise denied("TaskDefinition not found.")
    if definition.status != "ACTIVE":
        raise invalid("TaskDefinition is inactive")
    if definition.document["networkMode"] != "awsvpc" or ask.get("launchType", "FARGATE") != "FARGATE":
        raise refusal("UnsupportedFeatureException", "The sandbox runs tasks on Fargate only.")
    if not (ask.get("networkConfiguration") or {}).get("awsvpcConfiguration"):
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if refused := fates.refusal(backend, definition):
        if "assume the role" in refused:
            raise denied(refused.split("(error ", 1)[1].removesuffix(")."))
        reason = refused.removeprefix("was unable to place a task. Reason: ")
        return ActionResult({"tasks": [], "failures": [{"reason": reason}]})
    crew = memory(backend).crews.setdefault(cluster.arn, Crew(cluster.arn))
    made = [_run(backend, cluster, crew, definition, ask) for _ in range(int(ask.get("count") or 1))]
    tick(backend)
    return ActionResult({"tasks": [views.task(task, cluster.arn, tags=True) for task in made], "failures": []})


def _run(backend: EC2ContainerServiceBackend, cluster: Cluster, crew: Crew, definition: Any, ask: Wire) -> Task:
    ident = hashlib.sha256(f"{cluster.arn} {number(backend)}".encode()).hexdigest()
    names = ("networkConfiguration", "enableExecuteCommand", "overrides")
    task = Task(
        arn=arn_of(backend, f"task/{cluster.name}/{ident[:32]}"),
        definition=definition,
        group=ask.get("group") or f"family:{definition.family}",
        started_by=ask.get("startedBy") or "",
        terms={"launchType": "FARGATE", **{name: ask[name] for name in names if name in ask}},
        created=clock.now(),
        tags=list(ask.get("tags") or []),
        agenda={"provisioned": clock.now() + lives.PROVISIONING},
        attachment="-".join((ident[32:40], ident[40:44], ident[44:48], ident[48:52], ident[52:64])),
    )
    crew.tasks.append(task)
    return task
