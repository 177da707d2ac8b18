"""From an empty repository to a service that runs: the first image is built, or given, or said to be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ecsctl.engine.resource import Observed
from ecsctl.errors import ConfigError, EcsctlError, QuotaReached, Several
from ecsctl.ids import ImageUri
from ecsctl.resources.first_image import FirstImage, FirstImageIds
from ecsctl.sandbox.aws.codebuild.state import fail_next_build, limit_builds
from ecsctl.sandbox.aws.ecr import put_image
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same
from tests.stack.watch import URI, Watch, runs, service

PLAIN = desired_stack(domain=None, pipeline={"mode": "build-only"})
ALONE = desired_stack(domain=None, github=None)


@pytest.fixture
def watch(world: World) -> Iterator[Watch]:
    watch = Watch(world)
    yield watch
    assert watch.empty == [], "a service with tasks was to run an image that does not exist"


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
    graph = world.open(desired_stack()).desired_stack.graph

    def all_before(name: str) -> set[str]:
        return set(graph[name]).union(*(all_before(need) for need in graph[name]))

    assert all_before("image") == {"repository", "build", "build-logs", "build-role", "github-credentials"}
    assert {"image", "service", "https"} <= all_before("pipeline")


def test_a_build_that_fails_is_reported_with_its_reason_and_a_later_up_completes(world: World, watch: Watch) -> None:
    fail_next_build("BUILD", "Error while executing command: docker build .\n# and more\n. Reason: exit status 1")
    with pytest.raises(EcsctlError) as caught:
        world.up(PLAIN)
    error = caught.value
    assert error.exit_code == 1
    assert isinstance(error, Several)
    [failed] = error.errors
    assert (
        "BUILD: Error while executing command: docker build . … (a script of 2 lines). Reason: exit sta" in failed.why
    )
    assert "and more" not in failed.why
    assert "[Container]" not in failed.why
    assert "run the same command again" in failed.why
    assert {"task definition", "ECS service"} <= set(error.not_tried)
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
    world.state_file.unlink()
    world.heard = watch
    world.up(PLAIN)
    assert watch.count("start_build") == 0
    assert runs(world)[1] == 1


def test_in_an_account_without_builds_the_message_says_what_to_do(world: World, watch: Watch) -> None:
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
    world.up(ALONE)
    assert service(world)["desiredCount"] == 0
    assert any("there is no image" in note and "--image" in note for note in world.open(ALONE).notes)
    assert world.plan(ALONE).work == ()
    bad = {
        f"{URI}:ghost": "there is no image",
        f"{URI}-other:one": "another ECR repository",
        "https://nginx": "expected the name of an image",
        f"{URI}:amd": "is for amd64, and the tasks run on ARM64",
    }
    put_image(ACCOUNT, REGION, "hello", ["amd"], "amd64")
    before = world.exact()
    for image, message in bad.items():
        with pytest.raises(ConfigError, match=message):
            world.up(ALONE, image=image)
    same(before, world.exact())
    world.boto("ecr").batch_delete_image(repositoryName="hello", imageIds=[{"imageTag": "amd"}])

    digest = put_image(ACCOUNT, REGION, "hello", ["mine"])
    world.up(ALONE)
    assert runs(world) == (f"{URI}@{digest}", 1)
    assert not any("there is no image" in note for note in world.open(ALONE).notes)

    world.up(ALONE, image="public.ecr.aws/nginx/nginx:1.27")
    world.up(ALONE)
    assert runs(world) == ("public.ecr.aws/nginx/nginx:1.27", 1), "a named image stays until another is named"


def test_what_an_earlier_life_left_behind_is_not_mistaken_for_an_image(world: World, watch: Watch) -> None:
    world.up(PLAIN)
    lost = runs(world)[0]
    world.boto("ecs").delete_service(cluster="hello", service="hello", force=True)
    world.boto("ecr").batch_delete_image(
        repositoryName="hello", imageIds=[{"imageDigest": lost.partition("@")[2]}]
    )  # the family and the build that succeeded are still there
    world.state_file.unlink()
    world.up(PLAIN)
    assert watch.count("start_build") == 2
    assert runs(world)[1] == 1

    world.down()
    world.up(PLAIN)
    assert watch.count("start_build") == 3
    assert runs(world)[1] == 1


def test_a_running_service_whose_image_is_gone_gets_the_newest_that_is_there(world: World, watch: Watch) -> None:
    world.up(ALONE)
    first = put_image(ACCOUNT, REGION, "hello", ["one"])
    world.up(ALONE)
    second = put_image(ACCOUNT, REGION, "hello", ["two"])
    assert world.plan(ALONE).work == (), "the image is not moved by itself"
    world.boto("ecr").batch_delete_image(repositoryName="hello", imageIds=[{"imageDigest": first}])
    world.up(ALONE)
    assert runs(world) == (f"{URI}@{second}", 1)
    assert world.plan(ALONE).work == ()


GHOST = ImageUri(f"{URI}:ghost")


def _ready_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def observe(self: FirstImage, _aws: object, _me: object) -> Observed[FirstImage, FirstImageIds]:
        return Observed(FirstImageIds(GHOST), self)

    monkeypatch.setattr(FirstImage, "observe", observe)


def _taken_for_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecsctl.blueprint.ensure_first_image", lambda *_: GHOST)


@pytest.mark.parametrize("break_it", [_ready_at_once, _taken_for_granted])
def test_the_watch_sees_a_guard_that_is_broken(
    world: World, monkeypatch: pytest.MonkeyPatch, break_it: Callable[[pytest.MonkeyPatch], None]
) -> None:
    break_it(monkeypatch)
    watch = Watch(world)
    with pytest.raises(EcsctlError, match="ECS service"):  # which cannot start
        world.up(PLAIN)
    assert watch.empty == [GHOST]
