"""What CreateSchedule and UpdateSchedule check.

API reference, CreateSchedule, Target and EcsParameters. If no public report quotes AWS's message, a comment says
that the wording is an assumption.
"""

import json
import re

from moto.scheduler.models import EventBridgeSchedulerBackend, ScheduleGroup

from ecsctl import due
from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.scheduler.state import Wire, memory
from ecsctl.sandbox.aws.scheduler.time import PRINCIPAL
from ecsctl.sandbox.core.overlay import Refusal

_CLUSTER = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:cluster/[\w-]+", re.ASCII)
_DEFINITION = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:task-definition/[\w-]{1,255}(:\d+)?", re.ASCII)


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def missing(name: str) -> Refusal:
    """AWS's ResourceNotFoundException."""
    return Refusal("ResourceNotFoundException", f"Schedule group {name} does not exist.")


def active(backend: EventBridgeSchedulerBackend, name: str) -> ScheduleGroup:
    """The group, to create a schedule in it. The error for one that is being deleted is an assumption."""
    group = backend.schedule_groups.get(name)
    if group is None:
        raise missing(name)
    if name in memory(backend).leaving:
        raise Refusal("ConflictException", f"Schedule group {name} is being deleted.")
    return group


def check(backend: EventBridgeSchedulerBackend, asked: Wire, group_arn: str) -> None:
    """Refuse a schedule that AWS would refuse, by the request's parameters."""
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
    if not iam.can_be_assumed(backend.account_id, role, PRINCIPAL, group_arn):  # aws/aws-sdk-js-v3#6494 quotes it
        raise _invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


def _check_target(target: Wire) -> None:
    """Check the target: only ECS's templated target is simulated. The wordings are assumptions."""
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
