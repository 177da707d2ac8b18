"""A repository without a buildspec is built by the one that the project carries; one that has its own keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.buildspec import ours
from ecsctl.config import Config
from ecsctl.session import open_stack
from tests.stack.conftest import World, desired_stack

PLAIN = desired_stack(domain=None, vpc={"egress": "public"}, pipeline={"mode": "build-only"})


def up(world: World, configured: dict[str, Any], has: bool | None) -> None:
    session = open_stack(world.aws(), Config.model_validate(configured), world.state_file, own_buildspec=has)
    session.engine.up(session.desired_stack, agree=lambda plan: None)


def work(world: World, configured: dict[str, Any], has: bool | None) -> set[str]:
    session = open_stack(world.aws(), Config.model_validate(configured), world.state_file, own_buildspec=has)
    return {step.name for step in session.engine.plan(session.desired_stack).work}


def project(world: World) -> tuple[str, dict[str, str]]:
    found = world.boto("codebuild").batch_get_projects(names=["hello-build"])["projects"][0]
    given = {one["name"]: one["value"] for one in found["environment"]["environmentVariables"]}
    return found["source"]["buildspec"], {name: value for name, value in given.items() if name.startswith("BUILD_")}


def test_the_project_carries_it_until_the_branch_has_one_and_elsewhere_it_stays(world: World) -> None:
    built = {
        **PLAIN,
        "build": {"context": "api", "dockerfile": "api/Dockerfile.prod", "target": "app", "args": {"A": "b"}},
    }
    up(world, built, has=False)
    variables = {
        "BUILD_CONTEXT": "api",
        "BUILD_DOCKERFILE": "api/Dockerfile.prod",
        "BUILD_TARGET": "app",
        "BUILD_ARG_A": "b",
    }
    assert project(world) == (ours(), variables)
    assert work(world, built, has=None) == set(), "a folder without git changes nothing"
    assert work(world, built, has=True) == {"build"}
    up(world, built, has=True)
    assert project(world) == ("buildspec.yml", variables)
    assert work(world, {**built, "build": {**built["build"], "buildspec": "ecsctl"}}, has=True) == {"build"}


def test_a_file_of_before_plans_no_change(world: World) -> None:
    up(world, PLAIN, has=None)
    assert project(world) == ("buildspec.yml", {}), "as before there was another"
    assert work(world, PLAIN, has=True) == set()
    up(world, PLAIN, has=False)
    assert project(world) == (ours(), {"BUILD_CONTEXT": "."})
    assert work(world, PLAIN, has=None) == set()


@pytest.mark.parametrize(("path", "kept"), [("/healthz", True), ("/other", False)])
def test_a_load_balancer_that_asks_the_former_default_goes_on(world: World, path: str, kept: bool) -> None:
    up(world, {**PLAIN, "service": {"health_path": path}}, has=None)
    silent = {name: table for name, table in PLAIN.items() if name != "service"}
    assert ("target-group" in work(world, silent, has=None)) is not kept
    assert "target-group" in work(world, {**silent, "service": {"health_path": "/"}}, has=None)


def test_the_folder_of_an_app_among_several_is_what_is_built(world: World) -> None:
    config = Config.model_validate(PLAIN)
    session = open_stack(world.aws(), config, world.state_file, own_buildspec=False, context="src/cart")
    session.engine.up(session.desired_stack, agree=lambda plan: None)
    assert project(world)[1] == {"BUILD_CONTEXT": "src/cart"}
