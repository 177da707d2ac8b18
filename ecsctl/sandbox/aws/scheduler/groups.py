"""Schedule groups: only they have tags, and they are deleted once their schedules are."""

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
    """API reference, CreateScheduleGroup: a name is there once, also while its group is being deleted."""
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
    """Its schedules go with it, and it is DELETING until they have (EventBridge Scheduler user guide, "Deleting a
    schedule group"). The default one stays: how AWS says so is an assumption, and so is what it says a second time.
    """  # fmt: skip
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
    """With its state."""
    region, account = group.arn.split(":")[3:5]
    leaving = memory(scheduler_backends[account][region]).leaving
    return {**original(), "State": "DELETING" if group.name in leaving else "ACTIVE"}


def _tagged(response: EventBridgeSchedulerResponse, operation: str, **more: Any) -> str:
    """The ARN of the group in the path: schedules carry no tags, and the model takes none of theirs."""
    arn = unquote(response.uri.split("?")[0].split("/tags/")[-1])
    if wrong := constraints.violation("scheduler", operation, {"ResourceArn": arn, **more}):
        raise Refusal("ValidationException", wrong)
    if arn.rpartition("/")[2] not in response.scheduler_backend.schedule_groups:
        raise missing(arn.rpartition("/")[2])
    return arn


@overlay.wraps(EventBridgeSchedulerResponse)
def list_tags_for_resource(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Only of a group that exists."""
    _tagged(response, "ListTagsForResource")
    return original()


@overlay.wraps(EventBridgeSchedulerResponse)
def tag_resource(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """So many at most (API reference, TagResource). The wording is an assumption."""
    tags = json.loads(response.body)["Tags"]
    arn = _tagged(response, "TagResource", Tags=tags)
    current = response.scheduler_backend.tagger.get_tag_dict_for_resource(arn)
    if len(current | {one["Key"]: one["Value"] for one in tags}) > _MOST_TAGS:
        raise Refusal("ValidationException", f"A schedule group can have at most {_MOST_TAGS} tags.")
    return original()


@overlay.wraps(EventBridgeSchedulerResponse)
def untag_resource(original: Any, response: EventBridgeSchedulerResponse) -> Any:
    """Only of a group that exists."""
    _tagged(response, "UntagResource", TagKeys=response.querystring.get("TagKeys") or [])
    return original()
