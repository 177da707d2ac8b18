"""One release is one image over all processes: by `deploy`, `rollback` and `cancel` as by the pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.errors import ReleaseFailed
from ecsctl.releases.release import cancel, deploy, restart, rollback
from ecsctl.releases.verdict import Outcome, Release
from ecsctl.releases.waiting import at_work
from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.ecr import put_image
from tests.stack.changes import PUSHED
from tests.stack.conftest import ACCOUNT, REGION, World
from tests.stack.test_workers import container, service, worked
from tests.stack.watch import URI

SAID = worked({**PUSHED, "service": {"memory": 1024}}, mailer={"command": ["python", "worker.py"], "memory": 512})
NEEDS = 700  # MiB: more than the mailer has, and less than the web


@pytest.fixture
def running(world: World) -> World:
    world.running(SAID)
    return world


def images(world: World) -> set[str]:
    return {container(world, name)["image"] for name in ("hello", "hello_mailer")}


def pushed(tag: str) -> str:
    put_image(ACCOUNT, REGION, "hello", [tag])
    return f"{URI}:{tag}"


def released(world: World, image: str = "", **more: Any) -> Release:
    session = world.open(SAID)
    return deploy(session.aws, session.state, image, say=lambda _: None, **more)


def back(world: World, revision: str = "") -> Release:
    session = world.open(SAID)
    return rollback(session.aws, session.state, revision, agree=lambda *_: None, say=lambda _: None)


def test_deploy_brings_an_image_to_all_and_rollback_takes_all_back(running: World) -> None:
    [first] = images(running)
    done = released(running, pushed("one"))
    assert (done.verdict.outcome, done.changed) == (Outcome.DEPLOYED, True)
    assert done.processes.keys() == {"web", "mailer"}
    [one] = images(running)
    assert one != first
    assert not released(running, one).changed
    assert running.plan(SAID).work == ()
    assert back(running).verdict.outcome is Outcome.DEPLOYED
    assert images(running) == {first}
    assert running.plan(SAID).work == (), "nobody has changed anything: an earlier release runs"
    assert not back(running, "1").changed


def test_where_one_process_fails_the_verdict_says_which_and_rollback_brings_all_together(running: World) -> None:
    [first] = images(running)
    ecs.script_tasks("", "one", "app", memory=NEEDS)
    done = released(running, pushed("one"))
    assert done.verdict.outcome is Outcome.ROLLED_BACK
    assert done.verdict.sentence.startswith("mailer: ")
    assert {process: one.outcome for process, one in done.processes.items()} == {
        "web": Outcome.DEPLOYED,
        "mailer": Outcome.ROLLED_BACK,
    }
    assert images(running) == {first, container(running, "hello")["image"]}
    assert back(running).verdict.outcome is Outcome.DEPLOYED
    assert images(running) == {first}


def test_after_a_push_that_failed_for_one_process_up_changes_no_image(running: World) -> None:
    [first] = images(running)
    commit = push.push("main")["commit"]
    ecs.script_tasks("", commit, "app", memory=NEEDS)
    running.clock.sleep(3600)
    web, mailer = (container(running, name)["image"] for name in ("hello", "hello_mailer"))
    assert (web.endswith(commit), mailer) == (True, first)
    stages = running.boto("codepipeline").get_pipeline_state(name="hello")["stageStates"]
    actions = {one["actionName"]: one["latestExecution"]["status"] for one in stages[-1]["actionStates"]}
    assert actions == {"Deploy": "Succeeded", "Deploy-mailer": "Failed"}
    edited = worked({**PUSHED, "service": {"memory": 1024}}, mailer={"command": ["other"], "memory": 512})
    running.up(edited)
    assert (container(running, "hello")["image"], container(running, "hello_mailer")["image"]) == (web, first)
    assert container(running, "hello_mailer")["command"] == ["other"]


def test_cancel_and_restart_are_about_all(running: World) -> None:
    [first] = images(running)
    ecs.script_tasks("", "one", "slow", seconds=600)
    assert released(running, pushed("one"), limit=20).verdict.outcome is Outcome.TIMED_OUT
    session = running.open(SAID)
    assert at_work(session.aws, "hello")
    done = cancel(session.aws, session.state, say=lambda _: None)
    assert done
    assert {one.outcome for one in done.processes.values()} == {Outcome.STOPPED}
    assert images(running) == {first}
    begun = [service(running, name)["deployments"][0]["id"] for name in ("hello", "hello_mailer")]  # type: ignore[index]
    session = running.open(SAID)
    assert restart(session.aws, session.state, say=lambda _: None).verdict.outcome is Outcome.DEPLOYED
    now = [service(running, name)["deployments"][0]["id"] for name in ("hello", "hello_mailer")]  # type: ignore[index]
    assert not set(begun) & set(now)


def test_a_restart_that_was_cut_after_one_process_goes_on_with_the_others(running: World) -> None:
    boto = running.boto("ecs")
    boto.update_service(cluster="hello", service="hello", forceNewDeployment=True)
    begun = [service(running, name)["deployments"][0]["id"] for name in ("hello", "hello_mailer")]  # type: ignore[index]
    session = running.open(SAID)
    assert restart(session.aws, session.state, say=lambda _: None).verdict.outcome is Outcome.DEPLOYED
    now = [service(running, name)["deployments"][0]["id"] for name in ("hello", "hello_mailer")]  # type: ignore[index]
    assert (now[0], now[1] != begun[1]) == (begun[0], True)


def test_what_comes_before_comes_once_and_where_it_fails_nothing_is_deployed(running: World) -> None:
    [first] = images(running)
    asked: list[str] = []

    def fails(arn: str) -> None:
        asked.append(arn)
        raise ReleaseFailed("it failed")

    with pytest.raises(ReleaseFailed):
        released(running, pushed("one"), before=fails)
    assert (len(asked), images(running)) == (1, {first})
    active = running.boto("ecs").list_task_definitions(familyPrefix="hello_mailer")["taskDefinitionArns"]
    assert len(active) == 1, "what was registered for nobody is deregistered"

    ecs.script_tasks("", "two", "app", memory=NEEDS)
    released(running, pushed("two"), before=asked.append)
    released(running, f"{URI}:two", before=asked.append)
    assert len(asked) == 2, "the web has the image already: it was asked for it"
