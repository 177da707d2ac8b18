"""ECS's RunTask, for standalone tasks: what it refuses, what may be overridden, and how tasks start.

API reference, RunTask, TaskOverride and ContainerOverride. If no public report quotes AWS's message, a comment says
that the wording is an assumption.
"""

import hashlib
import json
import re
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import Cluster, EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws.ecs import (
    checks,
    clusters,
    definition_checks,
    definitions,
    task_lifecycle,
    task_outcomes,
    views,
)
from ecsctl.sandbox.aws.ecs.state import (
    Definition,
    Task,
    TaskOwner,
    Wire,
    arn_of,
    denied,
    invalid,
    memory,
    number,
    refusal,
)
from ecsctl.sandbox.aws.ecs.time import tick
from ecsctl.sandbox.core import clock, overlay

_MOST_AT_ONCE = 10
_LONGEST = 8192  # characters of all container overrides, with their names (API reference, RunTask)
_BY = re.compile(r"[\w/-]{0,128}", re.ASCII)  # API reference, RunTask, startedBy
_KEPT = ("networkConfiguration", "enableExecuteCommand", "overrides")


@overlay.wraps(EC2ContainerServiceResponse)
def run_task(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Run standalone tasks, on Fargate in a VPC; other launch types are not simulated.

    A role that cannot be assumed (yet) is a ClientException here, not an event (hashicorp/terraform-provider-aws
    retries on it). The same token returns the same tasks (ECS API reference, "Ensuring idempotency").
    """
    return ActionResult(start(response.ecs_backend, response._get_params()))


def start(backend: EC2ContainerServiceBackend, ask: Wire, at: float | None = None) -> Wire:
    """Run tasks, and return run_task's result. `at` is a past time, for a caller that is catching up with the clock."""
    cluster = clusters.find(backend, ask.get("cluster"))
    owner = memory(backend).standalone.setdefault(cluster.arn, TaskOwner(cluster.arn))
    token, wanted = ask.get("clientToken"), json.dumps({**ask, "clientToken": ""}, sort_keys=True)
    if token and (before := memory(backend).ran.get(token)):
        if before[0] != wanted:  # the wording is an assumption
            raise refusal("ConflictException", "The clientToken was used with other parameters.")
        return _answer(cluster, [task for task in owner.known if task.arn in before[1]])
    definition = _definition(backend, ask["taskDefinition"])
    _check(backend, cluster, definition, ask)
    if refused := task_outcomes.refusal(backend, definition):
        if "assume the role" in refused:
            raise denied(refused.split("(error ", 1)[1].removesuffix(")."))
        reason = refused.removeprefix("was unable to place a task. Reason: ")
        return {"tasks": [], "failures": [{"reason": reason}]}
    at = clock.now() if at is None else at
    made = [_run(backend, cluster, definition, ask, at) for _ in range(int(ask.get("count") or 1))]
    owner.tasks += made
    if token:
        memory(backend).ran[token] = (wanted, [task.arn for task in made])
    tick(backend)
    return _answer(cluster, made)


def _answer(cluster: Cluster, tasks: list[Task]) -> Wire:
    return {"tasks": [views.task(task, cluster.arn, tags=True) for task in tasks], "failures": []}


def _definition(backend: EC2ContainerServiceBackend, reference: str) -> Definition:
    definition = definitions.find(backend, reference)
    if definition is None:
        raise denied("TaskDefinition not found.")
    if definition.status != "ACTIVE":
        raise invalid("TaskDefinition is inactive")
    return definition


def _check(backend: EC2ContainerServiceBackend, cluster: Cluster, definition: Definition, ask: Wire) -> None:
    checks.check_strategy(ask.get("capacityProviderStrategy"), cluster.capacity_providers, ask.get("launchType"))
    if definition.document["networkMode"] != "awsvpc" or ask.get("launchType", "FARGATE") != "FARGATE":
        raise refusal("UnsupportedFeatureException", "The sandbox runs tasks on Fargate only.")
    checks.check_network(backend, ask, definition)
    if not 1 <= int(ask.get("count", 1)) <= _MOST_AT_ONCE:  # the wording is an assumption
        raise invalid(f"count must be between 1 and {_MOST_AT_ONCE}.")
    if not _BY.fullmatch(ask.get("startedBy") or ""):  # the wording is an assumption
        raise invalid("startedBy can have up to 128 letters, numbers, hyphens, forward slashes and underscores.")
    _check_overrides(definition, ask.get("overrides") or {})
    if ask.get("enableExecuteCommand") and not definition.document.get("taskRoleArn"):
        raise invalid(
            "The task couldn't be run because a valid taskRoleArn is not being used. Specify a valid task role in your "
            "task definition and try again."
        )


def _check_overrides(definition: Definition, overrides: Wire) -> None:
    """Refuse invalid overrides. Image and entry point cannot be overridden (aws/containers-roadmap#187)."""
    given = overrides.get("containerOverrides") or []
    names = {one["name"] for one in definition.containers}
    for one in given:
        if one.get("name") not in names:
            raise invalid(f"Override for container named {one.get('name')} is not a container in the TaskDefinition.")
    if len(json.dumps(given, separators=(",", ":"))) > _LONGEST:
        raise invalid(f"Container Overrides length must be at most {_LONGEST}")
    if "cpu" in overrides or "memory" in overrides:
        cpu, size = (str(overrides.get(each) or definition.document[each]) for each in ("cpu", "memory"))
        definition_checks.check_size(cpu, size)


def _run(backend: EC2ContainerServiceBackend, cluster: Cluster, definition: Definition, ask: Wire, at: float) -> Task:
    ident = hashlib.sha256(f"{cluster.arn} {number(backend)}".encode()).hexdigest()
    return Task(
        arn=arn_of(backend, f"task/{cluster.name}/{ident[:32]}"),
        definition=definition,
        group=ask.get("group") or f"family:{definition.family}",
        started_by=ask.get("startedBy") or "",
        terms={"launchType": "FARGATE", **{name: ask[name] for name in _KEPT if name in ask}},
        created=at,
        tags=_tags(cluster, definition, ask),
        agenda={"provisioned": at + task_lifecycle.PROVISIONING},
        attachment="-".join((ident[32:40], ident[40:44], ident[44:48], ident[48:52], ident[52:64])),
    )


def _tags(cluster: Cluster, definition: Definition, ask: Wire) -> list[Wire]:
    """The tasks' tags: those sent take precedence over the definition's (ECS guide, "Tagging your resources")."""
    tags = {one["key"]: one for one in definition.tags} if ask.get("propagateTags") == "TASK_DEFINITION" else {}
    tags |= {one["key"]: one for one in ask.get("tags") or ()}
    if ask.get("enableECSManagedTags"):
        tags["aws:ecs:clusterName"] = {"key": "aws:ecs:clusterName", "value": cluster.name}
    return [dict(one) for one in tags.values()]
