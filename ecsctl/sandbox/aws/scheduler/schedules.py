"""Schedules: what CreateSchedule and UpdateSchedule refuse. What is due runs in invocations.

API reference, CreateSchedule, Target and EcsParameters. Where no public report quotes AWS's words, the comment says
that they are an assumption.
"""

import json
import re
from typing import Any

from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule
from moto.scheduler.responses import EventBridgeSchedulerResponse

from ecsctl import due
from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.scheduler import groups, invocations
from ecsctl.sandbox.aws.scheduler.state import Plan, Wire, memory, remember, repeated, sent
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.overlay import Refusal

_CLUSTER = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:cluster/[\w-]+", re.ASCII)
_DEFINITION = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:task-definition/[\w-]{1,255}(:\d+)?", re.ASCII)


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


@overlay.wraps(EventBridgeSchedulerResponse)
def create_schedule(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """A name is there once in its group; the same token is the same schedule."""
    backend, asked = response.scheduler_backend, sent(response, "CreateSchedule")
    if arn := repeated(backend, asked):
        return json.dumps({"ScheduleArn": arn})
    group = groups.active(backend, asked.get("GroupName") or "default")
    _check(backend, asked, group.arn)
    answer = original()
    made = group.schedules[asked["Name"]]
    memory(backend).plans[made.arn] = Plan(made.creation_date - 1)  # a rate is due at once
    remember(backend, asked, made.arn)
    return answer


@overlay.wraps(EventBridgeSchedulerResponse)
def update_schedule(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """All of it anew: "any fields that you do not provide … will be set to their system-default values" (API
    reference, UpdateSchedule).
    """  # fmt: skip
    backend, asked = response.scheduler_backend, sent(response, "UpdateSchedule")
    group = groups.active(backend, asked.get("GroupName") or "default")
    schedule = backend.get_schedule(group.name, asked["Name"])
    _check(backend, asked, group.arn)
    answer = original()
    schedule.state = asked.get("State") or "ENABLED"
    schedule.action_after_completion = asked.get("ActionAfterCompletion") or "NONE"
    memory(backend).plans[schedule.arn] = Plan(clock.now())
    return answer


@overlay.wraps(EventBridgeSchedulerResponse)
def list_schedules(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """A group that does not exist is an error (API reference, ListSchedules, ResourceNotFoundException)."""
    for name in response.querystring.get("ScheduleGroup") or ():
        if name not in response.scheduler_backend.schedule_groups:
            raise groups.missing(name)
    return original()


@overlay.wraps(EventBridgeSchedulerResponse)
def call_action(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """At each request, the state as of now."""
    groups.settle(response.scheduler_backend)
    return original()


@overlay.wraps(Schedule)
def to_dict(original: Any, _schedule: Schedule, short: bool = False) -> Wire:
    """With the defaults that AWS shows."""
    answer: Wire = original(short)
    answer["ActionAfterCompletion"] = answer["ActionAfterCompletion"] or "NONE"
    return {name: value for name, value in answer.items() if value is not None}


def _check(backend: EventBridgeSchedulerBackend, asked: Wire, group_arn: str) -> None:
    try:
        due.read(asked["ScheduleExpression"])
    except due.Invalid:  # localstack/localstack#9284 quotes it
        raise _invalid(f"Invalid Schedule Expression {asked['ScheduleExpression']}.") from None
    try:
        due.zone(asked.get("ScheduleExpressionTimezone") or "UTC")
    except due.Invalid:  # the wording is an assumption
        raise _invalid(f"Invalid Schedule Expression Timezone {asked['ScheduleExpressionTimezone']}.") from None
    window = asked["FlexibleTimeWindow"]
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):  # the wording is an assumption
        raise _invalid("MaximumWindowInMinutes is required with the mode FLEXIBLE, and goes with no other.")
    if asked.get("StartDate") and asked.get("EndDate") and asked["StartDate"] >= asked["EndDate"]:
        raise _invalid("The EndDate must be after the StartDate.")  # the wording is an assumption
    _check_target(asked["Target"])
    role = asked["Target"]["RoleArn"]
    if not iam.assumable(
        backend.account_id, role, invocations.PRINCIPAL, group_arn
    ):  # aws/aws-sdk-js-v3#6494 quotes it
        raise _invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


def _check_target(target: Wire) -> None:
    """The templated target of ECS alone is played; the wordings are assumptions."""
    if not _CLUSTER.fullmatch(target["Arn"]):
        raise _invalid("The sandbox runs schedules of ECS only: expected the ARN of a cluster in Target.Arn.")
    parameters = target.get("EcsParameters")
    if parameters is None:
        raise _invalid("EcsParameters must be provided for a target of Amazon ECS.")
    if not _DEFINITION.fullmatch(parameters["TaskDefinitionArn"]):
        raise _invalid(f"{parameters['TaskDefinitionArn']} is not the ARN of a task definition.")
    if parameters.get("LaunchType") and parameters.get("CapacityProviderStrategy"):
        raise _invalid("LaunchType and CapacityProviderStrategy cannot be specified together.")
    for tag in parameters.get("Tags") or ():
        if not tag.get("key") or not {*tag} <= {"key", "value"}:
            raise _invalid("A tag of a task has a key and a value.")
    try:
        given = json.loads(target.get("Input") or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise _invalid("Input must be the overrides of a task, as JSON.")
