"""The GitHub token: stored, brought everywhere, and shown nowhere."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecsctl import session
from ecsctl.aws.clients import READS, Aws
from ecsctl.aws.patience import Patience
from ecsctl.cli import app as _app  # noqa: F401 - the commands are there before the sandbox is
from ecsctl.errors import Refused, UsageError
from ecsctl.github import creds
from ecsctl.github_token import TYPE
from ecsctl.sandbox.aws.account import TOKEN, TOKEN_SECRET
from ecsctl.sandbox.core import clock
from ecsctl.sandbox.github.remote import revoke_github_token
from tests.commands.conftest import cloud, folder, run  # noqa: F401 - fixtures
from tests.stack.conftest import World, desired_stack, shared_session, world  # noqa: F401 - a fixture

NEW = "ghp_Canary" + "7" * 30


def stored(world: World, name: str = TOKEN_SECRET) -> str:  # noqa: F811 - the fixture
    return str(world.boto("secretsmanager").get_secret_value(SecretId=name)["SecretString"])


@pytest.mark.parametrize("text", ["", "  \n", "two words", "tok\x1ben", "x" * 300])
def test_what_can_be_no_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        creds.checked(text)
    assert not text.strip() or text.strip() not in str(vars(caught.value))


def test_of_a_json_secret_only_the_key_changes(world: World) -> None:  # noqa: F811 - the fixture
    body = {"token": TOKEN, "other": "kept"}
    world.boto("secretsmanager").create_secret(Name="ci", SecretString=json.dumps(body))
    session = world.open()
    assert not creds.put(session.aws, session.engine.label, "ci:token", creds.checked(NEW))
    assert json.loads(stored(world, "ci")) == {"token": NEW, "other": "kept"}
    with pytest.raises(Refused, match="is not JSON"):
        creds.put(session.aws, session.engine.label, f"{TOKEN_SECRET}:token", creds.checked(NEW))
    assert stored(world) == TOKEN


def test_a_secret_that_does_not_exist_is_made_with_our_tags(world: World) -> None:  # noqa: F811 - the fixture
    session = world.open()
    assert creds.put(session.aws, session.engine.label, "hello/token", creds.checked(NEW))
    tags = world.boto("secretsmanager").describe_secret(SecretId="hello/token")["Tags"]
    assert {"Key": "ecsctl:app", "Value": "hello"} in tags
    assert json.loads(stored(world, "hello/token")) == {**TYPE, "Token": NEW}, "CodeBuild reads it by itself"


def test_a_rotation_reaches_every_place_and_one_that_died_is_taken_up(world: World) -> None:  # noqa: F811 - the fixture
    here = desired_stack(domain=None)
    world.up(here)
    assert creds.status(world.open(here)).current

    session = world.open(here)
    creds.put(session.aws, session.engine.label, TOKEN_SECRET, creds.checked(NEW))  # and then it died
    states = {place.name: place.state for place in creds.status(world.open(here)).places}
    assert states == {"github-credentials": "old", "pipeline": "old", "pipeline-webhook": "old"}
    for more in ({"pipeline": {"approvals": [{"name": "Review"}]}}, {"github": {"branch": "next"}}):
        with pytest.raises(Refused, match="more than a new token") as caught:
            creds.spread(
                lambda more=more: world.open(desired_stack(domain=None, **more)), lambda: pytest.fail("it was stored")
            )  # type: ignore[misc]  # mypy cannot type a lambda's default
        assert caught.value.why.startswith("pipeline: ")
    assert not creds.status(world.open(here)).current

    edited = desired_stack(service={"health_path": "/ready"}, domain=None)  # that is for `up` to do
    pending = [step.name for step in world.plan(edited).work if step.name not in creds.FIELDS]
    changed: set[str] = set()
    world.heard = lambda service, operation, *_: operation.startswith(READS) or changed.add(f"{service} {operation}")
    found = creds.spread(lambda: world.open(edited), lambda: None)
    world.heard = None
    assert changed == {
        "logs create_log_stream",  # the lock
        "logs delete_log_stream",
        "iam tag_role",  # the tag of the credentials
        "codebuild import_source_credentials",
        "codepipeline update_pipeline",
        "codepipeline deregister_webhook_with_third_party",
        "codepipeline put_webhook",
        "codepipeline register_webhook_with_third_party",
        "codepipeline tag_resource",
    }
    assert {place.state for place in found.places} == {"current"}
    assert [step.name for step in world.plan(edited).work] == pending != []
    assert world.plan(here).work == ()


def test_the_token_is_shown_nowhere(
    cloud: None,  # noqa: F811 - the fixture
    folder: Path,  # noqa: F811 - the fixture
    run: Callable[..., Any],  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def with_token(*words: str) -> Any:
        monkeypatch.setattr("sys.stdin", io.StringIO(NEW + "\n"))
        return run(*words)

    runs = [
        with_token("creds", "set", "-", "--debug"),
        run("creds", "set", NEW),
        with_token("creds", "set"),
        with_token("creds", "rotate", "-", "-o", "json"),  # refused: there is no stack yet
        run("creds", "status", "--debug", "-o", "json"),
    ]
    assert [one.code for one in runs] == [0, 2, 2, 1, 0], runs
    client = boto3.client("secretsmanager", region_name="eu-central-1")
    assert client.get_secret_value(SecretId=TOKEN_SECRET)["SecretString"] == NEW
    for one in runs:
        assert NEW not in one.out + one.err
        assert TOKEN not in one.out + one.err
    for path in folder.rglob("*"):
        if path.is_file():
            assert NEW.encode() not in path.read_bytes()


def test_down_names_the_secret_that_was_made_before_the_first_up(
    cloud: None,  # noqa: F811 - the fixture
    folder: Path,  # noqa: F811 - the fixture
    run: Callable[..., Any],  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (folder / "ecsctl.toml").write_text('name = "hello"\n[github]\nrepository = "a/b"\ntoken_secret = "hello/token"\n')
    monkeypatch.setattr("sys.stdin", io.StringIO(NEW + "\n"))
    assert run("creds", "set", "-").code == 0
    clock.current().sleep(120)  # the tagging API is late
    down = run("down", "--yes", "-o", "json")
    assert down.code == 0
    [left] = json.loads(down.out)["left"]
    assert (left["kind"], left["what"]) == ("secret", "hello/token")
    assert "aws secretsmanager delete-secret" in left["why"]
    client = boto3.client("secretsmanager", region_name="eu-central-1")
    client.delete_secret(SecretId="hello/token")
    assert json.loads(run("down", "--yes", "-o", "json").out)["left"] == []


def test_a_revoked_token_is_named_everywhere_and_a_rotation_cures_it(
    cloud: None,  # noqa: F811 - the fixture
    folder: Path,  # noqa: F811 - the fixture
    run: Callable[..., Any],  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rotate(token: str) -> Any:
        now.sleep(60)
        monkeypatch.setattr("sys.stdin", io.StringIO(token + "\n"))
        return run("creds", "rotate", "-")

    now = clock.current()
    monkeypatch.setattr(session.Place, "aws", lambda self, region=None: Aws(Patience(now), session=shared_session()))
    (folder / "ecsctl.toml").write_text('name = "hello"\n[vpc]\negress = "public"\n[github]\nrepository = "a/b"\n')
    revoke_github_token()
    up = run("up", "--yes")  # even the first one: its image cannot be built
    assert up.code == 1
    assert "authentication required" in up.err
    assert "the token is revoked" in run("why").out
    status = run("creds", "status", "--exit-code", "-o", "json")
    assert (status.code, "authentication required" in json.loads(status.out)["refused"]) == (1, True)
    revoke_github_token(works=True)
    assert rotate(NEW).code == 0
    up = run("up", "--yes")
    assert (up.code, "warning" in up.err) == (0, False), up.err

    now.sleep(1800)
    revoke_github_token()
    assert "Failed" in run("pipeline", "run").out
    failed = run("pipeline", "status", "--exit-status")
    assert (failed.code, "ecsctl creds rotate" in failed.err) == (1, True)
    up = run("up", "--yes")
    assert up.code == 0
    assert "warning: GitHub refused the token" in up.err
    why = run("why", "--exit-code")
    assert (why.code, "token is revoked or expired" in why.out) == (1, True)
    status = run("creds", "status", "--exit-code")
    assert (status.code, "GitHub refuses it" in status.out) == (1, True)
    assert "nothing to change" in run("plan").out
    failed = rotate(NEW[::-1])  # GitHub takes no token at all: the webhook cannot be registered
    assert failed.code == 1
    assert "GitHub rejects the token" in failed.err

    revoke_github_token(works=True)
    assert run("creds", "rotate", "--stored").code == 0
    run("pipeline", "run")
    now.sleep(1800)
    assert run("pipeline", "status", "--exit-status").code == 0
    assert run("creds", "status", "--exit-code").code == 0
    assert run("why", "--exit-code").code == 0
