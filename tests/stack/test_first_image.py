"""From an empty repository to a service that runs: the first image is built, or given, or said to be missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ecsctl.engine.errors import EcsctlError, QuotaReached, Several
from ecsctl.sandbox.codebuild_builds import fail_next_build, limit_builds
from ecsctl.sandbox.ecr import find_image, put_image
from tests.stack.conftest import ACCOUNT, REGION, World, wishes

URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/hello"
PLAIN = wishes(domain=None, pipeline={"mode": "build-only"})


class Watch:
    """Hears every call of the runs, and judges each that gives a service tasks: is their image there at that moment?"""

    def __init__(self, world: World) -> None:
        self.world, self.calls, self.empty = world, list[tuple[str, dict[str, Any]]](), list[str]()
        world.heard = self

    def __call__(self, _service: str, operation: str, _seconds: float, _error: object, sent: dict[str, Any]) -> None:
        self.calls.append((operation, sent))
        if operation in ("create_service", "update_service"):
            service = self.world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
            image = image_of(self.world, sent.get("taskDefinition") or service["taskDefinition"])
            if service["desiredCount"] > 0 and not is_there(image):
                self.empty.append(image)

    def count(self, operation: str) -> int:
        return sum(called == operation for called, _ in self.calls)


def image_of(world: World, task_definition: str) -> str:
    found = world.boto("ecs").describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
    image: str = found["containerDefinitions"][0]["image"]
    return image


def is_there(image: str) -> bool:
    reference = image.removeprefix(URI)[1:]
    return not image.startswith(URI) or find_image(ACCOUNT, REGION, "hello", reference) is not None


def service(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    return found


def runs(world: World) -> tuple[str, int]:
    """The image the service is told to run, and how many tasks do."""
    return image_of(world, service(world)["taskDefinition"]), service(world)["runningCount"]


@pytest.fixture
def watch(world: World) -> Iterator[Watch]:
    watch = Watch(world)
    yield watch
    assert watch.empty == []


def test_an_empty_account_ends_with_a_service_that_runs_the_built_image(world: World, watch: Watch) -> None:
    world.up(PLAIN)
    image, running = runs(world)
    assert image.startswith(f"{URI}@sha256:")
    assert running == 1
    assert watch.count("start_build") == 1
    assert world.plan(PLAIN).work == ()
    assert world.up(PLAIN).work == ()
    assert world.changes == 0


def test_the_build_waits_for_nothing_of_the_network_and_the_pipeline_for_the_service(world: World) -> None:
    graph = world.open(wishes()).wishes.graph

    def all_before(name: str) -> set[str]:
        return set(graph[name]).union(*(all_before(need) for need in graph[name]))

    assert all_before("image") == {"repository", "build", "build-logs", "build-role", "github-credentials"}
    assert {"image", "service", "https"} <= all_before("pipeline")


def test_a_build_that_fails_is_told_with_its_reason_and_a_later_up_completes(world: World, watch: Watch) -> None:
    fail_next_build("BUILD", "exit status 1: docker build")
    with pytest.raises(EcsctlError) as caught:
        world.up(PLAIN)
    error = caught.value
    assert error.exit_code == 1
    assert isinstance(error, Several)
    [failed] = error.errors
    assert "BUILD: exit status 1: docker build" in failed.why
    assert "run the same command again" in failed.why
    assert {"task definition task-definition", "ECS service service"} <= set(error.not_tried)
    assert world.boto("elbv2").describe_load_balancers()["LoadBalancers"], "what needs no image is up"
    assert watch.count("start_build") == 1, "a build that failed is not tried again by the same run"

    world.up(PLAIN)
    assert watch.count("start_build") == 2
    assert runs(world)[1] == 1


def test_a_run_that_finds_a_build_under_way_waits_for_it_and_starts_none(world: World, watch: Watch) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def dies(_service: str, operation: str, *_: object) -> None:
        if operation == "start_build":
            raise Killed

    world.heard = dies
    with pytest.raises(Killed):
        world.up(PLAIN)
    world.record.unlink()
    world.heard = watch
    world.up(PLAIN)
    assert watch.count("start_build") == 0
    assert runs(world)[1] == 1


def test_an_account_without_builds_is_told_what_to_do(world: World, watch: Watch) -> None:
    limit_builds(0)
    with pytest.raises(EcsctlError) as caught:
        world.up(PLAIN)
    [failed] = getattr(caught.value, "errors", [caught.value])
    assert isinstance(failed, QuotaReached)
    assert "CodeBuild builds" in failed.message
    assert "ecsctl up --image" in failed.hint
    put_image(ACCOUNT, REGION, "hello", ["mine"])
    world.up(PLAIN, image=f"{URI}:mine")
    assert runs(world)[1] == 1


def test_without_a_way_to_an_image_the_service_stands_at_none_until_there_is_one(world: World, watch: Watch) -> None:
    alone = wishes(domain=None, github=None)
    world.up(alone)
    assert service(world)["desiredCount"] == 0
    assert any("there is no image" in note and "--image" in note for note in world.open(alone).notes)
    assert world.plan(alone).work == ()

    digest = put_image(ACCOUNT, REGION, "hello", ["mine"])
    world.up(alone)
    assert runs(world) == (f"{URI}@{digest}", 1)
    assert not any("there is no image" in note for note in world.open(alone).notes)
