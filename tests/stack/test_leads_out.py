"""Whatever a first push, a first build and a first `up` leave behind: `ecsctl up`, or a push, leads out of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from moto.codebuild.models import codebuild_backends

from ecsctl.errors import ConfigError, EcsctlError
from ecsctl.resources.role import Role
from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.codebuild.state import builds as builds_in
from ecsctl.sandbox.aws.codebuild.state import fail_next_build
from ecsctl.sandbox.aws.ecr import put_image
from ecsctl.sandbox.github import remote
from tests.crash.conftest import some
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.test_first_run import at_rest, builds, executions, releases
from tests.stack.watch import URI, runs, service

PLAIN = desired_stack(domain=None)
REPOSITORY = "ecsctl/hello"
FATES = ("crash", "unhealthy", "oom", "architecture")


def head() -> str:
    return remote.commit(ACCOUNT, REGION, REPOSITORY, "main")


def fixed(world: World) -> None:
    """The branch gets a commit that works; nobody tells AWS."""
    del world
    remote.push(ACCOUNT, REGION, REPOSITORY, "main", "e" * 40)


def broken(world: World, fate: str = "crash", configured: object = PLAIN) -> str:
    """A first version that ECS gives up."""

    def prepare() -> None:
        ecs.script_tasks(ACCOUNT, head(), fate)
        with pytest.raises(EcsctlError, match="ECS service"):
            world.up(configured)  # type: ignore[arg-type]  # a dictionary

    world.once(f"{fate} {configured}", prepare)
    assert "SUCCESSFUL" not in releases(world)
    return head()


@pytest.mark.parametrize("fate", FATES)
def test_a_broken_first_version_is_repaired_by_a_push(world: World, fate: str) -> None:
    broken(world, fate)
    assert executions(world) == ["Stopped"], "the pipeline is there"
    commit = push.push("main")["commit"]
    world.clock.sleep(3600)
    assert runs(world) == (f"{URI}:{commit}", 1)
    world.up(PLAIN)
    at_rest(world)
    assert world.plan(PLAIN).work == ()


@pytest.mark.parametrize("configured", [PLAIN, desired_stack(domain=None, pipeline={"mode": "build-only"})])
def test_a_broken_first_version_is_repaired_by_up_once_the_branch_is_newer(world: World, configured: object) -> None:
    broken(world, configured=configured)
    fixed(world)
    world.up(configured)  # type: ignore[arg-type]  # a dictionary
    assert len(builds(world)) == 2
    assert releases(world)[0] == "SUCCESSFUL"
    assert runs(world)[1] == 1
    assert world.plan(configured).work == ()  # type: ignore[arg-type]  # as above


def test_with_the_same_commit_up_fails_with_what_the_app_says_and_not_with_the_build(world: World) -> None:
    """A repository's own buildspec cannot push a commit's tag twice: what it pushed the first time counts."""
    broken(world)
    fail_next_build("BUILD", "tag invalid: The image tag already exists and cannot be overwritten: it is immutable")
    with pytest.raises(EcsctlError, match="ECS service") as caught:
        world.up(PLAIN)
    assert "immutable" not in str(caught.value)


def test_an_image_that_is_pushed_by_hand_takes_the_place_of_a_broken_first_one(world: World) -> None:
    alone = desired_stack(domain=None, github=None)
    world.running(alone)
    put_image(ACCOUNT, REGION, "hello", ["worse"])  # no part of any digest
    ecs.script_tasks(ACCOUNT, "worse", "crash")
    with pytest.raises(EcsctlError, match="ECS service"):
        world.up(alone)
    good = put_image(ACCOUNT, REGION, "hello", ["good"])
    world.up(alone)
    assert runs(world) == (f"{URI}@{good}", 1)


def _fails(phase: str) -> Callable[[World], object]:
    return lambda world: fail_next_build(phase, "exit status 1")


def failures(region: str) -> list[object]:
    """The builds that are still to fail."""
    found: list[object] = builds_in(codebuild_backends[ACCOUNT][region]).failures
    return found


class Killed(BaseException):
    """The process is gone."""


def _dies(operation: str) -> Callable[[World], object]:
    def arrange(world: World) -> None:
        def hears(_service: str, heard: str, *_: object) -> None:
            if heard == operation:
                raise Killed

        world.heard = hears

    return arrange


TROUBLES: dict[str, Callable[[World], object]] = {
    "the source cannot be had": _fails("DOWNLOAD_SOURCE"),
    "the image cannot be built": _fails("BUILD"),
    "the build was stopped": _dies("start_build"),
    "the service was just made": _dies("create_service"),
    "the pipeline was just made": _dies("create_pipeline"),
    "the first version crashes": lambda world: ecs.script_tasks(ACCOUNT, head(), "crash"),
}


STATES = [(first, then) for first in TROUBLES for then in (None, *TROUBLES)]


@pytest.mark.parametrize(
    ("first", "then"), [pytest.param(*one, id=f"{one[0]}, then {one[1] or 'nothing'}") for one in some(STATES, 8)]
)
def test_up_leads_out_of_every_state_that_a_first_up_leaves(world: World, first: str, then: str | None) -> None:
    """One trouble, or one after another: a second one that cannot happen any more is none."""

    def meet(trouble: str) -> None:
        TROUBLES[trouble](world)
        with contextlib.suppress(EcsctlError, Killed):
            world.up(PLAIN)
        world.heard = None

    world.once(first, lambda: meet(first))
    if then:
        meet(then)
    world.clock.sleep(600)  # until no build of the old commit is under way, for that is waited for
    fixed(world)
    failures(REGION).clear()
    world.up(PLAIN)
    assert runs(world)[1] == 1
    assert releases(world)[0] == "SUCCESSFUL"
    at_rest(world)
    assert world.plan(PLAIN).work == ()


def test_a_build_that_failed_leaves_nothing_that_the_next_run_would_wait_for(world: World) -> None:
    fail_next_build("BUILD", "exit status 1")
    with pytest.raises(EcsctlError):
        world.up(PLAIN)
    before = world.clock.now()
    session = world.open(PLAIN)
    assert "image" not in session.state.unsettled
    world.events.clear()
    world.up(PLAIN)
    heard = [str(event) for event in world.events]
    assert not [one for one in heard if "an earlier try of first image" in one]
    assert world.clock.now() > before


OTHER = desired_stack(domain=None, service={"architecture": "X86_64"})


def test_another_processor_is_built_for_first_and_then_released_with_its_image(world: World) -> None:
    world.running(PLAIN)
    world.up(OTHER)
    assert [one["environment"]["type"] for one in builds(world)] == ["LINUX_CONTAINER", "ARM_CONTAINER"]
    assert set(releases(world)) == {"SUCCESSFUL"}
    assert runs(world)[1] == 1
    assert world.plan(OTHER).work == ()

    commit = push.push("main")["commit"]
    world.clock.sleep(3600)
    assert runs(world) == (f"{URI}:{commit}", 1)
    assert set(releases(world)) == {"SUCCESSFUL"}
    world.up(PLAIN)  # and back, though the commit's own tag is taken
    assert set(releases(world)) == {"SUCCESSFUL"}
    assert world.plan(PLAIN).work == ()


def test_the_build_for_it_waits_until_its_role_may_pull_what_it_builds_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.running(PLAIN)
    world.boto("ecr").create_repository(repositoryName="tools")
    put_image(ACCOUNT, REGION, "tools", ["1"])
    tools = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tools:1"
    other = desired_stack(domain=None, service={"architecture": "X86_64"}, build={"image": tools})
    update = Role.update

    def slowly(role: Role, *given: Any) -> None:
        time.sleep(0.5)
        update(role, *given)

    monkeypatch.setattr(Role, "update", slowly)
    world.up(other)
    newest = builds(world)[0]
    assert (newest["buildStatus"], newest["environment"]["image"]) == ("SUCCEEDED", tools)
    assert world.plan(other).work == ()


def test_until_the_new_processor_runs_pushes_are_built_for_the_old_one(world: World) -> None:
    world.running(PLAIN)
    before = runs(world)
    fail_next_build("BUILD", "exit status 1")
    with pytest.raises(EcsctlError, match="first image"):
        world.up(OTHER)
    assert runs(world) == before
    commit = push.push("main")["commit"]
    world.clock.sleep(3600)
    assert runs(world) == (f"{URI}:{commit}", 1)
    assert set(releases(world)) == {"SUCCESSFUL"}
    world.up(OTHER)
    assert set(releases(world)) == {"SUCCESSFUL"}
    at_rest(world)


@pytest.mark.parametrize("operation", ["start_build", "register_task_definition", "update_service", "update_project"])
def test_killed_while_it_changes_over_the_next_run_completes_it(world: World, operation: str) -> None:
    world.running(PLAIN)
    _dies(operation)(world)
    with pytest.raises(Killed):
        world.up(OTHER)
    world.heard = None
    world.up(OTHER)
    assert len(builds(world)) == 2
    assert set(releases(world)) == {"SUCCESSFUL"}
    assert world.plan(OTHER).work == ()


def test_without_anything_that_builds_another_processor_needs_another_image(world: World) -> None:
    alone = desired_stack(domain=None, github=None)
    world.running(alone)
    put_image(ACCOUNT, REGION, "hello", ["arm"])
    world.up(alone)
    other = desired_stack(domain=None, github=None, service={"architecture": "X86_64"})
    with pytest.raises(ConfigError, match="was built for ARM64") as caught:
        world.plan(other)
    assert "ecsctl up --image" in caught.value.hint
    digest = put_image(ACCOUNT, REGION, "hello", ["amd"], "amd64")
    world.up(other, image=f"{URI}:amd")
    assert runs(world) == (f"{URI}@{digest}", 1)
    assert service(world)["deployments"][0]["rolloutState"] == "COMPLETED"
