"""A release command that ecsctl.toml no longer has leaves nothing behind: no stage, no project, no right."""

from __future__ import annotations

from tests.stack.changes import PUSHED
from tests.stack.conftest import World

RELEASING = {**PUSHED, "release": {"command": ["python", "manage.py", "migrate"]}}


def stages(world: World) -> list[str]:
    found = world.boto("codepipeline").get_pipeline(name="hello")["pipeline"]["stages"]
    return [stage["name"] for stage in found]


def test_a_release_command_that_is_taken_out_is_taken_out_of_the_pipeline(world: World) -> None:
    world.running(RELEASING)
    assert stages(world) == ["Source", "Build", "Release", "Deploy"]
    world.up(PUSHED)
    assert stages(world) == ["Source", "Build", "Deploy"]
    assert world.plan(PUSHED).work == ()
