"""Runs the tasks of due schedules with the permissions of their roles, with retries and metrics.

EventBridge Scheduler user guide, "Setting up the execution role", "Retry policy" and "Monitoring EventBridge Scheduler
with Amazon CloudWatch". Nobody gets an error for a run that does not start: without a dead-letter queue, AWS only
counts it.
"""

import hashlib
import heapq
import json
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import MetricDatum, cloudwatch_backends
from moto.ecs.exceptions import ECSException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, scheduler_backends
from moto.scheduler.responses import EventBridgeSchedulerResponse

from ecsctl import due
from ecsctl.sandbox.aws import ecs, iam
from ecsctl.sandbox.aws.scheduler.state import Plan, Try, Wire, memory
from ecsctl.sandbox.core import clock, overlay, permissions, principals, requests
from ecsctl.sandbox.core.overlay import Refusal

PRINCIPAL = "scheduler.amazonaws.com"
BY = "chronos-schedule"  # prefix of tasks' `startedBy`, as on real tasks
DELETING = 20.0  # seconds until a group is deleted; API reference, DeleteScheduleGroup: until its schedules are
_FIRST, _SLOWEST = 60.0, 3600.0  # seconds until the next attempt: AWS says only "exponential backoff"
_MOST = 100  # runs of a schedule that are caught up after a long time without requests
_LONGEST = 2 * 86400.0  # and how many seconds back
_NAMES = {"launchType": "LaunchType", "platformVersion": "PlatformVersion", "group": "Group", "count": "TaskCount",
          "capacityProviderStrategy": "CapacityProviderStrategy",
          "enableECSManagedTags": "EnableECSManagedTags", "enableExecuteCommand": "EnableExecuteCommand",
          "propagateTags": "PropagateTags", "tags": "Tags", "referenceId": "ReferenceId"}  # fmt: skip


@overlay.wraps(EventBridgeSchedulerResponse)
def call_action(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Before each request, advance to now."""
    settle(response.scheduler_backend)
    return original()


def settle(backend: EventBridgeSchedulerBackend) -> None:
    """Remove the groups whose deletion is complete."""
    leaving = memory(backend).leaving
    for name, since in list(leaving.items()):
        if clock.now() - since >= DELETING:
            group = backend.schedule_groups.pop(name, None)
            if group is not None:
                backend.tagger.delete_all_tags_for_resource(group.arn)
            del leaving[name]


@requests.before_each
def tick_all() -> None:
    """Run whatever is due in any account and region."""
    for account in list(scheduler_backends.values()):
        for backend in list(account.values()):
            if memory(backend).plans:
                tick(backend)


def tick(backend: EventBridgeSchedulerBackend) -> None:
    """Run what has come due, in order."""
    schedules = {one.arn: one for group in backend.schedule_groups.values() for one in group.schedules.values()}
    plans = memory(backend).plans
    for arn in plans.keys() - schedules.keys():
        del plans[arn]
    for arn, schedule in schedules.items():
        _note(schedule, plans[arn])
    now = clock.now()
    while tries := [
        (plans[arn].tries[0], arn) for arn in schedules if plans[arn].tries and plans[arn].tries[0].when <= now
    ]:
        _, arn = min(tries)
        _try(backend, schedules[arn], plans[arn], heapq.heappop(plans[arn].tries))
    for schedule in schedules.values():
        if schedule.action_after_completion == "DELETE" and _is_completed(schedule, plans[schedule.arn]):
            backend.delete_schedule(schedule.group_name, schedule.name)


def _is_completed(schedule: Schedule, plan: Plan) -> bool:
    return not plan.tries and next(_dues(schedule, plan.handled), None) is None


def _note(schedule: Schedule, plan: Plan) -> None:
    """Plan attempts for what has become due since the last request. A disabled schedule is never due."""
    now = clock.now()
    if schedule.state == "ENABLED" and now > plan.handled:
        recent = deque[float](maxlen=_MOST)
        for one in _dues(schedule, max(plan.handled, now - _LONGEST)):
            if one > now:
                break
            recent.append(one)
        for one in recent:
            heapq.heappush(plan.tries, Try(one + _flexibly(schedule, one), one))
    plan.handled = max(plan.handled, now)


def _dues(schedule: Schedule, moment: float) -> Iterator[float]:
    made: Any = schedule.start_date or schedule.creation_date
    zone = schedule.schedule_expression_timezone
    for one in due.dues(schedule.schedule_expression, zone, _utc(moment), _utc(made)):
        if schedule.end_date and one.timestamp() > float(schedule.end_date):
            return
        if not schedule.start_date or one.timestamp() >= float(schedule.start_date):
            yield one.timestamp()


def _flexibly(schedule: Schedule, moment: float) -> float:
    """The delay in seconds within its flexible window; 0 without one, where AWS allows up to a minute."""
    window = 60 * int(schedule.flexible_time_window.get("MaximumWindowInMinutes") or 0)
    return float(int(hashlib.sha256(f"{schedule.arn} {moment}".encode()).hexdigest(), 16) % window) if window else 0.0


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(float(moment), UTC)


def _try(backend: EventBridgeSchedulerBackend, schedule: Schedule, plan: Plan, one: Try) -> None:
    _count(backend, schedule, "InvocationAttemptCount", one.when)
    if _run(backend, schedule, one.when) is None:
        return
    _count(backend, schedule, "TargetErrorCount", one.when)
    policy = schedule.target["RetryPolicy"]
    again = one.when + min(_FIRST * 2**one.number, _SLOWEST)
    if one.number >= policy.get("MaximumRetryAttempts", 185) or again - one.due > policy.get(
        "MaximumEventAgeInSeconds", 86400
    ):
        _count(backend, schedule, "InvocationDroppedCount", one.when)
    else:
        heapq.heappush(plan.tries, Try(again, one.due, one.number + 1))


def _run(backend: EventBridgeSchedulerBackend, schedule: Schedule, at: float) -> str | None:
    """Run the task at `at`. Returns why it does not start; None if it does."""
    account, region = backend.account_id, backend.region_name
    parameters = schedule.target["EcsParameters"]
    if lacking := _lacking(backend, schedule):
        return lacking
    ask: Wire = {name: parameters[theirs] for name, theirs in _NAMES.items() if theirs in parameters}
    ask["cluster"], ask["taskDefinition"] = schedule.target["Arn"], parameters["TaskDefinitionArn"]
    if network := parameters.get("NetworkConfiguration"):
        given = (
            network.get("awsvpcConfiguration") or {}
        )  # in here the names are capitalized, and in RunTask they are not
        ask["networkConfiguration"] = {
            "awsvpcConfiguration": {name[0].lower() + name[1:]: value for name, value in given.items()}
        }
    ask["startedBy"] = f"{BY}/{schedule.name}"
    if schedule.target.get("Input"):
        ask["overrides"] = json.loads(schedule.target["Input"])
    try:
        answer = ecs.run_task(account, region, at, **ask)
    except (ECSException, Refusal) as refused:
        return str(refused)
    return next((one["reason"] for one in answer["failures"]), None)


def _lacking(backend: EventBridgeSchedulerBackend, schedule: Schedule) -> str | None:
    """AWS's message about a permission that the role lacks; None if it has all of them.

    For a family without a revision, the latest one's permissions are checked (aws/aws-cdk#30390 quotes AWS's notice).
    """
    account, region, role = backend.account_id, backend.region_name, schedule.target["RoleArn"]
    group = backend.schedule_groups[schedule.group_name].arn
    if not iam.can_be_assumed(account, role, PRINCIPAL, group):
        return "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    parameters, cluster = schedule.target["EcsParameters"], schedule.target["Arn"]
    try:
        definition = ecs.describe_task_definition(account, region, parameters["TaskDefinitionArn"])
    except (ECSException, Refusal):
        return "TaskDefinition not found."
    needed: list[tuple[str, str, dict[str, tuple[str, ...]]]] = [
        ("ecs:RunTask", definition["taskDefinitionArn"], {"ecs:cluster": (cluster,)})
    ]
    passed: dict[str, tuple[str, ...]] = {"iam:PassedToService": ("ecs-tasks.amazonaws.com",)}
    needed += [("iam:PassRole", definition[one], passed) for one in ("executionRoleArn", "taskRoleArn")
               if definition.get(one)]  # fmt: skip
    if parameters.get("Tags") or parameters.get("PropagateTags"):
        # ECS guide, "Grant permission to tag resources on creation".
        tasks = cluster.replace(":cluster/", ":task/") + "/*"
        needed.append(("ecs:TagResource", tasks, {"ecs:CreateAction": ("RunTask",), "ecs:cluster": (cluster,)}))
    for action, resource, context in needed:
        if not permissions.is_allowed(account, role, action, resource, context):
            who = principals.session(role, schedule.name)
            return f"User: {who} is not authorized to perform: {action} on resource: {resource}"
    return None


def _count(backend: EventBridgeSchedulerBackend, schedule: Schedule, metric: str, at: float) -> None:
    """Count in a metric of the group: single schedules have none (user guide, "Monitoring EventBridge Scheduler")."""
    moment = _utc(at).replace(tzinfo=None)
    where = [{"Name": "ScheduleGroup", "Value": schedule.group_name}]
    datum = MetricDatum("AWS/Scheduler", metric, 1.0, where, moment, "Count")
    cloudwatch_backends[backend.account_id][backend.region_name].metric_data.append(datum)
