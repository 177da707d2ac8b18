"""Where a command works: ecsctl.toml's region, which nothing in a shell beats and no option contradicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ecsctl.engine.state import State
from tests.commands.conftest import ORDINARY, Ended

Run = Callable[..., Ended]

COMMANDS = [
    ["up", "--yes"], ["plan"], ["status"], ["down", "--yes", "--force"], ["why"], ["logs"], ["history"], ["deploy"],
    ["rollback", "--yes"], ["cancel"], ["exec", "--", "ls"], ["pipeline", "status"], ["creds", "status"],
]  # fmt: skip


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """`exec` searches for its plugin first."""
    monkeypatch.setattr("ecsctl.operations.plugin.find", lambda _what: "/bin/true")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_option_that_contradicts_the_file_is_refused(
    folder: Path, run: Run, cloud: None, plugin: None, command: list[str]
) -> None:
    (folder / "ecsctl.toml").write_text('region = "eu-west-1"\n' + ORDINARY)
    words = [*command[:1], "--region", "us-east-1", *command[1:]]
    if command[0] in ("pipeline", "creds"):
        words = [*command, "--region", "us-east-1"]
    ended = run(*words)
    assert ended.code == 2, ended.err
    assert "--region us-east-1 contradicts ecsctl.toml:1" in ended.said
    assert "eu-west-1" in ended.said


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_files_region_wins_over_the_environment(
    folder: Path, run: Run, cloud: None, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    (folder / "ecsctl.toml").write_text('region = "eu-west-1"\n' + ORDINARY)
    monkeypatch.setenv(variable, "us-east-1")
    ended = run("plan", "--output", "json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["region"] == "eu-west-1"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_record_of_another_region_is_refused_by_every_command(
    folder: Path, run: Run, cloud: None, plugin: None, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    state_file = folder / ".ecsctl" / "state.json"
    place = {"account": "123456789012", "region": "eu-central-1"}
    State.load(state_file, app="hello", say=print, **place).begin("vpc", "vpc", "create")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    ended = run(*command)
    assert ended.code == 1, ended.err
    assert "is the state file of region eu-central-1, not of us-east-1" in ended.said
    assert "--region eu-central-1" in ended.said


def test_the_policies_are_for_the_files_region_too(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ecsctl.toml").write_text('region = "eu-west-1"\n' + ORDINARY)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    output = run("policy", "--account", "123456789012").out
    assert "eu-west-1" in output
    assert "us-east-1:" not in output
    ended = run("policy", "--account", "123456789012", "--region", "us-east-1")
    assert (ended.code, "contradicts ecsctl.toml:1" in ended.said) == (2, True)
    short = run("policy", "--account", "12", "--region", "eu-west-1")
    assert (short.code, "expected the account's 12 digits, found 12" in short.said) == (2, True)


def test_at_an_endpoint_of_ones_own_a_region_that_does_not_exist_is_refused_at_once(
    folder: Path, run: Run, cloud: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "ecsctl.toml").write_text('region = "eu-centrl-1"\n' + ORDINARY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ended = run("plan")
    assert ended.code == 2, ended.err
    assert "eu-centrl-1 is not a region" in ended.said
    assert "did you mean eu-central-1?" in ended.said
