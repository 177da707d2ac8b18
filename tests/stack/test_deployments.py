"""github.deployments: GitHub hears of each run of the pipeline, by a token of its own where AWS has a connection."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.sandbox.github.api import github_deployments
from ecsctl.sandbox.push import push
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, reported, same

TOLD = {"deployments": True}


def heard(world: World) -> list[list[str]]:
    """The states that each deployment has had, the oldest first."""
    for _ in range(40):
        world.clock.sleep(60)
        world.boto("codebuild").list_builds()
        ids = world.boto("codebuild").list_builds_for_project(projectName="hello-reporting")["ids"]
        if ids:
            world.boto("codebuild").batch_get_builds(ids=ids[:100])
    return [[each["state"] for each in one["states"]] for one in github_deployments(REGION)["deployments"]]


def note(world: World, configured: dict[str, Any]) -> str:
    """Returns what `status` says beside the rule that starts the build."""
    session = world.open(configured)
    found = reported(session)
    return next(one.note for one in found if one.step.kind == "build-rule")


def test_github_hears_of_a_release_and_of_one_that_fails(world: World) -> None:
    base = desired_stack(domain=None)
    reporting = {**base, "github": {**base["github"], **TOLD}}
    before = world.account()
    world.up(reporting)
    push()
    assert heard(world)[-1] == ["in_progress", "success"]
    push(fail="build")
    assert heard(world)[-1] == ["in_progress", "failure"]
    assert {one["environment"] for one in github_deployments(REGION)["deployments"]} == {"hello"}
    assert world.plan(reporting).work == ()
    world.up(base)
    assert world.boto("events").list_rules()["Rules"] == []
    world.up(reporting)
    world.down()
    same(before, world.account())


CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/1b2c3d4e-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("github", "pipeline", "says"),
    [
        ({"connection_arn": CONNECTION}, {}, "needs github.token_secret"),
        ({}, {"mode": "build-only"}, "needs pipeline.mode"),
    ],
)
def test_what_github_could_not_hear_of_is_refused(github: dict[str, Any], pipeline: dict[str, Any], says: str) -> None:
    github = {"repository": "ecsctl/hello", **TOLD, **github}
    with pytest.raises(ValueError, match=says):
        Config.model_validate({"name": "hello", "github": github, "pipeline": pipeline})
    Config.model_validate({"name": "hello", "github": {**github, "token_secret": "other/token"}})
