"""The runs of jobs: tasks with a group for each job, and how each of them ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal

from ecsctl import due
from ecsctl.parts import GUARD, TIMER
from ecsctl.resources.support.ecs import BY, tasks_in
from ecsctl.resources.support.schedules import STARTED_BY

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

REFUSED = 75  # the exit code of the guard if another run is in progress: sysexits.h, EX_TEMPFAIL

Outcome = Literal["starting", "running", "succeeded", "failed", "timed out", "refused", "stopped", "not started"]
BAD: tuple[Outcome, ...] = ("failed", "timed out", "not started")
"""The outcomes that are notified. A refused run, or one that a person has stopped, is not."""

REMEMBERED = timedelta(minutes=55)  # ECS remembers a task for an hour after its end
LATE = timedelta(minutes=3)  # Scheduler starts tasks within a minute, and ECS lists them a moment later


@dataclass(frozen=True)
class Run:
    """One run of a job, as long as ECS remembers it: for an hour after its end."""

    job: str
    id: str
    created: datetime
    began: datetime | None
    ended: datetime | None
    outcome: Outcome
    exit_code: int | None
    reason: str  # from ECS; empty if it says only that the task has ended
    image: str
    scheduled: bool  # by the schedule, and not by a person


def group_of(job: str) -> str:
    """The group of a job's tasks."""
    return f"{BY}:{job}"


def runs(aws: Aws, cluster: str, container: str) -> list[Run]:
    """All tasks that ecsctl or a schedule has started and that ECS remembers, the newest first."""
    tasks: list[Any] = [*tasks_in(aws, cluster, "RUNNING", "STOPPED")]
    found = [run_of(one, container) for one in tasks if one.get("group", "").startswith(f"{BY}:")]
    return sorted(found, key=lambda one: one.created, reverse=True)


def missed(schedule: Mapping[str, Any], known: Iterable[Run], now: datetime) -> datetime | None:
    """Returns when the schedule was due within the hour and nothing has started since; None if that cannot be
    determined.

    Scheduler reports it only in the group's metrics, on a best-effort basis (user guide, "Monitoring Amazon EventBridge
    Scheduler with Amazon CloudWatch"). From when a changed rate is counted is not documented.
    """
    made = schedule.get("StartDate") or schedule.get("CreationDate")
    changed = schedule.get("LastModificationDate") or made
    if made is None or changed is None or schedule.get("State") == "DISABLED":
        return None
    expression, place = schedule["ScheduleExpression"], schedule.get("ScheduleExpressionTimezone", "UTC")
    try:
        if isinstance(due.read(expression), due.Rate) and changed != schedule.get("CreationDate"):
            return None
        moments = due.dues(expression, place, max(now - REMEMBERED, made, changed), made)
        end = min(now - LATE, schedule.get("EndDate") or now)
        last = max(takewhile(lambda one: one <= end, moments), default=None)
    except due.Invalid:
        return None
    if last is None:
        return None
    return None if any(one.job == schedule["Name"] and one.created >= last - LATE for one in known) else last


def run_of(task: Mapping[str, Any], container: str) -> Run:
    """A task as the run of a job. `container` is the app's own."""
    every = {one["name"]: one for one in task.get("containers", ())}
    own, outcome = every.get(container, {}), _outcome(task, every, container)
    reason = "" if task.get("stoppedReason") == "Essential container in task exited" else task.get("stoppedReason", "")
    reasons = "; ".join(filter(None, dict.fromkeys((reason, own.get("reason", "")))))
    return Run(
        job=task.get("group", "").partition(":")[2],
        id=task["taskArn"].rpartition("/")[2],
        created=task["createdAt"],
        began=task.get("startedAt"),
        ended=task.get("executionStoppedAt") or task.get("stoppedAt"),
        outcome=outcome,
        exit_code=None if outcome == "refused" else own.get("exitCode"),  # ECS reports 143 if it never ran
        reason="another run was not over" if outcome == "refused" else reasons,
        image=own.get("image", ""),
        scheduled=task.get("startedBy", "").startswith(STARTED_BY),
    )


def _outcome(task: Mapping[str, Any], every: Mapping[str, Any], container: str) -> Outcome:
    own, code = every.get(container, {}), every.get(container, {}).get("exitCode")
    if every.get(GUARD, {}).get("exitCode") == REFUSED:
        return "refused"
    if not task.get("stopCode") and task.get("lastStatus") != "STOPPED":
        return "running" if own.get("lastStatus") == "RUNNING" else "starting"
    if every.get(TIMER, {}).get("exitCode") == 0:  # its sleep has ended; otherwise it is killed before
        return "timed out"
    if task.get("stopCode") == "UserInitiated":
        return "stopped"
    if code is None or every.get(GUARD, {}).get("exitCode"):
        return "not started"
    return "succeeded" if code == 0 else "failed"
