"""Why tasks of a service stopped, from ECS's reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecsctl.resources.support.containers import is_agent

Answer = Mapping[str, Any]


def reasons(tasks: Iterable[Answer], task_definition: str) -> tuple[str, ...]:
    """The first three different reasons why tasks of a task definition stopped, the newest first."""
    stopped = [task for task in tasks if task.get("taskDefinitionArn") == task_definition and task.get("stoppedReason")]
    stopped.sort(key=lambda task: task["stoppedAt"].timestamp() if task.get("stoppedAt") else 0.0, reverse=True)
    return tuple(dict.fromkeys(_reason(task) for task in stopped))[:3]


def _reason(task: Answer) -> str:
    """The task's reason, with the more specific exit codes and reasons of its containers."""
    parts = [str(task["stoppedReason"])]
    for container in (one for one in task.get("containers", ()) if not is_agent(one.get("name", ""))):
        if container.get("exitCode"):
            parts.append(f"container {container['name']} ended with exit code {container['exitCode']}")
        if container.get("reason") and container["reason"] not in parts[0]:
            parts.append(container["reason"])
    return "; ".join(parts)
