"""When a job runs: a schedule of EventBridge Scheduler that starts one task."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import ClusterName, RoleArn, ScheduleGroupName, SecurityGroupId, SubnetId
from ecsctl.names import Names
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import JOBS, anywhere, apart, of, pass_roles
from ecsctl.resources.support.schedules import family_in, may_have_schedules, schedule, schedules_in, tags_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

SENT = ("ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "EndDate", "Description", "State", "KmsKeyArn",
        "Target", "FlexibleTimeWindow", "ActionAfterCompletion")  # fmt: skip
"""The fields of GetSchedule's answer that UpdateSchedule takes."""


@dataclass(frozen=True)
class ScheduleIds:
    """A schedule's ids."""

    group: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Schedule(Resource[ScheduleIds]):
    """A schedule that runs a task of a family: of its latest ACTIVE revision, since its ARN names none (ECS API
    reference, RunTask, taskDefinition: "If a revision isn't specified, the latest ACTIVE revision is used").

    It is found by its group and name. It carries no tags, but its tasks do, and those name its owner. What others have
    added, such as a dead-letter queue or an end date, stays.
    """

    kind = "schedule"
    title = "schedule"
    known_by = "IAM role"
    arns = "scheduler"
    within = ("group",)
    by_use = True
    console = "{console}/scheduler/home?region={region}#schedules/{group}/{name}"

    group: Fixed[ScheduleGroupName]
    name: Fixed[str]
    expression: str
    timezone: str
    enabled: bool | None  # None: paused or not, it stays that way
    flexible_time_window: int  # minutes within which Scheduler may choose the moment; 0: exactly on time
    role: RoleArn
    cluster: ClusterName
    family: str  # of the task definition; with a revision on AWS, if it names one
    launch_type: str
    subnets: frozenset[SubnetId]
    security_groups: frozenset[SecurityGroupId]
    assign_public_ip: bool
    task_group: str  # the group of its tasks, which tells them from others
    enable_execute_command: bool
    enable_ecs_managed_tags: bool
    maximum_retry_attempts: int  # of a start that ECS refuses; a failed command is not run again
    maximum_event_age_in_seconds: int  # how late such a start may be
    overrides: str  # of the task definition, as JSON; empty: none

    def __post_init__(self) -> None:
        if self.overrides:
            object.__setattr__(self, "overrides", json.dumps(json.loads(self.overrides), sort_keys=True))

    def summary(self) -> str:
        """Says when, and what."""
        paused = "; paused" if self.enabled is False else ""
        return f"{self.expression} in {self.timezone}: a task of {self.family}{paused}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        its = (scope.arn("scheduler", f"schedule/{scope.names.schedule_group}/*"),)
        yield anywhere("iam", "ListRoles")
        if uses.jobs:
            actions = "CreateSchedule DeleteSchedule GetSchedule UpdateSchedule"
            yield from apart(
                JOBS,
                Statement("Schedules", of("scheduler", actions), its),
                Statement("ScheduleList", ("scheduler:ListSchedules",), ("*",)),  # AWS has nothing narrower
                pass_roles("PassScheduler", (scope.role("scheduler"),), "scheduler"),
            )

    def observe(self, aws: Aws, me: Label) -> Observed[Schedule, ScheduleIds] | None:
        """Read by its group and name."""
        shown = schedule(aws, self.group, self.name)
        if shown is None:
            return None
        target, parameters = shown["Target"], shown["Target"].get("EcsParameters") or {}
        network = (parameters.get("NetworkConfiguration") or {}).get("awsvpcConfiguration") or {}
        window, policy = shown.get("FlexibleTimeWindow") or {}, target.get("RetryPolicy") or {}
        actual = Schedule(
            group=ScheduleGroupName(shown["GroupName"]),
            name=shown["Name"],
            expression=shown["ScheduleExpression"],
            timezone=shown.get("ScheduleExpressionTimezone", "UTC"),
            enabled=shown.get("State", "ENABLED") == "ENABLED",
            flexible_time_window=window.get("MaximumWindowInMinutes", 0),
            role=RoleArn(target["RoleArn"]),
            cluster=ClusterName(target["Arn"].rpartition("/")[2]),
            family=family_in(parameters.get("TaskDefinitionArn", "")),
            launch_type=parameters.get("LaunchType", ""),
            subnets=frozenset(map(SubnetId, network.get("Subnets", ()))),
            security_groups=frozenset(map(SecurityGroupId, network.get("SecurityGroups", ()))),
            assign_public_ip=network.get("AssignPublicIp") == "ENABLED",
            task_group=parameters.get("Group", ""),
            enable_execute_command=bool(parameters.get("EnableExecuteCommand")),
            enable_ecs_managed_tags=bool(parameters.get("EnableECSManagedTags")),
            maximum_retry_attempts=policy.get("MaximumRetryAttempts", 185),
            maximum_event_age_in_seconds=policy.get("MaximumEventAgeInSeconds", 86400),
            overrides=target.get("Input", ""),
        )
        note = "" if actual.enabled else "paused"
        return Observed(ScheduleIds(self.group, self.name), actual, tags_of(shown), note=note,
                        since=shown.get("CreationDate"))  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ScheduleIds]]:
        """All of the app's group that carry its tags."""
        if may_have_schedules(aws, Names.of(me)):
            yield from _found(aws, me, Names.of(me).schedule_group)

    @classmethod
    def find_recorded(
        cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]
    ) -> Iterator[Found[ScheduleIds]]:
        """All of the recorded groups that carry its tags."""
        for group in sorted({one["group"] for one in recorded}):
            yield from _found(aws, me, group)

    def create(self, aws: Aws, me: Label) -> ScheduleIds:
        """The name protects this call from doubling."""
        aws.scheduler.create_schedule(
            GroupName=self.group, Name=self.name, ClientToken=me.token(), **self._merged({"State": "ENABLED"}, me)
        )
        return ScheduleIds(self.group, self.name)

    def update(self, aws: Aws, me: Label, ids: ScheduleIds, changed: frozenset[str]) -> None:
        """All of it, on top of what is on AWS: omitted fields are reset to their default (API reference,
        UpdateSchedule).
        """
        with aws.uncached():
            shown = schedule(aws, self.group, self.name) or {}
        over = {name: shown[name] for name in SENT if name in shown}
        aws.scheduler.update_schedule(GroupName=self.group, Name=self.name, **self._merged(over, me))

    @classmethod
    def delete(cls, aws: Aws, ids: ScheduleIds) -> None:
        """A task that it has started keeps running."""
        aws.scheduler.delete_schedule(GroupName=ids.group, Name=ids.name)

    def _merged(self, over: dict[str, Any], me: Label) -> dict[str, Any]:
        """The desired state laid over what is on AWS."""
        place = f"arn:{me.partition}:ecs:{me.region}:{me.account}"
        shown_parameters, target = over.get("Target", {}).get("EcsParameters", {}), over.get("Target", {})
        network = {
            "Subnets": sorted(self.subnets),
            "SecurityGroups": sorted(self.security_groups),
            "AssignPublicIp": "ENABLED" if self.assign_public_ip else "DISABLED",
        }
        parameters = {
            **{name: value for name, value in shown_parameters.items() if name != "CapacityProviderStrategy"},
            "TaskDefinitionArn": f"{place}:task-definition/{self.family}",
            "LaunchType": self.launch_type,
            "NetworkConfiguration": {"awsvpcConfiguration": network},
            "Group": self.task_group,
            "EnableExecuteCommand": self.enable_execute_command,
            "EnableECSManagedTags": self.enable_ecs_managed_tags,
            "Tags": me.lower(),
        }
        made = {
            **{name: value for name, value in target.items() if name != "Input"},
            "Arn": f"{place}:cluster/{self.cluster}",
            "RoleArn": self.role,
            "RetryPolicy": {
                "MaximumRetryAttempts": self.maximum_retry_attempts,
                "MaximumEventAgeInSeconds": self.maximum_event_age_in_seconds,
            },
            "EcsParameters": parameters,
            **({"Input": self.overrides} if self.overrides else {}),
        }
        state = over["State"] if self.enabled is None else "ENABLED" if self.enabled else "DISABLED"
        window = (
            {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": self.flexible_time_window}
            if self.flexible_time_window
            else {"Mode": "OFF"}
        )
        return {
            **over,
            "ScheduleExpression": self.expression,
            "ScheduleExpressionTimezone": self.timezone,
            "State": state,
            "FlexibleTimeWindow": window,
            "Target": made,
        }


def _found(aws: Aws, me: Label, group: str) -> Iterator[Found[ScheduleIds]]:
    for shown in schedules_in(aws, group):
        if me.owns(tags := tags_of(shown)):
            yield Found(ScheduleIds(shown["GroupName"], shown["Name"]), tags)
