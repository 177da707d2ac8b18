"""ecsctl exec as a person types it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ecsctl.operations import plugin as carrier
from tests.commands.conftest import Ended
from tests.operations.test_execute import Plugin, enable, plugin, start, steady  # noqa: F401 - a fixture
from tests.releases.conftest import APP, Service, service  # noqa: F401 - a fixture

Run = Callable[..., Ended]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_exec_says_where_it_goes_and_ends_as_the_plugin_does(
    service: Service,  # noqa: F811 - the fixture
    folder: Path,
    run: Run,
    plugin: Plugin,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    missing = run("exec", "--", "ls")
    assert missing.code == 1
    assert "is not installed" in missing.err
    assert carrier.INSTALL in missing.err

    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    folder = plugin(then="echo from the far end; exit 3")
    no_terminal = run("exec")
    assert no_terminal.code == 2
    assert "ecsctl exec -- CMD" in no_terminal.err
    assert run("exec", "--", "ls").code == 1  # there is no service

    start(service)
    off = run("exec", "--", "ls")
    assert off.code == 1
    assert "exec = true in [service]" in off.err
    assert not (folder / "words").exists()

    job = run("exec", "--process", "report", "--", "ls")
    assert job.code == 1
    assert "a job's tasks are not entered: ecsctl jobs run report" in job.said

    enable(service, desiredCount=2)
    ended = run("exec", "--debug", "--", "ls", "-la", "my file")
    assert (ended.code, ended.out) == (3, "from the far end\n")
    assert f"in container {APP} (and not sidecar) of task" in ended.err
    assert "the newest healthy of 2" in ended.err
    assert "aws ecs execute_command" in ended.err
    token = json.loads((folder / "session").read_text())["tokenValue"]
    assert token not in ended.err + (folder / "cmdline").read_text()

    plugin(then="exit 0")
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("ecsctl.ui.console._is_terminal", lambda stream: True)
    monkeypatch.delenv("CI", raising=False)
    assert run("exec", "--container", "sidecar").code == 0  # a shell

    service.ecs.update_service(cluster=APP, service=APP, desiredCount=0)
    steady(service)
    gone = run("exec", "--task", ended.err.partition("of task ")[2][:8], "--", "ls")
    assert gone.code == 1
    assert "is gone" in gone.err
