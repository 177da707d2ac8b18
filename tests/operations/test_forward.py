"""A tunnel through a task: what is asked for, what is refused, and how the plugin is led to its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from ecsctl.cli import app as _app  # noqa: F401 - the commands are there before the sandbox is
from ecsctl.errors import TimedOut
from ecsctl.operations import entering, forward
from ecsctl.operations import plugin as carrier
from tests.operations.test_execute import Plugin, enable, plugin, refusal, start  # noqa: F401 - a fixture
from tests.releases.conftest import APP, Service, service  # noqa: F401 - a fixture


class Heard:
    """Describes what a tunnel reports."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.reports: list[object] = []
        self.then = then

    def opened(self, port: int) -> None:
        self.reports.append(port)
        self.then()

    def no_answer(self) -> None:
        self.reports.append("silent")

    def printed(self, line: str) -> None:
        self.reports.append(line)


def carried(folder_of: Plugin, then: str, heard: Heard) -> forward.Carried:
    path = folder_of(then=then) / carrier.PLUGIN
    return forward.run_plugin([str(path), "words"], {"PATH": os.environ["PATH"]}, heard)


@pytest.mark.parametrize(
    ("words", "here", "host", "port"),
    [
        ("5432:database.internal:5432", 5432, "database.internal", 5432),
        ("0:10.0.3.7:6379", 0, "10.0.3.7", 6379),
        ("8080:8000", 8080, "", 8000),
        ("8000", 8000, "", 8000),
        ("15432:[fd00::1]:5432", 15432, "fd00::1", 5432),
    ],
)
def test_a_way_is_read_from_this_machine_to_the_far_end(words: str, here: int, host: str, port: int) -> None:
    assert forward.parse(words) == forward.Way(here, host, port)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "db",
        "0",
        "70000",
        "1:0",
        "5432:db:5432",
        "5432::5432",
        "5432:a b c:1",
        "5432:x;reboot:1",
        "-1:1",
        "\u0661:1",
    ],
)
def test_what_is_no_way_is_refused_with_an_example(words: str) -> None:
    assert "is not a tunnel" in refusal(lambda: forward.parse(words))
    assert "database.internal:5432" in refusal(lambda: forward.parse(words))


def test_a_port_that_is_taken_here_is_reported_before_aws_is_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refusal(lambda: forward.check(forward.Way(port, "db.internal", 5432)))
    assert f"port {port} of this machine is taken" in message
    assert ":db.internal:5432" in message
    forward.check(forward.Way(port, "db.internal", 5432))
    forward.check(forward.Way(0, "", 8000))


def test_the_session_is_of_the_document_that_leads_there_and_the_plugin_has_it(service: Service) -> None:  # noqa: F811
    start(service)
    enable(service)
    aws = service.session().aws
    target = entering.find(aws, APP)
    opened = forward.begin(aws, target, forward.Way(15432, "db.internal", 5432))
    words, environment = carrier.given("plugin", opened, "work")
    assert words[1:5] == [carrier.VARIABLE, "eu-central-1", "StartSession", "work"]
    assert json.loads(words[5]) == {
        "Target": target.name,
        "DocumentName": "AWS-StartPortForwardingSessionToRemoteHost",
        "Parameters": {"portNumber": ["5432"], "localPortNumber": ["15432"], "host": ["db.internal"]},
    }
    session = json.loads(environment[carrier.VARIABLE])
    assert session.keys() == {"SessionId", "TokenValue", "StreamUrl"}
    assert session["TokenValue"] not in repr(opened) + " ".join(words)
    assert (
        forward.begin(aws, target, forward.Way(0, "", 8080)).asked["DocumentName"] == "AWS-StartPortForwardingSession"
    )
    ssm = service.boto("ssm")
    assert len(ssm.describe_sessions(State="Active")["Sessions"]) == 2
    forward.end(aws, opened)
    assert len(ssm.describe_sessions(State="Active")["Sessions"]) == 1


def test_a_task_that_goes_before_the_session_opens_is_reported(service: Service) -> None:  # noqa: F811 - the fixture
    start(service)
    enable(service)
    aws = service.session().aws
    target = entering.find(aws, APP)
    service.ecs.stop_task(cluster=APP, task=target.task)
    service.clock.sleep(60)
    with pytest.raises(TimedOut, match="the connection to task") as caught:
        forward.begin(aws, target, forward.Way(0, "", 8080))
    assert "is not connected" in caught.value.why


OPEN = """
trap 'echo; echo "Terminate signal received, exiting."; echo "Exiting session with sessionId: s-1."; exit 0' INT
echo; echo "Starting session with SessionId: s-1"
printf "Port 15432 opened for sessionId s-1."; printf "\\nWaiting for connections...\\n"
"""


def test_ctrl_c_ends_the_plugin_which_has_the_keyboard_of_nobody(plugin: Plugin) -> None:  # noqa: F811 - the fixture
    heard, before = Heard(lambda: os.kill(os.getpid(), signal.SIGINT)), signal.getsignal(signal.SIGINT)
    ended = carried(plugin, OPEN + "while :; do sleep 0.05; done", heard)
    assert heard.reports == [15432]
    assert (ended.asked, ended.code, ended.port) == (True, 0, 15432)
    assert ended.error(forward.Way(15432, "", 1)) is None
    assert signal.getsignal(signal.SIGINT) is before


def test_a_plugin_that_does_not_end_is_killed_at_the_second_ctrl_c(plugin: Plugin) -> None:  # noqa: F811
    def twice() -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)

    ended = carried(plugin, "trap '' INT; echo Port 1 opened for sessionId s.; sleep 60", Heard(twice))
    assert (ended.asked, ended.code) == (True, -signal.SIGKILL)


def test_ctrl_c_while_the_plugin_starts_leaves_no_plugin(
    plugin: Plugin,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[subprocess.Popen[str]] = []

    class Late(subprocess.Popen[str]):
        def __init__(self, *words: Any, **given: Any) -> None:
            super().__init__(*words, **given)
            begun.append(self)
            signal.raise_signal(signal.SIGINT)

    folder = plugin(then="while :; do sleep 0.05; done")
    monkeypatch.setattr(subprocess, "Popen", Late)
    ended = forward.run_plugin([str(folder / carrier.PLUGIN)], {"PATH": os.environ["PATH"]}, Heard())
    [process] = begun
    assert (ended.asked, process.returncode) == (True, -signal.SIGINT)


def test_what_the_plugin_says_is_reported_in_the_users_words(plugin: Plugin) -> None:  # noqa: F811 - the fixture
    heard, way = Heard(), forward.Way(15432, "db.internal", 5432)
    failing = (
        OPEN
        + """
echo; echo "Connection accepted for session [s-1]"
echo; echo "Connection to destination port failed, check SSM Agent logs."
echo; echo; echo "SessionId: s-1 : Your session timed out due to inactivity."
"""
    )
    error = carried(plugin, failing, heard).error(way)
    assert heard.reports == [15432, "silent"]
    assert error is not None
    assert (error.message, error.why) == ("the tunnel has ended", "Your session timed out due to inactivity.")

    taken = "Cannot perform start session: listen tcp 127.0.0.1:15432: bind: address already in use"
    raced = carried(plugin, f'echo "{taken}"; exit 1', heard)
    assert "port 15432 of this machine is taken" in str(raced.error(way))
    broken = carried(plugin, "echo no such host; exit 255", heard).error(way)
    assert broken is not None
    assert (broken.message, broken.why) == ("the tunnel did not open", "no such host")
    silent = carried(plugin, "exit 7", heard).error(way)
    assert silent is not None
    assert "exit code 7" in silent.why
