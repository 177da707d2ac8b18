"""Which failures of a service that is healthy now are over: what brought them about has passed, or was taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ecsctl.resources.support.deployments import LONG_AGO, Answer

STEADY = "has reached a steady state"
BY_ITSELF = "EssentialContainerExited"  # whatever ends so can end so again


def not_over(tasks: Sequence[Answer], events: Iterable[Answer]) -> list[Answer]:
    """The stopped tasks of a healthy service without those that failed to start, or their health check, in one spell
    that ended: ECS has reported a steady state since. What failed in several spells may come back.
    """
    steady = [one["createdAt"] for one in events if STEADY in one["message"]]
    spells = {id(task): _spell(task, steady) for task in tasks}
    outside = {spells[id(task)] for task in tasks if task.get("stopCode") != BY_ITSELF}
    return [
        task
        for task in tasks
        if task.get("stopCode") == BY_ITSELF or spells[id(task)] == len(steady) or len(outside) > 1
    ]


def _spell(task: Answer, steady: list[datetime]) -> int:
    """How many steady states came before it."""
    return sum(moment <= task.get("stoppedAt", LONG_AGO) for moment in steady)
