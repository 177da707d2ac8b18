"""A schedule and its group: what others add to them, and what a run may meet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ecsctl.resources.schedule_group import ScheduleGroup
from tests.rows.ecs import Ground

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:lost"


@pytest.fixture
def ground(cloud: Any) -> Ground:
    return Ground(cloud)


@pytest.fixture
def scheduler(cloud: Any) -> Any:
    return cloud.boto("scheduler")


def described(scheduler: Any) -> dict[str, Any]:
    found: dict[str, Any] = scheduler.get_schedule(GroupName="shop", Name="nightly")
    return found


def sent(found: dict[str, Any], **changes: Any) -> dict[str, Any]:
    names = ("GroupName", "Name", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "State",
             "Target", "EndDate")  # fmt: skip
    return {**{name: found[name] for name in names if name in found}, **changes}


def test_what_others_add_stays_over_a_change_of_ours(cloud: Any, ground: Ground, scheduler: Any) -> None:
    cloud.up(ground.stack(schedule={}))
    schedule = described(scheduler)
    until = datetime(2099, 1, 1, tzinfo=UTC)
    target = {**schedule["Target"], "DeadLetterConfig": {"Arn": QUEUE}}
    scheduler.update_schedule(**sent(schedule, Target=target, EndDate=until, Description="theirs"))
    assert cloud.plan(ground.stack(schedule={})).work == ()
    cloud.up(ground.stack(schedule={"expression": "rate(1 day)"}))
    now = described(scheduler)
    assert now["ScheduleExpression"] == "rate(1 day)"
    assert (now["Target"]["DeadLetterConfig"]["Arn"], now["EndDate"], now["Description"]) == (QUEUE, until, "theirs")


def test_a_pause_is_nobodys_drift_where_the_file_says_nothing(cloud: Any, ground: Ground, scheduler: Any) -> None:
    silent = ground.stack(schedule={"enabled": None})
    cloud.up(silent)
    assert described(scheduler)["State"] == "ENABLED"
    scheduler.update_schedule(**sent(described(scheduler), State="DISABLED"))
    assert cloud.plan(silent).work == ()
    cloud.up(ground.stack(schedule={"enabled": None, "timezone": "Europe/Berlin"}))
    assert described(scheduler)["State"] == "DISABLED"
    (step,) = cloud.plan(ground.stack(schedule={"enabled": True, "timezone": "Europe/Berlin"})).work
    assert {one.field for one in step.changes} == {"enabled"}


def test_a_revision_in_its_target_is_a_difference(cloud: Any, ground: Ground, scheduler: Any) -> None:
    """It would go on running that one."""
    cloud.up(ground.stack(schedule={}))
    schedule = described(scheduler)
    parameters = schedule["Target"]["EcsParameters"]
    pinned = {**parameters, "TaskDefinitionArn": f"{parameters['TaskDefinitionArn']}:1"}
    scheduler.update_schedule(**sent(schedule, Target={**schedule["Target"], "EcsParameters": pinned}))
    (step,) = cloud.plan(ground.stack(schedule={})).work
    assert {one.field for one in step.changes} == {"family"}
    cloud.up(ground.stack(schedule={}))
    assert described(scheduler)["Target"]["EcsParameters"]["TaskDefinitionArn"].endswith(":task-definition/shop")


def test_what_others_have_put_into_the_group_is_reported_before_it_goes(
    cloud: Any, ground: Ground, scheduler: Any
) -> None:
    cloud.up(ground.stack(schedule={}))
    ids = cloud.see("schedules", ScheduleGroup(name="shop", role="")).ids  # type: ignore[arg-type]  # a name is one
    assert ScheduleGroup.contents(cloud.aws, ids).summary == ""
    schedule = described(scheduler)
    parameters = {**schedule["Target"]["EcsParameters"], "Tags": []}
    target = {**schedule["Target"], "EcsParameters": parameters}
    scheduler.create_schedule(**sent(schedule, Name="theirs", Target=target))
    assert ScheduleGroup.contents(cloud.aws, ids).summary == "1 schedule of others: theirs"


def test_a_group_that_still_goes_is_waited_for(cloud: Any, ground: Ground, scheduler: Any) -> None:
    cloud.up(ground.stack(schedule={}))
    scheduler.delete_schedule_group(Name="shop")
    cloud.up(ground.stack(schedule={}))
    assert scheduler.get_schedule_group(Name="shop")["State"] == "ACTIVE"
    assert cloud.plan(ground.stack(schedule={})).work == ()
