"""A build's own image in a private registry: CodeBuild logs in with the secret that ecsctl.toml names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.plan import Verb
from ecsctl.errors import AccessError, EcsctlError
from ecsctl.operations.policy import policies
from ecsctl.sandbox.core import authorization
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack

IMAGE = "registry.example.com/tools:1"


def held(world: World, value: str) -> str:
    arn: str = world.boto("secretsmanager").create_secret(Name="registry", SecretString=value)["ARN"]
    return arn


def behind(login: str | None) -> dict[str, Any]:
    return desired_stack(domain=None, build={"image": IMAGE, "image_credentials": login})


def machine(world: World) -> dict[str, Any]:
    project = world.boto("codebuild").batch_get_projects(names=["hello-build"])["projects"][0]
    found: dict[str, Any] = project["environment"]
    return found


def test_the_build_pulls_its_image_with_that_secret_and_what_somebody_changes_is_put_back(world: World) -> None:
    login = held(world, json.dumps({"username": "me", "password": "s3cr3t"}))
    world.up(behind(login))
    codebuild = world.boto("codebuild")
    [build] = codebuild.batch_get_builds(ids=codebuild.list_builds()["ids"])["builds"]
    assert build["buildStatus"] == "SUCCEEDED"
    credential = {"credential": login, "credentialProvider": "SECRETS_MANAGER"}
    assert (machine(world)["imagePullCredentialsType"], machine(world)["registryCredential"]) == (
        "SERVICE_ROLE", credential)  # fmt: skip
    assert world.plan(behind(login)).work == ()

    other = {key: value for key, value in machine(world).items() if key != "registryCredential"}
    codebuild.update_project(name="hello-build", environment=other)
    [step] = world.plan(behind(login)).work
    assert (step.name, step.verb, step.changed) == ("build", Verb.UPDATE, {"registry_credential"})
    world.up(behind(login))
    assert machine(world)["registryCredential"] == credential

    world.up(behind("none"))
    assert "registryCredential" not in machine(world)
    policies = world.boto("iam").list_role_policies(RoleName="hello-eu-central-1-build")["PolicyNames"]
    rights = [world.boto("iam").get_role_policy(RoleName="hello-eu-central-1-build", PolicyName=name)
              for name in policies]  # fmt: skip
    assert login not in json.dumps([one["PolicyDocument"] for one in rights]), "no right outlives its use"


def test_the_printed_policies_are_enough_to_read_the_secret_and_to_use_it(world: World) -> None:
    login = held(world, json.dumps({"username": "me", "password": "s3cr3t"}))
    config = Config.model_validate(behind(login))
    authorization.enforce(policies(config, ACCOUNT, REGION))
    world.up(behind(login))
    assert world.plan(behind(login)).work == ()
    without = Config.model_validate(desired_stack(domain=None))
    authorization.enforce(policies(without, ACCOUNT, REGION))
    with pytest.raises(AccessError, match="DescribeSecret"):
        world.plan(behind(login))


@pytest.mark.parametrize("value", ["a password", '{"username": "me"}'])
def test_a_secret_that_opens_nothing_fails_the_build_with_its_reason(world: World, value: str) -> None:
    login = held(world, value)
    with pytest.raises(EcsctlError) as failure:
        world.up(behind(login))
    parts = getattr(failure.value, "errors", [failure.value])
    message = " ".join(f"{one} {one.why}" for one in parts)
    assert "holds no username and password" in message
