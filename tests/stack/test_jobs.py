"""Jobs: they come, change and go, run when they are due, and have the image of the release that serves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecsctl.engine.plan import Verb
from ecsctl.operations import jobs
from ecsctl.releases import release
from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.ecr import put_image
from ecsctl.session import open_app
from ecsctl.ui import jobs as shown
from ecsctl.why import why
from tests.stack.changes import PUSHED
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same
from tests.stack.events import matches

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
NIGHTLY: dict[str, Any] = {"command": ["sh", "-c", "echo reported && exit 3"], "schedule": "cron(0 3 * * ? *)",
                           "time_zone": "Europe/Berlin"}  # fmt: skip
LIMITED = {**NIGHTLY, "timeout_minutes": 60, "overlap": "refuse"}
BARE = desired_stack(domain=None, github=None)


def scheduled(base: dict[str, Any], **its: Any) -> dict[str, Any]:
    return {**base, "jobs": its}


def definition(world: World, name: str = "hello_nightly") -> dict[str, Any]:
    found: dict[str, Any] = world.boto("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"]
    return found


def image(world: World, name: str = "hello_nightly") -> str:
    return str(next(one["image"] for one in definition(world, name)["containerDefinitions"] if one["name"] == "hello"))


def serves(world: World) -> str:
    found = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    return image(world, found["taskDefinition"])


def moment(world: World) -> datetime:
    return datetime.fromtimestamp(world.clock.now(), UTC)


def until(world: World, hour: int, minute: int = 0) -> None:
    now = moment(world)
    due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    world.clock.sleep(((due - now) % timedelta(days=1)).total_seconds() or 86400)


def tasks(world: World) -> list[dict[str, Any]]:
    ecs = world.boto("ecs")
    arns = []
    for status in ("RUNNING", "STOPPED"):
        arns += ecs.list_tasks(cluster="hello", family="hello_nightly", desiredStatus=status)["taskArns"]
    found: list[dict[str, Any]] = (
        ecs.describe_tasks(cluster="hello", tasks=arns, include=["TAGS"])["tasks"] if arns else []
    )
    return found


def read(world: World) -> jobs.Job:
    session = open_app(world.aws(), "hello", world.state_file, emit=world.events.append)
    return jobs.read(session.aws, session.engine.label)[0]


def test_a_job_comes_to_a_running_app_runs_is_changed_and_goes(world: World) -> None:
    world.running(BARE, IMAGE)
    said = scheduled(BARE, nightly=NIGHTLY)
    plan = world.plan(said)
    assert {(one.name, one.verb) for one in plan.work} == {
        (name, Verb.CREATE) for name in ("scheduler-role", "schedules", "task-definition nightly", "schedule nightly")
    }
    world.up(said)
    assert image(world) == IMAGE
    assert world.plan(said).work == ()
    world.state_file.unlink()
    assert world.plan(said).work == ()

    until(world, 2, 10)  # past 3 o'clock in Berlin, in winter
    [task] = tasks(world)
    assert (task["group"], task["containers"][0]["exitCode"]) == ("ecsctl:nightly", 3)
    assert {"key": "ecsctl:app", "value": "hello"} in task["tags"]
    logs = world.boto("logs").filter_log_events(logGroupName="/ecs/hello", logStreamNamePrefix="nightly/")["events"]
    assert [one["message"] for one in logs] == ["reported"]
    job = read(world)
    assert job.last
    assert (job.last.outcome, job.last.exit_code, job.last.scheduled, job.paused) == ("failed", 3, True, False)
    assert job.next_run
    assert job.next_run.astimezone(UTC).hour == 2
    world.clock.sleep(2 * 3600)
    assert (read(world).last, read(world).last_written is not None) == (None, True)

    other = scheduled(BARE, nightly={**NIGHTLY, "command": ["true"], "schedule": "rate(2 days)"})
    assert {one.name for one in world.plan(other).work} == {"task-definition nightly", "schedule nightly"}
    world.up(other)
    assert definition(world)["containerDefinitions"][0]["command"] == ["true"]
    world.up(BARE)
    assert world.plan(BARE).work == ()
    assert world.boto("scheduler").list_schedule_groups(NamePrefix="hello")["ScheduleGroups"] == []


def test_it_has_the_image_that_serves_after_a_push_and_never_one_that_was_rolled_back(world: World) -> None:
    said = scheduled(PUSHED, nightly=NIGHTLY)
    world.running(said)
    stages = world.boto("codepipeline").get_pipeline(name="hello")["pipeline"]["stages"]
    assert [one["name"] for one in stages][-2:] == ["Deploy", "Jobs"]
    assert image(world) == serves(world)
    first = serves(world)
    push.push("main")
    world.clock.sleep(3600)
    assert image(world) == serves(world) != first
    assert world.plan(said).work == ()
    good = serves(world)
    push.push("main", fail="crash")
    world.clock.sleep(2 * 3600)
    assert image(world) == serves(world) == good
    assert world.plan(said).work == ()


def test_a_run_that_did_not_begin_is_reported(world: World) -> None:
    said = scheduled(BARE, nightly=NIGHTLY)
    world.running(said, IMAGE)
    policy = {"RoleName": "hello-eu-central-1-scheduler", "PolicyName": "ecsctl"}
    world.boto("iam").delete_role_policy(**policy)
    until(world, 2, 10)
    job = read(world)
    assert (job.last, job.missed and job.missed.hour) == (None, 2)
    assert "  was due 10 min ago, and nothing has started" in "\n".join(map(str, shown.table([job], moment(world))))
    assert [(one.name, one.sentence) for one in why(world.aws(), "hello").causes] == [
        ("job-missed", "the job nightly was due, and no run has begun")
    ]
    assert {one.name for one in world.plan(said).work} == {"scheduler-role"}
    world.up(said)
    jobs.begin(world.aws(), open_app(world.aws(), "hello", world.state_file).engine.label, "nightly")
    assert read(world).missed is None


def test_without_an_image_no_clock_starts_it_and_with_one_the_next_up_does(world: World) -> None:
    said = scheduled(BARE, nightly=NIGHTLY)
    world.running(said)
    assert world.boto("scheduler").list_schedules()["Schedules"] == []
    assert world.plan(said).work == ()
    put_image(ACCOUNT, REGION, "hello", ["first", "latest"])
    assert "schedule nightly" in {one.name for one in world.plan(said).work}
    world.up(said)
    assert (read(world).name, image(world)) == ("nightly", serves(world))
    assert world.plan(said).work == ()


def test_one_that_somebody_has_paused_stays_so_unless_the_file_says_otherwise(world: World) -> None:
    said = scheduled(BARE, nightly=NIGHTLY)
    world.running(said, IMAGE)
    session = open_app(world.aws(), "hello", world.state_file, emit=world.events.append)
    assert jobs.pause(session.aws, session.engine.label, "nightly", paused=True)
    assert not jobs.pause(session.aws, session.engine.label, "nightly", paused=True)
    assert world.plan(said).work == ()
    world.up(scheduled(BARE, nightly={**NIGHTLY, "schedule": "rate(1 hour)"}))
    assert (read(world).paused, read(world).next_run) == (True, None)
    resumed = scheduled(BARE, nightly={**NIGHTLY, "schedule": "rate(1 hour)", "paused": False})
    assert [change.field for one in world.plan(resumed).work for change in one.changes] == ["enabled"]
    world.up(resumed)
    assert not read(world).paused


def test_a_run_ends_after_its_time_and_a_second_one_at_the_same_time_does_not_begin(world: World) -> None:
    said = scheduled(BARE, nightly={**LIMITED, "command": ["sleep", "100000"]})
    world.running(said, IMAGE)
    assert definition(world)["taskRoleArn"].endswith("-task-nightly")
    session = open_app(world.aws(), "hello", world.state_file, emit=world.events.append)
    first = jobs.begin(session.aws, session.engine.label, "nightly")
    world.clock.sleep(120)
    assert read(world).last is not None
    second = jobs.begin(session.aws, session.engine.label, "nightly")
    world.clock.sleep(120)
    refused = jobs.ended(session.aws, session.engine.label, second)
    assert refused
    assert (refused.outcome, refused.exit_code) == ("refused", None)
    running = jobs.ended(session.aws, session.engine.label, first)
    assert running
    assert running.outcome == "running"
    world.clock.sleep(3600)
    late = jobs.ended(session.aws, session.engine.label, first)
    assert late
    assert late.outcome == "timed out"
    assert world.plan(said).work == ()


@pytest.mark.parametrize("lost", [False, True])
def test_down_leaves_nothing_of_a_job_even_while_it_runs(world: World, lost: bool) -> None:
    before = world.account()
    said = scheduled(PUSHED, nightly={**LIMITED, "command": ["sleep", "100000"], "schedule": "rate(1 hour)"})
    world.up(said)
    world.clock.sleep(3600 + 120)
    assert read(world).last is not None
    if lost:
        world.state_file.unlink()
    world.down()
    world.clock.sleep(60)
    same(before, world.account())


def test_what_is_deployed_by_hand_reaches_it_once_it_serves_and_going_back_takes_it_along(world: World) -> None:
    said = scheduled(BARE, nightly=NIGHTLY)
    world.running(said, IMAGE)
    session = open_app(world.aws(), "hello", world.state_file, emit=world.events.append)
    other = IMAGE.replace("1.27", "1.28")
    release.deploy(session.aws, session.state, other, say=print)
    assert image(world) == serves(world) == other
    release.rollback(session.aws, session.state, agree=lambda now, then: None, say=print)
    back = serves(world)
    assert image(world) == back != other
    ecs.script_tasks(ACCOUNT, "1.29", "crash")
    release.deploy(session.aws, session.state, IMAGE.replace("1.27", "1.29"), say=print, limit=3600)
    assert image(world) == serves(world) == back
    assert world.plan(said).work == ()


def ended(
    *containers: tuple[str, int], code: str = "EssentialContainerExited", job: str = "nightly", why: str = ""
) -> Any:
    """As the ECS guide, "Amazon ECS task state change events", shows the end of a task."""
    detail = {
        "clusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/hello",
        "group": f"ecsctl:{job}",
        "lastStatus": "STOPPED",
        "stopCode": code,
        "stoppedReason": why or "Essential container in task exited",
        "taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/hello/1",
        "containers": [{"name": name, "exitCode": exit_code} for name, exit_code in containers],
    }
    return {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}


def test_a_run_that_failed_is_reported_and_no_other_end_is(world: World) -> None:
    said = {**scheduled(BARE, nightly=LIMITED), "notify": {"email": ["ops@example.com"]}}
    world.running(said, IMAGE)
    rule = world.boto("events").describe_rule(Name="hello-failed-jobs")
    pattern = json.loads(rule["EventPattern"])
    failed = (
        ended(("hello", 3), ("ecsctl-timeout", 137), ("ecsctl-overlap", 0)),
        ended(("hello", 0), ("ecsctl-timeout", 0), ("ecsctl-overlap", 0)),  # it took too long, and heeded SIGTERM
        ended(code="TaskFailedToStart", why="CannotPullContainerError: pull image manifest has been retried"),
    )
    assert all(matches(pattern, one) for one in failed)
    fine = (
        ended(("hello", 0), ("ecsctl-timeout", 137), ("ecsctl-overlap", 0)),
        ended(("hello", 143), ("ecsctl-timeout", 143), ("ecsctl-overlap", 75)),  # refused: another was not over
        ended(("hello", 137), ("ecsctl-timeout", 137), code="UserInitiated"),
        ended(("hello", 3), job="run"),
    )
    assert not any(matches(pattern, one) for one in fine)
    [target] = world.boto("events").list_targets_by_rule(Rule="hello-failed-jobs")["Targets"]
    assert "ecsctl why" in target["InputTransformer"]["InputTemplate"]
