"""A schedule and its group: parts of the stack of ECS, and the rows of their kinds."""

from __future__ import annotations

import json
from typing import Any

from ecsctl.engine.stack import Stack
from ecsctl.ids import ClusterName, RoleArn, RoleName, ScheduleGroupName
from ecsctl.resources.schedule import Schedule
from ecsctl.resources.schedule_group import ScheduleGroup
from tests.desired_stack import usual
from tests.rows.row import ByHand, Row

REGION = "eu-central-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def roles(iam: Any) -> list[RoleArn]:
    """Two that Scheduler can assume, the first by the name that the app's has."""
    mine = {"Path": "/ecsctl/", "AssumeRolePolicyDocument": json.dumps(TRUST)}
    names = (f"shop-{REGION}-{name}" for name in ("scheduler", "other-scheduler"))
    return [RoleArn(iam.create_role(RoleName=name, **mine)["Role"]["Arn"]) for name in names]


def compose(
    stack: Stack, ground: Any, cluster: ClusterName, family: str, schedule: dict[str, Any], group: dict[str, Any]
) -> None:
    """The two parts, with these changes."""
    role = RoleName(f"shop-{REGION}-scheduler")
    made = stack.ensure("schedules", ScheduleGroup(**{"name": "shop", "role": role, **group}))
    desired: dict[str, Any] = {
        "group": made.name,
        "name": "nightly",
        "cluster": cluster,
        "family": family,
        "expression": "cron(0 3 * * ? *)",
        "role": ground.scheduler_role,
        "subnets": ground.subnets,
        "security_groups": frozenset({ground.back}),
        "assign_public_ip": True,
        "task_group": "ecsctl:nightly",
    }
    stack.ensure("schedule nightly", usual(Schedule, **desired | schedule))


def _by_hand(**changes: Any) -> ByHand:
    """Somebody changes the schedule by hand: a function gets its target."""

    def change(cloud: Any, ids: Any) -> None:
        scheduler = cloud.boto("scheduler")
        found = scheduler.get_schedule(GroupName="shop", Name="nightly")
        sent = {name: found[name] for name in ("ScheduleExpression", "FlexibleTimeWindow", "Target", "State")}
        for name, change in changes.items():
            sent[name] = change(sent[name]) if callable(change) else change
        scheduler.update_schedule(GroupName="shop", Name="nightly", **sent)

    return change


def _untagged(target: dict[str, Any]) -> dict[str, Any]:
    parameters = target["EcsParameters"]
    tags = [one for one in parameters["Tags"] if one["key"] != "owner"]
    return {**target, "EcsParameters": {**parameters, "Tags": tags}}


QUEUE = f"arn:aws:sqs:{REGION}:123456789012:theirs"


def _dead_letters(cloud: Any, ids: Any) -> None:
    _by_hand(Target=lambda target: {**target, "DeadLetterConfig": {"Arn": QUEUE}})(cloud, ids)


def _has_dead_letters(cloud: Any, ids: Any) -> bool:
    target = cloud.boto("scheduler").get_schedule(GroupName="shop", Name="nightly")["Target"]
    return bool(target.get("DeadLetterConfig") == {"Arn": QUEUE})


def _untag_group(cloud: Any, ids: Any) -> None:
    cloud.boto("scheduler").untag_resource(ResourceArn=ids["schedules"].arn, TagKeys=["owner"])


ROWS = (
    Row(
        ScheduleGroup,
        "ecs",
        "schedules",
        {},
        {"name": "other"},
        by_hand={"tags": _untag_group},
    ),
    Row(
        Schedule,
        "ecs",
        "schedule nightly",
        {
            "expression": "rate(5 days)",
            "timezone": "Europe/Berlin",
            "enabled": False,
            "flexible_time_window": 10,
            "role": lambda ground: ground.other_scheduler,
            "subnets": lambda ground: frozenset(sorted(ground.subnets)[:1]),
            "security_groups": lambda ground: frozenset({ground.other_group}),
            "assign_public_ip": False,
            "task_group": "ecsctl:weekly",
            "enable_execute_command": True,
            "enable_ecs_managed_tags": False,
            "maximum_retry_attempts": 3,
            "maximum_event_age_in_seconds": 600,
            "overrides": '{"containerOverrides": [{"name": "app", "command": ["x"]}]}',
        },
        {
            "group": ScheduleGroupName("other"),
            "name": "other",
            "cluster": ClusterName("other"),
            "family": "other",
            "launch_type": "EC2",
        },
        by_hand={
            "expression": _by_hand(ScheduleExpression="rate(2 days)"),
            "flexible_time_window": _by_hand(FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}),
            "overrides": _by_hand(Target=lambda target: {**target, "Input": "{}"}),
            "tags": _by_hand(Target=_untagged),
        },
        beside=_dead_letters,
        kept=_has_dead_letters,
    ),
)
