"""The token's two ways into CodeBuild: the secret that each project reads, and the credentials of a whole account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsctl.account.token import read_token
from ecsctl.errors import ConfigError, EcsctlError
from ecsctl.github import creds
from ecsctl.github_token import TYPE
from ecsctl.sandbox.aws.account import TOKEN, TOKEN_SECRET
from tests.stack.conftest import World, desired_stack
from tests.stack.watch import runs

PLAIN = desired_stack(domain=None)
OURS = json.dumps({**TYPE, "Token": TOKEN})
NEW = "ghp_Canary" + "7" * 30


def keep(world: World, value: str) -> None:
    world.boto("secretsmanager").put_secret_value(SecretId=TOKEN_SECRET, SecretString=value)


def imported(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.boto("codebuild").list_source_credentials()["sourceCredentialsInfos"]
    return found


def project(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.boto("codebuild").batch_get_projects(names=["hello-build"])["projects"][0]
    return found


def secret_arn(world: World) -> str:
    return str(world.boto("secretsmanager").describe_secret(SecretId=TOKEN_SECRET)["ARN"])


def test_a_secret_in_codebuilds_form_is_read_by_the_project_and_imported_nowhere(world: World) -> None:
    keep(world, OURS)
    world.up(PLAIN)
    assert project(world)["source"]["auth"] == {"type": "SECRETS_MANAGER", "resource": secret_arn(world)}
    assert imported(world) == []
    assert runs(world)[1] == 1, "the first image was built with it"
    assert world.plan(PLAIN).work == ()
    assert TOKEN not in world.state_file.read_text()

    session = world.open(PLAIN)
    creds.put(session.aws, session.engine.label, TOKEN_SECRET, creds.checked(NEW))
    found = creds.spread(lambda: world.open(PLAIN), lambda: None)
    assert {place.name: place.state for place in found.places} == {"pipeline": "current", "pipeline-webhook": "current"}
    assert read_token(world.aws(), TOKEN_SECRET)[0] == creds.checked(NEW)
    assert world.plan(PLAIN).work == (), "the secret kept its form"


def test_a_secret_that_takes_on_codebuilds_form_takes_the_token_out_of_codebuild_and_back(world: World) -> None:
    world.running(PLAIN)
    assert (len(imported(world)), project(world)["source"].get("auth")) == (1, None)
    keep(world, OURS)
    world.up(PLAIN)
    assert (imported(world), project(world)["source"]["auth"]["type"]) == ([], "SECRETS_MANAGER")
    assert world.plan(PLAIN).work == ()
    keep(world, TOKEN)
    world.up(PLAIN)
    assert (len(imported(world)), project(world)["source"].get("auth")) == (1, None)
    assert world.plan(PLAIN).work == ()


def test_a_build_whose_role_may_not_read_the_secret_says_so(world: World) -> None:
    keep(world, OURS)
    world.up(PLAIN)
    world.boto("iam").delete_role_policy(RoleName="hello-eu-central-1-build", PolicyName="ecsctl")
    build = world.boto("codebuild").start_build(projectName="hello-build")["build"]["id"]
    world.clock.sleep(600)
    failed = world.boto("codebuild").batch_get_builds(ids=[build])["builds"][0]["phases"]
    messages = [
        context["message"] for phase in failed for context in phase.get("contexts", ()) if context.get("message")
    ]
    assert "secretsmanager:GetSecretValue" in " ".join(messages)


@pytest.mark.parametrize(
    ("value", "key", "readable"),
    [
        (TOKEN, "", False),
        (OURS, "", True),
        (OURS, "Token", True),
        (json.dumps({**TYPE, "Token": "ghp_another-token", "mine": TOKEN}), "mine", False),
        (json.dumps({"mine": TOKEN}), "mine", False),
        (json.dumps({**TYPE, "ServerType": "GITHUB_ENTERPRISE", "Token": TOKEN}), "Token", False),
    ],
)
def test_the_form_of_the_secret_decides(world: World, value: str, key: str, readable: bool) -> None:
    keep(world, value)
    token, arn, found = read_token(world.aws(), TOKEN_SECRET + (f":{key}" if key else ""))
    assert (token.reveal(), arn, found) == (TOKEN, secret_arn(world), readable)


def test_a_secret_under_a_key_of_the_accounts_own_is_imported(world: World) -> None:
    world.boto("secretsmanager").create_secret(Name="ci", SecretString=OURS, KmsKeyId="alias/ci")
    token, _, readable = read_token(world.aws(), "ci")
    assert (token.reveal(), readable) == (TOKEN, False)


def test_a_json_of_which_no_key_is_named_is_no_token(world: World) -> None:
    keep(world, json.dumps({"mine": TOKEN}))
    with pytest.raises(ConfigError, match="does not say which key") as caught:
        read_token(world.aws(), TOKEN_SECRET)
    assert TOKEN not in f"{caught.value.why} {caught.value.hint}"
    before = world.exact()
    with pytest.raises(EcsctlError):
        world.up(PLAIN)
    assert world.exact() == before


@pytest.mark.parametrize(("value", "suffix"), [(TOKEN, ""), (OURS, ":Token")])
def test_a_build_finds_the_token_in_its_environment_only_where_that_is_asked_for(
    world: World, value: str, suffix: str
) -> None:
    keep(world, value)
    world.up(PLAIN)

    def given() -> list[dict[str, Any]]:
        return [one for one in project(world)["environment"]["environmentVariables"] if "TOKEN" in one["name"]]

    assert given() == []
    world.up(desired_stack(domain=None, build={"github_token": True}))
    assert [(one["type"], one["value"]) for one in given()] == [("SECRETS_MANAGER", secret_arn(world) + suffix)]
