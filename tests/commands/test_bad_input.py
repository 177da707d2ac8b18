"""Bad input gets a clear error and its exit code; nothing is lost and AWS is untouched."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from ecsctl.engine.state import State
from ecsctl.sandbox.snapshot.taking import differences, snapshot
from tests.commands.conftest import ORDINARY, Ended

Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def untouched(cloud: None) -> object:
    """Whatever is refused here leaves the account as it was."""
    before = snapshot()
    yield
    changed = [line for line in differences(before, snapshot()) if "put there by the test" not in line]
    assert changed == []


@pytest.mark.parametrize("command", ["up", "plan", "status"])
def test_an_unknown_key_is_reported_with_its_line_and_what_was_meant(folder: Path, run: Run, command: str) -> None:
    (folder / "ecsctl.toml").write_text(ORDINARY + '\n[service]\nhealth_pth = "/"\n')
    ended = run(command)
    assert ended.code == 2
    assert "ecsctl.toml" in ended.err
    assert "line 10" in ended.err or ":10" in ended.err
    assert "health_path" in ended.err
    assert ended.out == ""


def test_a_wrong_type_is_reported(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").write_text(ORDINARY + '\n[service]\nport = "8000"\n')
    ended = run("up")
    assert ended.code == 2
    assert "service.port" in ended.err


def test_a_name_that_aws_would_refuse_is_found_before_the_first_call(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").write_text(ORDINARY.replace("hello", "Hello_World", 1))
    ended = run("up", "--debug")
    assert ended.code == 2
    assert "aws " not in ended.err
    assert "name" in ended.err


def test_what_is_most_likely_not_meant_is_said_on_stderr(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").write_text(ORDINARY + '\n[service.environment]\nAPI_TOKEN = "abc"\n')
    for command in (["plan"], ["history"], ["logs"], ["config", "show"]):
        ended = run(*command)
        assert "warning: " in ended.err, command
        assert "service.environment.API_TOKEN seems to be a secret" in ended.said
        assert "warning" not in ended.out


def test_no_config_at_all_is_reported(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").unlink()
    ended = run("up")
    assert ended.code == 2
    assert "ecsctl init" in ended.err


def test_a_missing_secret_is_reported_with_the_command_that_makes_it(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").write_text(ORDINARY + 'token_secret = "github/nowhere"\n')
    ended = run("up")
    assert ended.code == 2
    assert "there is no secret github/nowhere" in ended.err
    assert "aws secretsmanager create-secret" in ended.err


def test_a_missing_hosted_zone_is_reported_with_those_there_are(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").write_text(ORDINARY.replace("hello.ecsctl.example", "hello.example.org"))
    ended = run("up")
    assert ended.code == 2
    assert "no public hosted zone here holds hello.example.org" in ended.err
    assert "ecsctl.example" in ended.err


def test_no_region_is_reported(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    ended = run("up")
    assert ended.code == 2
    assert "AWS_REGION" in ended.err


def test_no_credentials_is_reported(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_") and ("KEY" in name or "TOKEN" in name)]:
        monkeypatch.delenv(name)
    ended = run("up")
    assert ended.code == 3
    assert "credentials" in ended.err


def test_the_wrong_account_is_refused(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").write_text('account_id = "999999999999"\n' + ORDINARY)
    ended = run("up")
    assert ended.code == 3
    assert "123456789012" in ended.err
    assert "999999999999" in ended.err


@pytest.mark.parametrize("command", [["up"], ["down", "--yes"], ["status"], ["plan"]], ids=lambda words: words[0])
@pytest.mark.parametrize(("what", "value"), [("account", "999999999999"), ("region", "us-east-1")])
def test_a_record_of_another_place_is_refused(
    folder: Path, run: Run, command: list[str], what: str, value: str
) -> None:
    state_file = folder / ".ecsctl" / "state.json"
    place = {"account": "123456789012", "region": "eu-central-1", what: value}
    State.load(state_file, app="hello", say=print, **place).begin("vpc", "vpc", "create")
    before = state_file.read_bytes()
    ended = run(*command)
    assert ended.code == 1
    assert f"is the state file of {what} {value}" in ended.err
    assert state_file.read_bytes() == before


def test_a_record_of_a_newer_version_is_refused(folder: Path, run: Run) -> None:
    (folder / ".ecsctl").mkdir()
    state_file = folder / ".ecsctl" / "state.json"
    state_file.write_text(json.dumps({"version": 99}))
    ended = run("up")
    assert ended.code == 1
    assert "newer ecsctl" in ended.err
    assert json.loads(state_file.read_text()) == {"version": 99}


@pytest.mark.parametrize("damage", ['{"version": 1, "app', "not json at all", ""], ids=["half", "garbage", "empty"])
def test_a_damaged_record_is_kept_aside_and_said_aloud(folder: Path, run: Run, damage: str) -> None:
    (folder / ".ecsctl").mkdir()
    (folder / ".ecsctl" / "state.json").write_text(damage)
    ended = run("plan")
    assert ended.code == 0
    assert "kept as state.json.corrupt-" in ended.err
    assert "rebuilt from the tags" in ended.err
    assert [kept.read_text() for kept in (folder / ".ecsctl").glob("state.json.corrupt-*")] == [damage]


def test_a_second_up_names_the_run_at_work(folder: Path, run: Run) -> None:
    state_file = folder / ".ecsctl" / "state.json"
    state = State.load(state_file, app="hello", account="123456789012", region="eu-central-1", say=print)
    with state.locked("up"):
        ended = run("up", "--yes")
    assert ended.code == 5
    assert f"process {os.getpid()} on" in ended.err


def test_a_stranger_of_the_same_name_is_refused_with_the_tags_that_would_make_it_ours(folder: Path, run: Run) -> None:
    boto3.client("ecr").create_repository(
        repositoryName="hello", tags=[{"Key": "by", "Value": "put there by the test"}]
    )
    ended = run("up")
    assert ended.code == 1
    assert "exists and is not ours" in ended.err
    for tag in ("ecsctl:app=hello", "ecsctl:id=", "ecsctl:resource=repository"):
        assert tag in ended.err.replace("\n", " ")
    boto3.client("ecr").delete_repository(repositoryName="hello")


def test_down_without_config_and_record_asks_for_the_name(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").unlink()
    ended = run("down", "--yes")
    assert ended.code == 2
    assert "ecsctl down --name" in ended.err


def test_down_of_nothing_is_done(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").unlink()
    assert run("down", "--name", "hello", "--yes").code == 0


@pytest.mark.parametrize("words", [["nope"], ["up", "--nope"], ["up", "--output", "xml"]])
def test_wrong_words_are_usage_errors(folder: Path, run: Run, words: list[str]) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert "Value error" not in ended.said


@pytest.mark.parametrize("command", [["up"], ["config", "show"]], ids=" ".join)
def test_an_error_in_json_is_json(folder: Path, run: Run, command: list[str]) -> None:
    (folder / "ecsctl.toml").write_text(ORDINARY + "nope = 1\n")
    ended = run(*command, "--output", "json")
    assert ended.code == 2
    assert json.loads(ended.out)["kind"] == "error"


def test_an_error_of_the_sandbox_in_json_is_json_too(folder: Path, run: Run) -> None:
    ended = run("sandbox", "push", "--output", "json")
    assert ended.code != 0
    assert json.loads(ended.out)["kind"] == "error"
    assert "ecsctl sandbox start" in ended.said
