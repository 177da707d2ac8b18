"""The group that holds an app's schedules, and carries the tags that they cannot carry."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import APP, Label, flat
from ecsctl.engine.resource import Contents, Fixed, Found, Observed, Order, Resource
from ecsctl.ids import RoleName, ScheduleGroupName
from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import JOBS, anywhere, apart, of
from ecsctl.resources.support.schedules import may_have_schedules, schedules_in, tags_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class ScheduleGroupIds:
    """A schedule group's ids."""

    name: ScheduleGroupName
    arn: str


@dataclass(frozen=True, kw_only=True)
class ScheduleGroup(Resource[ScheduleGroupIds]):
    """A group of EventBridge Scheduler. It is found by its name."""

    kind = "schedule-group"
    title = "schedule group"
    data = True  # what others have put into it
    known_by = "IAM role"
    holds_until_gone = True
    arns = "scheduler"
    usual_delete_seconds = 20.0
    limit_seconds = 600.0
    console = "{console}/scheduler/home?region={region}#schedule-groups/{name}"

    name: Fixed[str]
    role: Order[RoleName]  # outlives it, and so shows that there may be one

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read and delete it: a group's schedules are deleted with it."""
        yield anywhere("iam", "ListRoles")
        if uses.jobs:
            arn = scope.arn("scheduler", f"schedule-group/{scope.names.schedule_group}")
            actions = "CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup ListTagsForResource TagResource"
            its = scope.arn("scheduler", f"schedule/{scope.names.schedule_group}/*")
            yield from apart(
                JOBS,
                Statement("ScheduleGroup", of("scheduler", actions), (arn,)),
                Statement("Schedules", ("scheduler:DeleteSchedule",), (its,)),
            )

    def observe(self, aws: Aws, me: Label) -> Observed[ScheduleGroup, ScheduleGroupIds] | None:
        """Read by its name. One that is being deleted counts as gone: there is nothing to do but wait."""
        group = _group(aws, self.name)
        if group is None or group["State"] != "ACTIVE":
            return None
        tags: Any = aws.read(aws.scheduler.list_tags_for_resource, ResourceArn=group["Arn"])
        ids = ScheduleGroupIds(ScheduleGroupName(group["Name"]), group["Arn"])
        actual = ScheduleGroup(name=group["Name"], role=self.role)
        return Observed(ids, actual, flat(tags["Tags"]), since=group.get("CreationDate"))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ScheduleGroupIds]]:
        """Found by the app's name, until it is really gone; only if the role that runs its jobs exists."""
        if may_have_schedules(aws, Names.of(me)):
            yield from _found(aws, Names.of(me).schedule_group)

    @classmethod
    def find_recorded(
        cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]
    ) -> Iterator[Found[ScheduleGroupIds]]:
        """Found by the recorded names, whether or not that role exists."""
        for ids in recorded:
            yield from _found(aws, ids["name"])

    def create(self, aws: Aws, me: Label) -> ScheduleGroupIds:
        """The name protects this call from doubling."""
        answer = aws.scheduler.create_schedule_group(Name=self.name, Tags=me.upper(), ClientToken=me.token())
        return ScheduleGroupIds(ScheduleGroupName(self.name), answer["ScheduleGroupArn"])

    def update(self, aws: Aws, me: Label, ids: ScheduleGroupIds, changed: frozenset[str]) -> None:
        """Set its tags: a group has nothing else to change."""
        aws.scheduler.tag_resource(ResourceArn=ids.arn, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: ScheduleGroupIds) -> None:
        """Its schedules are deleted with it, and it exists until they are gone (Scheduler API reference,
        DeleteScheduleGroup).
        """
        with aws.uncached():
            group = _group(aws, ids.name)
        if group is not None and group["State"] == "ACTIVE":
            aws.scheduler.delete_schedule_group(Name=ids.name)

    @classmethod
    def contents(cls, aws: Aws, ids: ScheduleGroupIds) -> Contents:
        """The schedules that others have put into it."""
        others = [one["Name"] for one in schedules_in(aws, ids.name) if APP not in tags_of(one)]
        if not others:
            return Contents()
        return Contents(f"{len(others)} schedule{'s' * (len(others) > 1)} of others: {', '.join(sorted(others))}")


def _found(aws: Aws, name: str) -> Iterator[Found[ScheduleGroupIds]]:
    group = _group(aws, name)
    if group is None:
        return
    tags = none_if_gone(lambda: aws.read(aws.scheduler.list_tags_for_resource, ResourceArn=group["Arn"]))
    if tags is not None:
        yield Found(ScheduleGroupIds(ScheduleGroupName(group["Name"]), group["Arn"]), flat(tags["Tags"]))


def _group(aws: Aws, name: str) -> Any:
    return none_if_gone(lambda: aws.read(aws.scheduler.get_schedule_group, Name=name))
