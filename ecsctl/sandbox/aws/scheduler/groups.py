"""Schedule groups: the only resources with tags, deleted after their schedules."""

import json
from typing import Any
from urllib.parse import unquote

from moto.scheduler.models import ScheduleGroup, scheduler_backends
from moto.scheduler.responses import EventBridgeSchedulerResponse

from ecsctl.sandbox.aws.scheduler.checks import active, missing
from ecsctl.sandbox.aws.scheduler.state import memory, remember, repeated, sent
from ecsctl.sandbox.core import clock, constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal

_MOST_TAGS = 200


@overlay.wraps(EventBridgeSchedulerResponse)
def create_schedule_group(_original: Any, response: EventBridgeSchedulerResponse) -> str:
    """Refuse an existing name, even while its group is being deleted (API reference, CreateScheduleGroup)."""
    backend = response.scheduler_backend
    asked = sent(response, "CreateScheduleGroup")
    if arn := repeated(backend, asked):
        return json.dumps({"ScheduleGroupArn": arn})
    if asked["Name"] in backend.schedule_groups:
        raise Refusal("ConflictException", f"Schedule group {asked['Name']} already exists.")
    made = backend.create_schedule_group(asked["Name"], asked.get("Tags") or [])
    remember(backend, asked, made.arn)
    return json.dumps({"ScheduleGroupArn": made.arn})


@overlay.wraps(EventBridgeSchedulerResponse)
def delete_schedule_group(_original: Any, response: EventBridgeSchedulerResponse) -> str:
    """Delete a group with its schedules; it is DELETING until they are deleted (EventBridge Scheduler user guide,
    "Deleting a schedule group"). The messages for the default group and for a second call are assumptions.

    Raises Refusal.
    """
    backend = response.scheduler_backend
    name = sent(response, "DeleteScheduleGroup")["Name"]
    if name == "default":
        raise Refusal("ValidationException", "The default schedule group cannot be deleted.")
    group = active(backend, name)
    group.schedules.clear()
    memory(backend).leaving[name] = clock.now()
    return "{}"


@overlay.wraps(ScheduleGroup, "to_dict")
def with_state(original: Any, group: ScheduleGroup) -> dict[str, Any]:
    """Add the group's state."""
    region, account = group.arn.split(":")[3:5]
    leaving = memory(scheduler_backends[account][region]).leaving
    return {**original(), "State": "DELETING" if group.name in leaving else "ACTIVE"}


def _tagged(response: EventBridgeSchedulerResponse, operation: str, **more: Any) -> str:
    """The ARN of the group in the path. Refuses missing groups, and schedules, which carry no tags."""
    arn = unquote(response.uri.split("?")[0].split("/tags/")[-1])
    if wrong := constraints.violation("scheduler", operation, {"ResourceArn": arn, **more}):
        raise Refusal("ValidationException", wrong)
    if arn.rpartition("/")[2] not in response.scheduler_backend.schedule_groups:
        raise missing(arn.rpartition("/")[2])
    return arn


@overlay.wraps(EventBridgeSchedulerResponse)
def list_tags_for_resource(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Refuse for a group that does not exist."""
    _tagged(response, "ListTagsForResource")
    return original()


@overlay.wraps(EventBridgeSchedulerResponse)
def tag_resource(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Refuse too many tags (API reference, TagResource). The wording is an assumption."""
    tags = json.loads(response.body)["Tags"]
    arn = _tagged(response, "TagResource", Tags=tags)
    current = response.scheduler_backend.tagger.get_tag_dict_for_resource(arn)
    if len(current | {one["Key"]: one["Value"] for one in tags}) > _MOST_TAGS:
        raise Refusal("ValidationException", f"A schedule group can have at most {_MOST_TAGS} tags.")
    return original()


@overlay.wraps(EventBridgeSchedulerResponse)
def untag_resource(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Refuse for a group that does not exist."""
    _tagged(response, "UntagResource", TagKeys=response.querystring.get("TagKeys") or [])
    return original()
