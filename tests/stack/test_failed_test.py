"""A test action that fails can be examined."""

from __future__ import annotations

import pytest

from ecsctl.errors import Refused, UsageError
from ecsctl.operations import logs, pipelines
from ecsctl.sandbox import push
from ecsctl.sandbox.aws.codebuild.state import fail_next_build
from tests.stack.conftest import World, desired_stack

TESTED = desired_stack(domain=None, pipeline={"tests": [{"name": "Lint", "buildspec": "l.yml"},
                                                 {"name": "Smoke", "buildspec": "s.yml"}]})  # fmt: skip


def test_the_log_of_the_test_that_failed_is_shown_and_any_other_by_its_name(world: World) -> None:
    world.running(TESTED)
    push.push("main")
    world.clock.sleep(40)
    aws = world.aws()
    early = pipelines.read(aws, "hello")
    assert pipelines.build_of(early).startswith("hello-build:"), "what runs"
    with pytest.raises(Refused, match="has not come to Smoke yet"):
        pipelines.build_of(early, "Smoke")

    fail_next_build("BUILD", "smoke is out")
    world.clock.sleep(3600)
    run = pipelines.read(world.aws(), "hello")
    failed = [one for stage in run.stages for one in stage.actions if one.status == "Failed"]
    assert [one.name for one in failed] == ["Lint"]
    assert pipelines.build_of(run) == failed[0].external
    assert pipelines.build_of(run, "build").startswith("hello-build:")
    assert pipelines.build_of(run, "Smoke").startswith("hello-test-Smoke:")
    with pytest.raises(UsageError) as caught:
        pipelines.build_of(run, "ghost")
    assert "Lint" in caught.value.hint


def test_the_last_build_is_a_test_where_that_was_the_last(world: World) -> None:
    world.running(TESTED)
    assert logs.of_last_build(world.aws(), "hello").build.startswith("hello-build:")
    push.push("main")
    world.clock.sleep(3600)
    assert logs.of_last_build(world.aws(), "hello").build.startswith("hello-test-")
