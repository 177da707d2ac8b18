"""ecsctl scale as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.core import authorization
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended
from tests.saved import once
from tests.stack.conftest import ACCOUNT, shared_session

Run = Callable[..., Ended]
IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
BEFORE = {"hello": (1, 1), "hello_mailer": (2, 2), "hello_sorter": (1, 1)}
TOML = """\
name = "hello"

[service]
desired_count = 1

[workers.mailer]
command = ["work"]
desired_count = 2

[workers.sorter]
command = ["sort"]
autoscaling = { min = 1, max = 3 }
"""


@pytest.fixture
def clock(folder: Path, live_by: Callable[[Clock], None], run: Run) -> Any:
    """The folder of an app that is up, and the clock that it and the commands live by."""
    (folder / "ecsctl.toml").write_text(TOML)
    with inprocess() as clock:
        live_by(clock)
        once("an app with workers, to scale", clock, folder / ".ecsctl", lambda: run("up", "--yes", "--image", IMAGE))
        assert counts() == BEFORE
        yield clock


def counts() -> dict[str, tuple[int, int]]:
    names = ["hello", "hello_mailer", "hello_sorter"]
    ecs = shared_session().client("ecs")
    found = ecs.describe_services(cluster="hello", services=names)["services"]
    return {one["serviceName"]: (one["desiredCount"], one["runningCount"]) for one in found}


def test_a_scale_lasts_until_the_next_up_and_plan_and_status_show_it(clock: Clock, folder: Path, run: Run) -> None:
    done = run("scale", "web=3", "mailer=0")
    assert done.code == 0, done.err
    assert counts() == BEFORE | {"hello": (3, 3), "hello_mailer": (0, 0)}
    assert done.out.splitlines() == [
        "✓ 3 tasks of web run, until the next ecsctl up: ecsctl.toml says 1",
        "✓ 0 tasks of mailer run, until the next ecsctl up: ecsctl.toml says 2",
    ]
    planned = json.loads(run("plan", "--output", "json").out)["steps"]
    drift = {one["name"]: one["changes"] for one in planned if one["verb"] == "update"}
    assert {name: [(each["field"], each["why"]) for each in changes] for name, changes in drift.items()} == {
        "service": [("desired_count", "drift")],
        "service mailer": [("desired_count", "drift")],
    }
    status = run("status")
    assert status.out.count("desired_count") == 2
    assert run("up", "--yes").code == 0
    assert counts() == BEFORE
    again = run("scale", "web=1", "--output", "json")
    assert json.loads(again.out)["processes"] == [
        {"process": "web", "before": 1, "desired": 1, "running": 1, "configured": 1, "autoscaling": None,
         "temporary": False},
    ]  # fmt: skip


def test_with_autoscaling_it_is_within_its_bounds_or_refused(clock: Clock, run: Run) -> None:
    for count, key in (("0", "workers.sorter.autoscaling.min"), ("4", "workers.sorter.autoscaling.max")):
        refused = run("scale", "web=2", f"sorter={count}")
        assert refused.code == 1
        assert "keeps it from 1 to 3 tasks" in refused.said
        assert key in refused.said
    assert counts() == BEFORE
    done = run("scale", "sorter=2")
    assert (done.code, counts()["hello_sorter"]) == (0, (2, 2))
    assert "autoscaling goes on from there, from 1 to 3" in done.out
    assert [one for one in json.loads(run("plan", "-o", "json").out)["steps"] if one["verb"] != "keep"] == []


def test_what_is_no_number_no_process_or_not_allowed_changes_nothing(clock: Clock, run: Run) -> None:
    for words in ("web", "web=", "web=-1", "web=5001", "=3", "web=1.5", "WEB=1"):
        assert run("scale", words).code == 2, words
    assert run("scale", "web=1", "web=2").code == 2
    unknown = run("scale", "nobody=1")
    assert unknown.code == 1
    assert "it has web, mailer, sorter" in unknown.said
    authorization.enforce({"Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ecs:UpdateService", "Resource": "*"},
    ]})  # fmt: skip
    assert run("scale", "web=2").code == 3
    assert counts() == BEFORE


def test_tasks_that_do_not_come_to_run_are_waited_for_and_not_for_ever(clock: Clock, run: Run) -> None:
    ecs.script_tasks(ACCOUNT, "1.27", "missing-image")
    late = run("scale", "mailer=4", "--timeout", "5")
    assert late.code == 4
    assert "of 4 tasks of mailer run" in late.said
    assert "ecsctl why" in late.said
    assert counts()["hello_mailer"][0] == 4
