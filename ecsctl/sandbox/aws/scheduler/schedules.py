"""Creating, updating and returning schedules, with AWS's defaults."""

import json
from typing import Any

from moto.scheduler.models import Schedule
from moto.scheduler.responses import EventBridgeSchedulerResponse

from ecsctl.sandbox.aws.scheduler.checks import active, check, missing
from ecsctl.sandbox.aws.scheduler.state import Plan, Wire, memory, remember, repeated, sent
from ecsctl.sandbox.core import clock, overlay


@overlay.wraps(EventBridgeSchedulerResponse)
def create_schedule(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Create a schedule, whose name is unique in its group; the same token returns the same schedule."""
    backend, asked = response.scheduler_backend, sent(response, "CreateSchedule")
    if arn := repeated(backend, asked):
        return json.dumps({"ScheduleArn": arn})
    group = active(backend, asked.get("GroupName") or "default")
    check(backend, asked, group.arn)
    answer = original()
    made = group.schedules[asked["Name"]]
    memory(backend).plans[made.arn] = Plan(made.creation_date - 1)  # a rate is due at once
    remember(backend, asked, made.arn)
    return answer


@overlay.wraps(EventBridgeSchedulerResponse)
def update_schedule(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Replace every setting: "any fields that you do not provide … will be set to their system-default values" (API
    reference, UpdateSchedule).
    """  # fmt: skip
    backend, asked = response.scheduler_backend, sent(response, "UpdateSchedule")
    group = active(backend, asked.get("GroupName") or "default")
    schedule = backend.get_schedule(group.name, asked["Name"])
    check(backend, asked, group.arn)
    answer = original()
    schedule.state = asked.get("State") or "ENABLED"
    schedule.action_after_completion = asked.get("ActionAfterCompletion") or "NONE"
    memory(backend).plans[schedule.arn] = Plan(clock.now())
    return answer


@overlay.wraps(EventBridgeSchedulerResponse)
def list_schedules(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Refuse for a group that does not exist (API reference, ListSchedules, ResourceNotFoundException)."""
    for name in response.querystring.get("ScheduleGroup") or ():
        if name not in response.scheduler_backend.schedule_groups:
            raise missing(name)
    return original()


@overlay.wraps(Schedule)
def to_dict(original: Any, _schedule: Schedule, short: bool = False) -> Wire:
    """The schedule with AWS's defaults."""
    answer: Wire = original(short)
    answer["ActionAfterCompletion"] = answer["ActionAfterCompletion"] or "NONE"
    return {name: value for name, value in answer.items() if value is not None}
