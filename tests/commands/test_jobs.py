"""ecsctl jobs as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended
from tests.stack.conftest import World, desired_stack

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
FILE = """\
name = "hello"

[jobs.nightly]
command = ["sh", "-c", "echo reported; exit 3"]
schedule = "cron(0 3 * * ? *)"

[jobs.stuck]
command = ["sleep", "100000"]
schedule = "rate(7 days)"
timeout_minutes = 5
overlap = "refuse"
paused = true
"""
JOBS: dict[str, Any] = {
    "nightly": {"command": ["sh", "-c", "echo reported; exit 3"], "schedule": "cron(0 3 * * ? *)"},
    "stuck": {"command": ["sleep", "100000"], "schedule": "rate(7 days)", "timeout_minutes": 5, "overlap": "refuse",
              "paused": True},
}  # fmt: skip
Run = Callable[..., Ended]


@pytest.fixture
def world(folder: Path, live_by: Callable[..., None]) -> Iterator[World]:
    """An app with two jobs, in its folder."""
    with inprocess() as clock:
        made = World(clock, folder)
        live_by(clock)
        made.running({**desired_stack(domain=None, github=None), "jobs": JOBS}, IMAGE)
        (folder / "ecsctl.toml").write_text(FILE)
        yield made


def listed(run: Run) -> dict[str, Any]:
    found = json.loads(run("jobs", "list", "-o", "json").out)
    return {one["name"]: one for one in found["jobs"]}


def test_a_job_runs_now_and_its_exit_code_is_the_commands(world: World, run: Run) -> None:
    ended = run("jobs", "run", "nightly")
    assert (ended.code, ended.out) == (3, "reported\n")
    assert "it ended with exit code 3" in ended.err
    last = listed(run)["nightly"]["last_run"]
    assert (last["outcome"], last["exit_code"], last["scheduled"], last["image"]) == ("failed", 3, False, IMAGE)
    assert [line["text"] for line in map(json.loads, run("logs", "nightly", "-o", "json").out.splitlines())] == [
        "reported"
    ]
    output = run("jobs", "list").out
    assert output.splitlines()[0].split() == ["job", "schedule", "next", "run", "last", "run", "ended", "exit"]
    assert "failed" in output
    missing = run("jobs", "run", "hourly")
    assert missing.code == 1
    assert "its jobs are: nightly, stuck" in missing.said
    assert any("nightly" in line for line in run("ps").out.splitlines())
    why = run("why")
    assert "the last run of the job nightly ended with exit code 3" in " ".join((why.out + why.err).split())


def test_one_that_takes_too_long_is_ended_and_one_that_overlaps_is_refused(world: World, run: Run) -> None:
    detached = run("jobs", "run", "-d", "stuck")
    assert detached.code == 0
    world.clock.sleep(120)
    refused = run("jobs", "run", "stuck")
    assert (refused.code, "another run of stuck is not over" in refused.said) == (1, True)
    assert listed(run)["stuck"]["last_run"]["outcome"] == "refused"
    world.clock.sleep(600)
    late = run("jobs", "run", "-q", "stuck")
    assert late.code == 124
    assert listed(run)["stuck"]["last_run"]["outcome"] == "timed out"
    why = run("why")
    assert "jobs.stuck.timeout_minutes" in why.out + why.err


def test_a_pause_is_reported_and_so_is_a_file_that_says_otherwise(world: World, run: Run) -> None:
    assert listed(run)["nightly"]["next_run"] is not None
    assert run("jobs", "pause", "nightly").said == "nightly is paused"
    assert run("jobs", "pause", "nightly").said == "nightly is paused already"
    found = listed(run)
    assert [(found[one]["paused"], found[one]["next_run"]) for one in ("nightly", "stuck")] == [(True, None)] * 2
    assert run("jobs", "resume", "nightly").said == "nightly is resumed"
    assert run("jobs", "resume", "nightly").said == "nightly is not paused"
    resumed = run("jobs", "resume", "stuck")
    assert "ecsctl.toml says jobs.stuck.paused = true: the next ecsctl up sets it back" in resumed.said
    assert not any(one["paused"] for one in listed(run).values())
