"""ecsctl run and ecsctl ps as a person types them."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsctl import session
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.sandbox.aws import ecs
from tests.commands.conftest import Ended
from tests.releases.conftest import REPOSITORY, Service, service
from tests.stack.conftest import ACCOUNT, shared_session

__all__ = ["service"]

Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def at_home(folder: Path, service: Service, live_by: Callable[..., None]) -> None:
    """The folder of the app, whose service lives on the clock by which the commands wait."""
    (folder / "ecsctl.toml").write_text('name = "hello"\n')
    live_by(service.clock)


def rows(run: Run) -> list[dict[str, Any]]:
    """Returns what ps tells."""
    found: list[dict[str, Any]] = json.loads(run("ps", "-o", "json").out)["tasks"]
    return found


def test_a_command_runs_with_what_serves_and_ends_as_it_does(service: Service, run: Run) -> None:
    refused = run("run", "--", "true")
    assert refused.code == 1
    assert "ecsctl up" in refused.err
    service.start(service.push("v1"))

    ended = run("run", "--", "sh", "-c", "echo one; echo two; exit 3")
    assert (ended.code, ended.out) == (3, "one\ntwo\n")
    assert "it ended with exit code 3" in ended.err
    quiet = run("run", "-q", "--cpu", "512", "--memory", "1024", "--", "echo", "\x1b[31mred")
    assert (quiet.code, quiet.err) == (0, "")
    assert "\x1b" not in quiet.out
    assert service.runs == "hello:1"

    [web, *others] = rows(run)
    assert (web["process"], web["state"], web["exit_code"]) == ("web", "running", None)
    assert sorted((one["process"], one["exit_code"], one["cpu"], one["memory"]) for one in others) == [
        ("run", 0, 512, 1024),
        ("run", 3, 256, 512),
    ]
    assert {one["digest"] for one in others} == {web["digest"]}
    output = run("ps").out.splitlines()
    assert output[0].split() == ["process", "task", "release", "state", "since", "zone", "size", "exit"]
    assert any("exit 3" in line for line in output)


def test_it_takes_what_serves_and_not_what_is_rolling_out(service: Service, run: Run) -> None:
    serves = service.push("v1")
    service.start(serves)
    ecs.script_tasks(ACCOUNT, "v2", "crash")
    service.point(service.register(service.push("v2")))
    assert run("run", "--", "true").code == 0
    assert [one["image"] for one in rows(run) if one["process"] == "run"] == [serves]


def test_another_image_leaves_nothing_behind(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    other = service.push("v2")
    before = service.revisions
    ended = run("run", "--image", f"{REPOSITORY}:v2", "--", "echo", "hi")
    assert (ended.code, ended.out) == (0, "hi\n")
    assert [one["image"] for one in rows(run) if one["process"] == "run"] == [other]
    assert (service.revisions, service.runs) == (before, "hello:1")
    missing = run("run", "--image", f"{REPOSITORY}:v3", "--", "true")
    assert (missing.code, "there is no image" in missing.err) == (2, True)
    ecs.script_tasks(ACCOUNT, "v2", "quota")
    assert run("run", "--image", f"{REPOSITORY}:v2", "--", "true").code == 1
    assert service.revisions == before


def test_a_task_that_may_not_be_started_leaves_no_revision(
    service: Service, run: Run, hear: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.start(service.push("v1"))
    aws = Aws(Patience(service.clock), session=shared_session())

    def deny(**_: Any) -> None:
        why = {"Code": "AccessDeniedException", "Message": "not authorized to perform: ecs:RunTask"}
        answer: Any = {"Error": why, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(answer, "RunTask")

    hear(aws.client("ecs"), "before-call.ecs.RunTask", deny)
    monkeypatch.setattr(session.Place, "aws", lambda *_, **__: aws)
    before = service.revisions
    assert run("run", "--image", f"{REPOSITORY}:v1", "--", "true").code == 3
    assert service.revisions == before


def test_what_cannot_be_run_is_reported_before_anything_is_started(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    size = run("run", "--memory", "8192", "--", "true")
    assert (size.code, "cannot be combined with cpu = 256" in size.err) == (2, True)
    long = run("run", "--", "x" * 8192)
    assert (long.code, "at most 8192" in long.err) == (2, True)
    assert run("run").code == 2
    assert [one["process"] for one in rows(run)] == ["web"]

    ecs.script_tasks(ACCOUNT, "v1", "missing-image")
    ended = run("run", "--", "true")
    assert ended.code == 1
    assert "CannotPullContainerError" in ended.err


def test_detached_it_prints_the_id_and_goes_on(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    ended = run("run", "--detach", "--", "sleep", "60")
    assert ended.code == 0
    assert [one["id"] for one in rows(run) if one["process"] == "run"] == [ended.out.strip()]
    service.clock.sleep(300)
    assert [one["exit_code"] for one in rows(run) if one["process"] == "run"] == [0]


def test_ctrl_c_stops_the_task_and_twice_leaves_it(
    service: Service, run: Run, hear: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.start(service.push("v1"))

    def pressing(*reads: int) -> None:
        """Press Ctrl-C at those reads of the task."""
        aws = Aws(Patience(service.clock), session=shared_session())
        count = itertools.count(1)

        def press(**_: Any) -> None:
            if next(count) in reads:
                os.kill(os.getpid(), signal.SIGINT)

        hear(aws.client("ecs"), "after-call.ecs.DescribeTasks", press)
        monkeypatch.setattr(session.Place, "aws", lambda *_, **__: aws)

    pressing(3)
    before = service.revisions
    ended = run("run", "--image", f"{REPOSITORY}:v1", "--", "sleep", "200")
    assert ended.code == 130
    assert "Ctrl-C again leaves it" in ended.err
    pressing()
    [stopped] = [one for one in rows(run) if one["process"] == "run"]
    assert (stopped["reason"], service.revisions) == ("ecsctl run: Ctrl-C", before)

    pressing(3, 4)
    left = run("run", "--", "sleep", "200")
    assert left.code == 130
    assert left.said.endswith("is left alone: ecsctl ps lists it")
