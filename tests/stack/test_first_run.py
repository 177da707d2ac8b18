"""The run that a pipeline begins when it is made: one commit is built once, and released once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecsctl.operations.status import read
from ecsctl.removal.kept import keeper
from ecsctl.resources.support.first_run import GATE
from ecsctl.sandbox import push
from ecsctl.sandbox.aws.ecr import put_image
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.watch import URI, Watch, runs

PLAIN = desired_stack(domain=None)


class Killed(BaseException):
    """The process is gone."""


def builds(world: World) -> list[dict[str, Any]]:
    codebuild = world.boto("codebuild")
    ids = codebuild.list_builds_for_project(projectName="hello-build")["ids"]
    if not ids:
        return []
    found: list[dict[str, Any]] = codebuild.batch_get_builds(ids=ids)["builds"]
    return found


def releases(world: World) -> list[str]:
    listed = world.boto("ecs").list_service_deployments(cluster="hello", service="hello")["serviceDeployments"]
    return [one["status"] for one in listed]


def executions(world: World) -> list[str]:
    listed = world.boto("codepipeline").list_pipeline_executions(pipelineName="hello")["pipelineExecutionSummaries"]
    return [one["status"] for one in listed]


def at_rest(world: World) -> None:
    """Nothing goes on, now or an hour later."""
    before = (len(builds(world)), releases(world), executions(world), runs(world))
    assert read(world.aws(), "hello").release.outcome == "deployed"  # type: ignore[union-attr]  # there is one
    assert "InProgress" not in executions(world)
    world.clock.sleep(3600)
    assert (len(builds(world)), releases(world), executions(world), runs(world)) == before


def test_a_commit_is_built_once_and_released_once_and_up_ends_at_rest(world: World) -> None:
    world.up(PLAIN)
    assert len(builds(world)) == 1
    assert releases(world) == ["SUCCESSFUL"]
    assert executions(world) == ["Stopped"]
    at_rest(world)
    settled = world.plan(PLAIN)
    assert settled.work == ()
    assert {step.name: step.reason for step in settled.steps if step.reason} == {}, "nothing is reported as under way"

    commit = push.push("main")["commit"]
    world.clock.sleep(60)
    assert [step.reason for step in world.plan(PLAIN).steps if step.name == "pipeline"] == [""], (
        "a push is no first run"
    )
    world.clock.sleep(3600)
    assert executions(world) == ["Succeeded", "Stopped"]
    assert runs(world)[0] == f"{URI}:{commit}"
    assert world.plan(PLAIN).work == ()


def test_a_commit_that_is_pushed_while_the_stack_is_made_is_delivered_by_that_run(world: World) -> None:
    pushed: list[str] = []

    def hears(_service: str, operation: str, *_: object) -> None:
        if operation == "create_service":
            pushed.append(push.push("main", repository="ecsctl/hello")["commit"])

    world.heard = hears
    world.up(PLAIN)
    assert len(builds(world)) == 2
    assert executions(world) == ["Succeeded", "Cancelled"]
    assert runs(world)[0] == f"{URI}:{pushed[0]}"
    at_rest(world)
    world.heard = None
    assert world.plan(PLAIN).work == ()


def test_an_image_that_the_user_names_is_not_replaced_by_that_run(world: World) -> None:
    world.running(desired_stack(domain=None, github=None))
    digest = put_image(ACCOUNT, REGION, "hello", ["mine"])
    world.up(PLAIN, image=f"{URI}:mine")
    assert builds(world) == []
    assert runs(world)[0] == f"{URI}@{digest}"
    at_rest(world)


def test_a_pipeline_that_is_added_to_a_running_app_delivers_the_branch(world: World) -> None:
    world.running(desired_stack(domain=None, github=None))
    put_image(ACCOUNT, REGION, "hello", ["mine"])
    world.up(PLAIN)
    assert len(builds(world)) == 1
    assert executions(world) == ["Succeeded", "Cancelled"]
    assert not runs(world)[0].endswith(":mine")
    at_rest(world)


def test_the_image_of_a_commit_that_outlived_the_app_is_not_built_or_released_once_more(world: World) -> None:
    """Its build is an earlier life's: what tells of the commit is the image's own tag."""
    world.running(PLAIN)
    world.down(keep=keeper(["ecr"]))
    world.clock.sleep(3600)
    world.up(PLAIN)
    assert len(builds(world)) == 1, "builds outlive their project"
    assert releases(world) == ["SUCCESSFUL"]
    assert executions(world) == ["Stopped"]
    at_rest(world)


def test_an_approval_before_the_deployment_is_not_waited_for(world: World) -> None:
    world.running(desired_stack(domain=None, github=None))
    put_image(ACCOUNT, REGION, "hello", ["mine"])
    asked = desired_stack(domain=None, pipeline={"approvals": [{"name": "Review"}]})
    world.up(asked)
    assert executions(world) == ["InProgress", "Cancelled"]
    settled = world.plan(asked)
    assert settled.work == ()
    assert [step.reason for step in settled.steps if step.name == "pipeline"] == [""], "it waits for a person"


STEPS = ("create_pipeline", "stop_pipeline_execution", "update_pipeline")


@pytest.mark.parametrize("late", [False, True], ids=["at once", "an hour later"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_of_its_steps_the_next_run_ends_at_rest(world: World, step: str, late: bool) -> None:
    world.heard = _dies_after(step)
    with pytest.raises(Killed):
        world.up(PLAIN)
    world.heard = None
    world.clock.sleep(3600 if late else 1)
    world.up(PLAIN)
    assert set(releases(world)) == {"SUCCESSFUL"}
    assert not {"Failed", "InProgress"} & set(executions(world))
    at_rest(world)
    assert world.plan(PLAIN).work == ()


def _dies_after(step: str) -> Callable[..., None]:
    def hears(_service: str, operation: str, *_: object) -> None:
        if operation == step:
            raise Killed

    return hears


def test_killed_before_a_newer_commit_is_run_the_next_run_delivers_it(world: World) -> None:
    pushed: list[str] = []

    def hears(_service: str, operation: str, *_: object) -> None:
        if operation == "create_service":
            pushed.append(push.push("main", repository="ecsctl/hello")["commit"])
        if operation == "update_pipeline":
            raise Killed

    world.heard = hears
    with pytest.raises(Killed):
        world.up(PLAIN)
    world.heard = None
    world.up(PLAIN)
    assert runs(world)[0] == f"{URI}:{pushed[0]}"
    at_rest(world)


def test_the_finished_pipeline_has_no_gate(world: World) -> None:
    watch = Watch(world)
    world.up(PLAIN)
    assert [watch.count(step) for step in STEPS] == [1, 1, 1]
    stages = world.boto("codepipeline").get_pipeline(name="hello")["pipeline"]["stages"]
    assert [stage["name"] for stage in stages] == ["Source", "Build", "Deploy"]
    assert GATE.message not in str(stages)
