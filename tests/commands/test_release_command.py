"""[release] from a push and from a command: once before anything is deployed, and nothing is where it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecr, ecs
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended, bring_up
from tests.stack.conftest import ACCOUNT, REGION

Run = Callable[..., Ended]

TOML = """\
name = "hello"
[vpc]
egress = "public"
[github]
repository = "a/b"
[release]
command = ["sh", "-c", "echo migrating; echo done"]
"""


@pytest.fixture
def up(folder: Path, live_by: Callable[[Clock], None], run: Run) -> Iterator[Clock]:
    """The clock of a sandbox in this process, in which such an app is up."""
    (folder / "ecsctl.toml").write_text(TOML)
    with inprocess() as clock:
        live_by(clock)
        bring_up(folder, clock, run)
        clock.sleep(4000)  # ECS has forgotten the first one
        yield clock


def commands(run: Run) -> list[dict[str, Any]]:
    """The tasks of the release command, the newest first."""
    found = json.loads(run("ps", "-o", "json").out)["tasks"]
    return [one for one in found if one["process"] == "release"]


def serves(run: Run) -> str:
    """The digest that serves."""
    found = json.loads(run("ps", "-o", "json").out)["tasks"]
    [digest] = {one["digest"] for one in found if one["process"] == "web" and one["state"] == "running"}
    return str(digest)


def image(tag: str) -> str:
    """Another image in the app's repository."""
    ecr.put_image(ACCOUNT, REGION, "hello", [tag], "arm64", content=tag, index=True)
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/hello:{tag}"


def pushed(clock: Clock, fail: str = "", seconds: float = 900) -> str:
    commit = push.push("main", fail)["commit"]
    clock.sleep(seconds)
    return str(push.pushed(commit)["outcome"])


def test_a_push_runs_it_once_and_deploys_only_after_it(up: Clock, run: Run) -> None:
    before = serves(run)
    assert pushed(up, fail="release") == "Failed"
    [failed] = commands(run)
    assert (failed["exit_code"], serves(run)) == (1, before)
    ended = run("why").out
    assert "the release command failed, and nothing was deployed: it ended with exit code 1: RuntimeError" in ended
    assert "ecsctl pipeline retry" in ended
    assert "the release command ended with exit code 1" in run("pipeline", "logs", "Release").out

    assert pushed(up) == "Succeeded"
    good, *_ = commands(run)
    assert good["exit_code"] == 0
    assert serves(run) == good["digest"] != before
    assert len(commands(run)) == 2
    assert run("why", "--exit-code").code == 0
    assert "nothing to change" in run("plan").out


def test_a_commit_that_is_overtaken_is_migrated_with_the_next(up: Clock, run: Run) -> None:
    """An image holds the migrations of all commits before it: those of a skipped one run with the next."""
    for _ in range(3):
        assert pushed(up, seconds=15) == "InProgress"
    up.sleep(1800)
    found = boto3.client("codepipeline").list_pipeline_executions(pipelineName="hello")["pipelineExecutionSummaries"]
    ran = [one["status"] for one in found[:3]]
    assert "Superseded" in ran
    assert len(commands(run)) == ran.count("Succeeded")
    assert serves(run) == commands(run)[0]["digest"]


def test_deploy_runs_it_first_and_tells_what_it_writes(up: Clock, run: Run) -> None:
    before = serves(run)
    done = run("deploy", "--image", image("v2"))
    assert (done.code, "migrating" in done.err, "ended with exit code 0" in done.err) == (0, True, True)
    assert [one["exit_code"] for one in commands(run)] == [0]
    after = serves(run)
    assert after != before
    back = run("rollback", "--yes")
    assert (back.code, "the release command is not run" in back.err) == (0, True)
    assert (serves(run), len(commands(run))) == (before, 1)

    ecs.script_tasks(ACCOUNT, "", "command", code=4)
    failed = run("deploy", "--image", image("v3"))
    assert failed.code == 1
    assert "nothing is deployed: it ended with exit code 4" in failed.err
    assert serves(run) == before
    restarted = run("deploy", "--restart")
    assert (restarted.code, len(commands(run))) == (0, 2)  # nothing is released


def test_one_that_takes_too_long_is_stopped_and_one_that_is_stuck_can_be_cancelled(
    up: Clock, run: Run, folder: Path
) -> None:
    before = serves(run)
    stuck = TOML.replace("echo migrating; echo done", "sleep 100000") + "timeout_minutes = 2\n"
    (folder / "ecsctl.toml").write_text(stuck)
    assert run("up", "--yes").code == 0
    slow = run("deploy", "--image", image("v2"))
    assert (slow.code, "it did not end within 2 minutes, and is stopped" in slow.err) == (1, True)
    assert serves(run) == before
    assert pushed(up) == "Failed"
    assert "did not end within 2 minutes" in run("pipeline", "logs", "Release").out
    assert "set release.timeout_minutes" in run("why").out

    commit = push.push("main")["commit"]
    for _ in range(60):
        up.sleep(5)
        if any(one["state"] == "running" for one in commands(run)):
            break
    busy = run("deploy", "--image", image("v3"))
    assert (busy.code, "a release command is running" in busy.err) == (1, True)
    cancelled = run("cancel")  # it ends with 0, as what heeds SIGTERM may
    assert (cancelled.code, "the release command was stopped" in cancelled.out) == (0, True)
    up.sleep(900)
    assert push.pushed(commit)["outcome"] == "Failed"
    assert serves(run) == before
    assert "stopped by ecsctl cancel" in run("why").out


def test_without_its_file_nothing_is_deployed_past_it(up: Clock, run: Run, folder: Path) -> None:
    (folder / "ecsctl.toml").unlink()
    refused = run("deploy", "--image", image("v2"))
    assert (refused.code, "which is in ecsctl.toml" in refused.said) == (1, True)
