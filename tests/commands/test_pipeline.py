"""`ecsctl pipeline` on the command line: what it shows, what it does, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecsctl.aws.clients import Aws
from ecsctl.operations.logs import of_last_build
from ecsctl.sandbox.aws.codebuild.state import fail_next_build
from ecsctl.sandbox.core.clock import Clock
from tests.commands.conftest import Ended
from tests.operations.conftest import aws, clock, made
from tests.sandbox.codepipeline.declared import APPROVE

__all__ = ["aws", "clock", "made"]

Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def at_home(folder: Path, clock: Clock, live_by: Callable[..., None]) -> None:
    """The folder of the app "orders", and the clock by which its pipeline and the commands live."""
    (folder / "ecsctl.toml").write_text('name = "orders"\n')
    live_by(clock)


def shown(run: Run, *words: str) -> dict[str, Any]:
    """The run of the pipeline as a command prints it."""
    found: dict[str, Any] = json.loads(run("pipeline", *words, "-o", "json").out)
    return found


def say(aws: Aws, clock: Clock, text: str) -> None:
    """Write a line into the log of the newest build."""
    log, client = of_last_build(aws, "orders"), aws.client("logs")
    client.create_log_group(logGroupName=log.group)
    client.create_log_stream(logGroupName=log.group, logStreamName=log.stream)
    event = {"timestamp": int(clock.now() * 1000), "message": text}
    client.put_log_events(logGroupName=log.group, logStreamName=log.stream, logEvents=[event])


def test_a_run_waits_for_an_approval_and_gets_it_and_a_newer_one_is_stopped(run: Run, made: Callable[..., Any]) -> None:
    made(APPROVE)
    early = run("pipeline", "approve")
    assert (early.code, "nothing waits for an approval" in early.said) == (1, True)
    late = run("pipeline", "status", "--watch", "--exit-status", "--timeout", "6")
    assert (late.code, "Approve waits for an approval" in late.said) == (4, True)
    approved = run("pipeline", "approve", "--comment", "looks good", "--watch", "--exit-status")
    assert approved.code == 0, approved.err
    assert "was approved" in approved.said
    assert approved.out.startswith("✓ orders ")
    assert "looks good" not in approved.err
    first = shown(run, "status")
    assert (first["kind"], first["status"], first["others"]) == ("pipeline", "Succeeded", [])
    again = run("pipeline", "retry")
    assert (again.code, "has nothing to retry: it is Succeeded" in again.said) == (1, True)
    idle = run("pipeline", "stop")
    assert (idle.code, "no run is under way" in idle.said) == (1, True)
    assert shown(run, "status") == first

    second = shown(run, "run")
    assert (second["status"], second["id"] != first["id"]) == ("InProgress", True)
    stopped = run("pipeline", "stop", "--reason", "wrong branch", "--watch")
    assert (stopped.code, "is being stopped" in stopped.err) == (0, True)
    assert run("pipeline", "status", "--exit-status").code == 8
    assert run("pipeline", "status", "--exit-status", "--run", first["id"][:8]).code == 0


def test_a_failed_build_is_reported_and_retried_and_its_log_is_printed(
    run: Run, made: Callable[..., Any], aws: Aws, clock: Clock
) -> None:
    fail_next_build("BUILD", "the tests fail")
    made()
    failed = run("pipeline", "status", "--watch", "--exit-status")
    assert (failed.code, "Build terminated with state: FAILED" in failed.said) == (1, True)
    assert "✗ " in failed.out
    unsaid = run("pipeline", "logs")
    assert (unsaid.code, unsaid.out, unsaid.err) == (0, "", "no lines\n")
    retried = run("pipeline", "retry", "--watch", "--exit-status")
    assert (retried.code, "is tried again" in retried.err) == (0, True)
    say(aws, clock, "3 tests passed")
    log = run("pipeline", "logs")
    assert (log.code, log.out.endswith(" 3 tests passed\n")) == (0, True)
    assert json.loads(run("pipeline", "logs", "-o", "json").out)["text"] == "3 tests passed"
    assert run("logs", "--build").out == log.out


def test_bad_input_is_reported_and_begins_nothing(run: Run, made: Callable[..., Any]) -> None:
    for command in ("status", "run", "approve", "retry", "stop", "logs"):
        ended = run("pipeline", command)
        assert (ended.code, "there is no pipeline orders" in ended.said, ended.out) == (1, True, ""), command
    made()
    run("pipeline", "status", "--watch")
    before = shown(run, "status")
    expected = {
        ("status", "--run", "zzz"): (1, "there is no run zzz"),
        ("retry", "--run", "zzz"): (1, "there is no run zzz"),
        ("stop", "--reason", "x" * 201): (2, "201 characters"),
        ("approve", "--comment", "x" * 513): (2, "513 characters"),
        ("status", "--timeout", "-1"): (2, ""),
    }
    ended = {words: run("pipeline", *words) for words in expected}
    other = [
        (words, one.code, one.err)
        for words, one in ended.items()
        if (one.code, expected[words][1] in one.said) != (expected[words][0], True)
    ]
    assert other == []
    assert shown(run, "status") == before
