"""An organization that allows roles under one path alone, and only with a boundary: all of an app works there."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.errors import EcsctlError, Several
from ecsctl.operations.policy import policies
from ecsctl.sandbox.core import authorization
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.theirs import theirs

ROLES = f"arn:aws:iam::{ACCOUNT}:role"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ELSEWHERE = {
    "Effect": "Deny",
    "Action": ["iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole"],
    "NotResource": [f"{ROLES}/service/*", f"{ROLES}/aws-service-role/*"],
}
UNBOUNDED = {
    "Effect": "Deny",
    "Action": "iam:CreateRole",
    "Resource": "*",
    "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary"}},
}
RULES = {"Version": "2012-10-17", "Statement": [ALLOW, ELSEWHERE, UNBOUNDED]}


@pytest.fixture
def desired(world: World) -> dict[str, Any]:
    """An app with every kind of role, where the organization's rules hold."""
    [found] = theirs(
        world,
        desired_stack(
            domain=None,
            role_path="/service/",
            permissions_boundary="{boundary}",
            release={"command": ["./migrate"]},
            jobs={"nightly": {"command": ["./report"], "schedule": "rate(1 day)"}},
            notify={"webhook": "{chat}"},
            vpc={"flow_logs": "reject"},
        ),
    )
    authorization.enforce(RULES, layer="service-control")
    return found


def roles(world: World) -> list[str]:
    listed = world.boto("iam").list_roles()["Roles"]
    return [one["Arn"] for one in listed if "/aws-service-role/" not in one["Arn"]]


def test_an_app_stands_and_goes_under_the_path(world: World, desired: dict[str, Any]) -> None:
    world.up(desired)
    found = roles(world)
    assert len(found) >= 8
    assert {one.partition(":role")[2].rpartition("/")[0] for one in found} == {"/service"}
    assert world.plan(desired).work == ()
    world.state_file.unlink()
    assert world.plan(desired).work == ()
    world.down()
    assert roles(world) == []


@pytest.mark.parametrize("state_file", ["with its state file", "without"])
def test_down_needs_no_file_that_names_the_path(world: World, desired: dict[str, Any], state_file: str) -> None:
    world.up(desired)
    if state_file == "without":
        world.state_file.unlink(missing_ok=True)
    world.down()
    assert roles(world) == []


def test_a_job_that_is_removed_takes_its_role_along(world: World, desired: dict[str, Any]) -> None:
    world.up(desired)
    fewer = {key: value for key, value in desired.items() if key != "jobs"}
    world.up(fewer)
    assert not [one for one in roles(world) if "scheduler" in one]
    assert world.plan(fewer).work == ()


def test_without_the_option_the_refusal_names_it(world: World, desired: dict[str, Any]) -> None:
    with pytest.raises(EcsctlError) as refused:
        world.up({key: value for key, value in desired.items() if key != "role_path"})
    hints = "".join(one.hint for one in getattr(refused.value, "errors", [refused.value]))
    assert "role_path" in hints


def test_another_path_for_roles_that_are_in_use_is_refused(world: World) -> None:
    world.up(desired_stack(domain=None, github=None))
    before = world.exact()
    with pytest.raises(Several) as refused:
        world.up(desired_stack(domain=None, github=None, role_path="/service/"))
    assert {"AWS cannot change path in place" in one.message for one in refused.value.errors} == {True}
    assert world.exact() == before


def test_the_operators_policies_follow_the_path() -> None:
    config = Config.model_validate(desired_stack(role_path="/service/", jobs={
        "nightly": {"command": ["./report"], "schedule": "rate(1 day)"}}))  # fmt: skip
    printed = str(policies(config, ACCOUNT, REGION))
    assert ":role/ecsctl/" not in printed
    assert f"arn:aws:iam::{ACCOUNT}:role/service/hello-{REGION}-*" in printed
