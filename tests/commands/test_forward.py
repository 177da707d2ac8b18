"""ecsctl forward as a person types it."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecsctl.sandbox.aws.ssm import tunnels as playing
from ecsctl.sandbox.core import authorization
from ecsctl.sandbox.server import process, tunnel
from tests.commands.conftest import Ended
from tests.operations.test_execute import Plugin, enable, plugin, start  # noqa: F401 - a fixture
from tests.releases.conftest import APP, Service, service  # noqa: F401 - a fixture

Run = Callable[..., Ended]
OPEN = 'echo; echo "Port 15432 opened for sessionId s-1."; '


def test_forward_tells_where_it_leads_and_leaves_no_session(
    service: Service,  # noqa: F811 - the fixture
    folder: Path,
    run: Run,
    plugin: Plugin,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def sessions(state: str = "Active") -> int:
        return len(service.boto("ssm").describe_sessions(State=state)["Sessions"])

    assert run("forward", "5432:db:5432").code == 2
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = run("forward", f"{taken.getsockname()[1]}:db.internal:5432")
    assert (refused.code, "of this machine is taken" in refused.err) == (1, True)
    monkeypatch.setenv("PATH", "/nowhere")
    missing = run("forward", "0:db.internal:5432")
    assert (missing.code, "a tunnel needs it" in missing.err) == (1, True)

    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    plugin(then=OPEN + "trap 'exit 0' INT; kill -INT $PPID; while :; do sleep 0.05; echo; done")
    start(service)
    off = run("forward", "0:db.internal:5432")
    assert (off.code, "exec = true in [service]" in off.err) == (1, True)

    enable(service)
    ended = run("forward", "0:db.internal:5432")
    assert (ended.code, ended.out) == (130, "localhost:15432\n")
    assert "leads to db.internal:5432 through task" in ended.err
    assert (sessions(), sessions("History")) == (0, 1)

    silent = "echo; echo 'Connection to destination port failed, check SSM Agent logs.'; " * 3
    plugin(then=OPEN + silent + "echo; echo 'SessionId: s-1 : Your session timed out due to inactivity.'")
    idle = run("forward", "0:db.internal:5432")
    assert idle.code == 1
    assert idle.said.count("db.internal:5432 does not answer to task") == 1
    assert f"let in the tasks' own, {APP}-tasks" in idle.said
    assert "the tunnel has ended" in idle.err
    assert "after 20 idle minutes" in idle.said
    assert sessions() == 0

    authorization.enforce({"Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ssm:StartSession", "Resource": "arn:aws:ssm:*:*:document/*"},
    ]})  # fmt: skip
    denied = run("forward", "0:db.internal:5432")
    assert denied.code == 3
    assert "document/AWS-StartPortForwardingSessionToRemoteHost" in denied.said
    assert "ecsctl policy has it where exec = true" in denied.said
    assert (folder / "ecsctl.toml").exists()


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of 127.0.0.1 at which somebody repeats what he hears."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    while data := one.recv(1024):
                        one.sendall(data)

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]


def test_the_sandbox_carries_what_goes_through_a_tunnel_and_says_what_a_plugin_says(
    service: Service,  # noqa: F811 - the fixture
    echo: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(process, "call", lambda _folder, name, given: getattr(playing, name)(**given))
    start(service)
    enable(service)
    ssm = service.boto("ssm")
    [arn] = service.ecs.list_tasks(cluster=APP, serviceName=APP)["taskArns"]
    task = service.ecs.describe_tasks(cluster=APP, tasks=[arn])["tasks"][0]
    runtime = next(one["runtimeId"] for one in task["containers"] if one["name"] == APP)

    def through(host: str, port: int) -> tuple[str, tunnel.Tunnel]:
        opened = ssm.start_session(
            Target=f"ecs:{APP}_{arn.rpartition('/')[2]}_{runtime}",
            DocumentName="AWS-StartPortForwardingSessionToRemoteHost",
            Parameters={"host": [host], "portNumber": [str(port)]},
        )["SessionId"]
        made = tunnel.Tunnel(tmp_path, opened, 0)
        threading.Thread(target=made.accept, daemon=True).start()
        return opened, made

    def asked(one: tunnel.Tunnel, what: bytes) -> bytes:
        with one.listener, socket.create_connection(one.listener.getsockname(), 5) as near:
            heard = b""
            with contextlib.suppress(OSError):  # who answers nothing may hang up at any moment
                near.sendall(what)
                near.shutdown(socket.SHUT_WR)
                while data := near.recv(1024):
                    heard += data
            return heard

    playing.serve_as_host("db.internal", 5432, echo)
    assert asked(through("db.internal", 5432)[1], b"select 1" * 1000) == b"select 1" * 1000
    assert b"The sandbox simulates this task." in asked(through("localhost", 8080)[1], b"GET / HTTP/1.0\r\n\r\n")
    assert capsys.readouterr().out == ""
    assert asked(through("cache.internal", 6379)[1], b"ping") == b""
    assert capsys.readouterr().out.strip() == "Connection to destination port failed, check SSM Agent logs."

    session, _ = through("db.internal", 5432)
    ssm.terminate_session(SessionId=session)
    monkeypatch.setattr("sys.argv", ["tunnel", str(tmp_path), session, "0"])
    handler = signal.getsignal(signal.SIGINT)
    assert tunnel.main() == 0
    signal.signal(signal.SIGINT, handler)
    assert f"SessionId: {session} : the session was terminated" in capsys.readouterr().out
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr("sys.argv", ["tunnel", str(tmp_path), session, str(taken.getsockname()[1])])
        assert tunnel.main() == 1
    assert "address already in use" in capsys.readouterr().out
