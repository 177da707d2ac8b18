"""deploy, rollback, cancel, history, why, logs and status --watch on the command line: words, exit codes, effects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ecsctl.aws.patience import Patience
from ecsctl.sandbox.aws import ecs
from tests.commands.conftest import Ended
from tests.releases.conftest import REPOSITORY, Service, service
from tests.stack.conftest import ACCOUNT

__all__ = ["service"]

Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def at_home(folder: Path, service: Service, live_by: Callable[..., None]) -> None:
    """The folder of the app, whose service lives on the clock by which the commands wait."""
    (folder / "ecsctl.toml").write_text('name = "hello"\n')
    live_by(service.clock)


def test_a_release_is_deployed_shown_compared_and_taken_back(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    deployed = run("deploy")
    assert (deployed.code, deployed.out) == (0, "✓ revision 2 is deployed: 1 of 1 tasks run it\n")
    again = json.loads(run("deploy", "--output", "json").out)
    assert (again["kind"], again["outcome"], again["changed"]) == ("deploy", "deployed", False)

    releases = json.loads(run("history", "-o", "json").out)["releases"]
    assert [(one["revision"], one["current"]) for one in releases] == [(2, True), (1, False)]
    assert "→ 2" in run("history").out
    compared = run("history", "diff", "1", "2")
    assert [line.split()[0] for line in compared.out.splitlines()[1:]] == ["container.hello.image"]

    asked = run("rollback")
    assert asked.code == 2
    assert "ecsctl rollback --yes" in asked.err
    asked = run("rollback", "1", "-o", "json")
    assert asked.code == 2
    [error] = json.loads(asked.out)["errors"]
    assert (error["hint"], "--output json shows no plan" in error["message"]) == ("ecsctl rollback 1 --yes", True)
    assert service.runs == "hello:2"
    back = run("rollback", "--yes")
    assert (back.code, back.out) == (0, "✓ revision 1 is deployed: 1 of 1 tasks run it\n")
    assert service.runs == "hello:1"


def test_a_crash_is_named_by_deploy_by_why_and_by_history(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    assert run("why", "--exit-code").code == 0
    ecs.script_tasks(ACCOUNT, "v2", "crash")
    service.push("v2")
    ended = run("deploy")
    assert (ended.code, ended.out) == (6, "")
    assert "revision 2 was rolled back by the circuit breaker: revision 1 runs again" in ended.said
    assert "the app crashed" in ended.said
    why = run("why", "--exit-code")
    assert why.code == 1
    assert why.out.startswith("✗ the app crashed")
    assert run("why").code == 0
    assert json.loads(run("why", "-o", "json").out)["causes"][0]["name"] == "crash"
    assert "rolled back" in run("history").out


def test_what_rolls_out_is_cancelled_and_where_nothing_does_that_is_said(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    nothing = run("cancel")
    assert (nothing.code, "nothing is rolling out" in nothing.err) == (0, True)
    assert json.loads(run("cancel", "-o", "json").out)["outcome"] == "nothing to do"
    service.point(service.register(service.push("v2")))
    service.clock.sleep(20)
    ended = run("cancel")
    assert ended.code == 0, ended.err
    assert "revision 2 was stopped and rolled back, because someone asked for it: revision 1 runs again" in ended.out
    assert service.runs == "hello:1"


def test_bad_input_is_reported_and_changes_nothing(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    service.push("intel", architecture="amd64")
    service.push("v1")  # the newest again
    expected = {
        ("deploy", "--image", "Not A Name"): (2, "expected the name of an image"),
        ("deploy", "--image", f"{REPOSITORY}:nope"): (2, "nope"),
        ("deploy", "--image", f"{REPOSITORY}:intel"): (2, "ARM64"),
        ("deploy", "--image", f"{REPOSITORY}:v1", "--build"): (2, "exclude each other"),
        ("rollback", "--yes"): (1, "there is nothing to roll back to"),
        ("rollback", "99", "--yes"): (1, "there is no revision 99"),
        ("rollback", "seven", "--yes"): (2, "seven"),
        ("history", "diff", "1", "99"): (1, "there is no revision 99"),
        ("logs", "--since", "yesterday"): (2, "--since: expected a time such as"),
        ("logs", "--build"): (1, "has not built anything yet"),
        ("pipeline", "status"): (1, "there is no pipeline hello"),
        ("status", "--watch"): (2, "there is no screen to draw on"),
        ("status", "--watch", "--links", "-o", "json"): (2, "--watch goes with neither"),
    }
    ended = {words: run(*words) for words in expected}
    other = [
        (words, one.code, one.err)
        for words, one in ended.items()
        if (one.code, expected[words][1] in one.said) != (expected[words][0], True)
    ]
    assert other == []
    assert (service.runs, service.revisions) == ("hello:1", 1)


def test_without_a_service_nothing_is_released(service: Service, run: Run) -> None:
    for words in (["deploy"], ["rollback", "--yes"], ["cancel"], ["history"]):
        ended = run(*words)
        assert (ended.code, "there is no ECS service hello" in ended.said) == (1, True), ended.err
    assert service.revisions == 0


def test_what_the_app_says_is_printed_and_filtered(service: Service, run: Run) -> None:
    service.start(service.push("v1"))
    lines = run("logs", "--since", "2026-01-01").out.splitlines()
    assert lines
    document = [json.loads(line) for line in run("logs", "--since", "2026-01-01", "-o", "json").out.splitlines()]
    assert len(document) == len(lines)
    assert {one["kind"] for one in document} == {"log"}
    nothing = run("logs", "--since", "2026-01-01", "--filter", "nobody-writes-this")
    assert (nothing.code, nothing.out, "no lines" in nothing.err) == (0, "", True)
    service.boto("logs").delete_log_group(logGroupName="/ecs/hello")
    gone = run("logs")
    assert (gone.code, "there is no log /ecs/hello" in gone.said) == (1, True)


def test_a_watch_prints_a_line_at_each_read_and_ctrl_c_is_no_failure(
    service: Service, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.start(service.push("v1"))
    stops: list[Patience] = []
    make = Patience.__init__

    def made(self: Patience, *words: object) -> None:
        make(self, *words)  # type: ignore[arg-type]  # passed on as they came
        stops.append(self)

    monkeypatch.setattr(Patience, "__init__", made)
    sleep, naps = service.clock.sleep, list[float]()

    def nap(seconds: float) -> None:
        sleep(seconds)
        naps.append(seconds)
        if len(naps) == 2:
            stops[-1].stop()

    monkeypatch.setattr(service.clock, "sleep", nap)
    ended = run("status", "--watch", "--interval", "3", "-o", "json")
    assert (ended.code, ended.err) == (0, "")
    assert naps == [3, 3]
    reads = [json.loads(line) for line in ended.out.splitlines()]
    assert [(one["kind"], one["service"]["running"], one["run"]) for one in reads] == [("live", 1, None)] * 2
