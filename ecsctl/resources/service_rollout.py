"""How the newest deployment of a service stands: pure judgement of what ECS tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecsctl.resources.support.ecs import newer, revision_of

GIVEN_UP = ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED",
            "STOP_REQUESTED", "STOPPED")  # fmt: skip


@dataclass(frozen=True)
class Rollout:
    """What a service runs, and how far it is."""

    runs: str  # the task definition that it is told to run
    ready: bool
    failed: str = ""
    note: str = ""
    settled: bool = True  # false: ECS gave the deployment up and starts nothing until there is a new one


def judge(service: Mapping[str, Any], wished: str) -> Rollout:
    """Judge a service by its primary deployment, not by its counts: after a rollback the old version is steady too.

    A deployment of a later revision than the wished one has superseded ours; the later one is right.
    """
    primary = next((one for one in service.get("deployments", ()) if one["status"] == "PRIMARY"), service)
    runs = service["taskDefinition"]
    superseded = newer(runs, wished)
    note = f"superseded by revision {revision_of(runs)}" if superseded else ""
    state, running, desired = primary.get("rolloutState"), primary["runningCount"], primary["desiredCount"]
    runs = wished if superseded else runs
    if state == "FAILED":
        reason = primary.get("rolloutStateReason") or "ECS gave the deployment up"
        return Rollout(runs, ready=False, failed=reason, note=note, settled=False)
    # Without a rolloutState (another deployment controller) and without tasks there is nothing else to go by.
    over = state == "COMPLETED" or (len(service.get("deployments", ())) <= 1 and (state is None or desired == 0))
    if over and running >= desired:
        return Rollout(runs, ready=True, note=note)
    doing = "has" if over else "is rolling out:"
    rolling = f"revision {revision_of(primary['taskDefinition'])} {doing} {running} of {desired} running"
    return Rollout(runs, ready=False, note=f"{note}: {rolling}" if superseded else rolling)


def given_up(wished: str, deployments: Sequence[Mapping[str, Any]], revisions: Sequence[Mapping[str, Any]]) -> str:
    """Why the newest deployment of the wished task definition was rolled back or stopped; empty if it was not.

    `deployments` are the service's deployments and `revisions` their target revisions, as AWS lists them.
    """
    targets = {one["serviceRevisionArn"] for one in revisions if one.get("taskDefinition") == wished}
    ours = [one for one in deployments if one.get("targetServiceRevisionArn") in targets]
    newest = max(ours, key=lambda one: one["createdAt"], default=None)
    if newest is None or newest["status"] not in GIVEN_UP:
        return ""
    what = "was stopped" if "STOP" in newest["status"] else "was rolled back"
    return f"the deployment of revision {revision_of(wished)} {what}: {newest.get('statusReason') or 'no reason given'}"


def reasons(tasks: Iterable[Mapping[str, Any]], task_definition: str) -> tuple[str, ...]:
    """The first three different reasons why tasks of a task definition stopped, the newest first."""
    stopped = [task for task in tasks if task.get("taskDefinitionArn") == task_definition and task.get("stoppedReason")]
    stopped.sort(key=lambda task: task["stoppedAt"].timestamp() if task.get("stoppedAt") else 0.0, reverse=True)
    return tuple(dict.fromkeys(_reason(task) for task in stopped))[:3]


def _reason(task: Mapping[str, Any]) -> str:
    """Its own, and the exit codes and reasons of its containers, which say more."""
    parts = [str(task["stoppedReason"])]
    for container in task.get("containers", ()):
        if container.get("exitCode"):
            parts.append(f"container {container['name']} ended with exit code {container['exitCode']}")
        if container.get("reason") and container["reason"] not in parts[0]:
            parts.append(container["reason"])
    return "; ".join(parts)
