"""The schedules of a group, as EventBridge Scheduler returns them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import APP, flat
from ecsctl.resources.support import our_roles
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.names import Names

STARTED_BY = "chronos-schedule/"
"""The prefix of `startedBy` of a task that Scheduler has started; the schedule's name follows."""


def may_have_schedules(aws: Aws, names: Names) -> bool:
    """Whether the app may have schedules: the role with which they run its jobs exists as long as they do."""
    ours = replace(names, region=str(aws.session.region_name)).scheduler_role  # some names lack their region
    return any(one["RoleName"] == ours for one in our_roles.listed(aws))


def families_of_jobs(aws: Aws, names: Names) -> list[str]:
    """The families that the app's schedules run."""
    schedules = schedules_in(aws, names.schedule_group) if may_have_schedules(aws, names) else []
    found = {
        family_in(one["Target"]["EcsParameters"]["TaskDefinitionArn"]) for one in schedules if tags_of(one).get(APP)
    }
    return sorted(family for family in found if names.owns(family))


def schedule(aws: Aws, group: str, name: str) -> dict[str, Any] | None:
    """A schedule with its target; None if it does not exist."""
    return none_if_gone(lambda: aws.read(aws.scheduler.get_schedule, GroupName=group, Name=name))


def schedules_in(aws: Aws, group: str) -> list[dict[str, Any]]:
    """All schedules of a group with their targets, sorted by name: a listing omits the targets."""
    listed = none_if_gone(partial(aws.read, aws.scheduler.list_schedules, GroupName=group))
    names = sorted(one["Name"] for one in listed["Schedules"]) if listed else ()
    return [one for one in (schedule(aws, group, name) for name in names) if one is not None]


def tags_of(schedule: dict[str, Any]) -> dict[str, str]:
    """The tags for a schedule's tasks, by which the schedule is recognized: it has no tags of its own."""
    return flat((schedule["Target"].get("EcsParameters") or {}).get("Tags"))


def family_in(arn: str) -> str:
    """The family in a task definition's ARN, with the revision if there is one, which is a difference from ours."""
    return arn.rpartition("/")[2]
