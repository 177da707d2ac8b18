"""Who is asked before `up` spends money, and who is not."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server import process as sandbox
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.sandbox.snapshot.taking import differences, snapshot
from ecsctl.ui import words
from tests import forked
from tests.commands.conftest import Ended

Run = Callable[..., Ended]


@pytest.fixture
def clock(folder: Path, live_by: Callable[[Clock], None]) -> Iterator[Clock]:
    (folder / "ecsctl.toml").write_text('name = "hello"\n')
    with inprocess() as clock:
        live_by(clock)
        yield clock


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`answers("y")`: a person at the terminal types that."""

    def answers(line: str) -> None:
        monkeypatch.setattr(words, "is_interactive", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(line + "\n"))

    return answers


@pytest.mark.usefixtures("clock")
def test_the_one_question_names_what_where_who_how_much_and_how_long(run: Run, answers: Callable[[str], None]) -> None:
    before = snapshot()
    answers("n")
    ended = run("up")
    assert (ended.code, ended.out) == (1, ""), ended.err
    assert "nothing was changed" in ended.err
    asked = "Go on in account 123456789012, eu-central-1, as arn:aws:sts::123456789012:user/moto? [y/N]"
    for part in (asked, "cost: about $60 a month (us-east-1 list prices", "time: about 3 minutes", "10.100.0.0/16"):
        assert part in ended.said
    assert ended.said.count("[y/N]") == 1
    assert differences(before, snapshot()) == []

    answers("y")
    assert run("up").code == 0
    answers("n")
    again = run("up")
    assert (again.code, "[y/N]" in again.err) == (0, False), "nothing to do, nothing to ask"


def test_what_costs_nothing_is_done_unasked(folder: Path, clock: Clock, run: Run) -> None:
    assert run("up", "--yes").code == 0
    (folder / "ecsctl.toml").write_text('name = "hello"\n[logs]\nretention_days = 7\n')
    done = run("up", "-o", "json")
    assert (done.code, json.loads(done.out)["counts"]["update"]) == (0, 2), done.err


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("more", [(), ("--quiet",), ("-o", "json")])
def test_where_nobody_is_there_nothing_is_spent_without_a_yes(run: Run, more: tuple[str, ...]) -> None:
    before = snapshot()
    refused = run("up", *more)
    assert refused.code == 2
    assert "ecsctl up --yes" in refused.err + refused.out
    assert differences(before, snapshot()) == []


@pytest.mark.usefixtures("clock")
def test_the_environment_can_say_yes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECSCTL_YES", "1")
    assert run("up", "-o", "json").code == 0


@pytest.mark.usefixtures("clock")
def test_a_plan_tells_price_and_time_too(run: Run) -> None:
    estimate = json.loads(run("plan", "-o", "json").out)["estimate"]
    assert estimate["monthly_usd"] == estimate["more_usd"] == pytest.approx(60.22, abs=0.01)
    assert estimate["seconds"] > 100
    assert "time: about 3 minutes" in run("plan").out


def test_on_a_terminal_the_question_stands_alone_and_ctrl_c_is_130(
    folder: Path, served: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "ecsctl.toml").write_text('name = "hello"\n')
    monkeypatch.delenv("CI", raising=False)
    environment = {
        **sandbox.environment(forked.start(folder / ".ecsctl", speed=1000.0)),
        "TERM": "xterm",
        "COLUMNS": "100",
    }

    def asked() -> pexpect.spawn[str]:
        command = ["-m", "ecsctl", "up"]
        screen = pexpect.spawn(
            sys.executable, command, cwd=folder, env=environment, timeout=60, encoding="utf-8", dimensions=(60, 100)
        )
        screen.expect_exact("[y/N]")
        assert "cost:" in screen.before
        return screen

    screen = asked()
    screen.sendintr()
    screen.expect_exact("nothing was changed")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 130
    assert served("down", "--yes", **environment).said.endswith("nothing of it is left in the account")

    screen = asked()
    screen.sendline("y")
    screen.expect("http://hello-.*elb.amazonaws.com")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0
