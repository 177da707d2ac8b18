"""With an ecsctl.toml that cannot be read, the app in the state file can still be shown and removed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from ecsctl.sandbox.aws import ecr
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended, bring_up

Run = Callable[..., Ended]
SMALL = 'name = "hello"\nregion = "eu-central-1"\n[vpc]\negress = "public"\n'
BROKEN = {
    "no TOML": "name = hello\n",
    "a wrong value": SMALL.replace('"public"', '"none at all"'),
    "an unknown key": SMALL + "egres = 1\n",
    "not UTF-8": 'name = "h\udcffllo"\n',
}


@pytest.fixture(autouse=True)
def up(folder: Path, live_by: Callable[[Clock], None], run: Run) -> Iterator[None]:
    """A small stack that is up."""
    (folder / "ecsctl.toml").write_text(SMALL)
    with inprocess() as clock:
        live_by(clock)
        bring_up(folder, clock, run)
        yield


def writes(folder: Path, text: str) -> None:
    (folder / "ecsctl.toml").write_bytes(text.encode(errors="surrogateescape"))


@pytest.mark.parametrize("kind", BROKEN)
def test_down_removes_the_app_of_the_record_and_names_what_is_wrong(folder: Path, run: Run, kind: str) -> None:
    writes(folder, BROKEN[kind])
    ended = run("down", "--yes")
    assert ended.code == 0, ended.err
    assert "warning: ecsctl.toml:" in ended.err
    assert "the app is hello" in ended.said
    assert "nothing of it is left in the account" in ended.err


def test_what_a_file_that_cannot_be_read_may_protect_stays(folder: Path, run: Run) -> None:
    ecr.put_image("123456789012", "eu-central-1", "hello", ["one"])
    writes(folder, 'protect = ["ecr"\n' + SMALL)
    ended = run("down", "--yes", "--force", "-o", "json")
    assert ended.code == 0, ended.err
    assert "ECR repository" in {one["kind"] for one in json.loads(ended.out)["left"]}
    assert [one["repositoryName"] for one in boto3.client("ecr").describe_repositories()["repositories"]] == ["hello"]


def test_what_a_variable_protects_stays_beside_a_file_that_cannot_be_read(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECSCTL_PROTECT", '["ecr"]')
    writes(folder, BROKEN["no TOML"])
    assert run("down", "--yes").code == 0
    assert boto3.client("ecr").describe_repositories()["repositories"]


def test_status_shows_what_runs_and_that_it_compared_nothing(folder: Path, run: Run) -> None:
    writes(folder, BROKEN["no TOML"])
    ended = run("status")
    assert ended.code == 2
    assert "no image" not in ended.out
    assert "0 of 0 running" in ended.out
    assert "but not whether it is what should run" in ended.said
    machine = run("status", "-o", "json")
    assert (machine.code, json.loads(machine.out)["kind"]) == (2, "error")


@pytest.mark.parametrize("words", [("logs",), ("why",), ("history",)])
def test_what_only_reads_the_app_needs_no_file(folder: Path, run: Run, words: tuple[str, ...]) -> None:
    writes(folder, BROKEN["no TOML"])
    ended = run(*words)
    assert ended.code == 0, ended.err
    assert "the app is hello" in ended.said


@pytest.mark.parametrize("words", [("up", "--yes"), ("plan",), ("creds", "status")])
def test_what_makes_the_file_true_is_refused(folder: Path, run: Run, words: tuple[str, ...]) -> None:
    writes(folder, BROKEN["no TOML"])
    ended = run(*words)
    assert ended.code == 2
    assert "error: ecsctl.toml:1: not TOML" in ended.err


def test_without_a_record_the_mistake_is_an_error(folder: Path, run: Run) -> None:
    writes(folder, BROKEN["no TOML"])
    (folder / ".ecsctl" / "state.json").unlink()
    ended = run("down", "--yes")
    assert ended.code == 2
    assert "error: ecsctl.toml:1: not TOML" in ended.err
