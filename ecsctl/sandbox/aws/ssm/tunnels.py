"""Where a tunnel through a task leads: to the task, to another task, or to a port of this machine in place of a host in
the VPC.
"""

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.iam.models import iam_backends
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends

from ecsctl.sandbox.aws.account import ACCOUNT
from ecsctl.sandbox.aws.ecs import engine_tasks
from ecsctl.sandbox.aws.ecs.state import Task, balancers
from ecsctl.sandbox.aws.ssm.checks import OF_TASK
from ecsctl.sandbox.aws.ssm.state import sessions
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.containers.engine import EngineError
from ecsctl.sandbox.core import overlay, script

_ITSELF = ("localhost", "127.0.0.1", "::1")


@dataclass
class _Hosts:
    """Hosts in VPCs besides the tasks: ports of 127.0.0.1, by host and port."""

    here: dict[tuple[str, int], int] = field(default_factory=dict)


def _hosts() -> dict[tuple[str, int], int]:
    return overlay.memory(iam_backends[ACCOUNT]["aws"], _Hosts).here  # any backend that is one for all regions


@script.switch
def serve_as_host(host: str, port: int, here: int) -> None:
    """Connect tunnels to this host and port in the VPC to a port of 127.0.0.1 instead."""
    _hosts()[host, port] = here


@script.switch
def through(session: str) -> dict[str, Any]:
    """Where a tunnel leads now: an `address` and `port` of this machine; or why nothing answers (`silent`), or why the
    session has `ended`.
    """
    for backend in _backends():
        found = sessions(backend).of.get(session)
        if found is None:
            continue
        if not found.active:
            return {"ended": "the session was terminated" if found.ended else "the task has stopped"}
        host, port = found.given.get("host", _ITSELF[0]), int(found.given.get("portNumber", "80"))
        itself = found.document == OF_TASK or host in _ITSELF
        task = found.task if itself else _at(ecs_backends[backend.account_id][backend.region_name], host)
        if task is not None:
            return _into(task, port)
        here = _hosts().get((host, port))
        return {"address": "127.0.0.1", "port": here} if here else {"silent": f"nothing is at {host} in the sandbox"}
    return {"ended": "there is no such session"}


def _backends() -> Iterator[SimpleSystemManagerBackend]:
    for account in list(ssm_backends.values()):
        yield from list(account.values())


def _at(backend: EC2ContainerServiceBackend, address: str) -> Task | None:
    """The task with this address in the VPC."""
    return next((task for known, task in engine_tasks.tasks() if known is backend and task.status == "RUNNING"
                 and task.interface is not None and task.interface.address == address), None)  # fmt: skip


def _into(task: Task, port: int) -> dict[str, Any]:
    """Where a task's port is reached: at its container, or at a simulated server. See `through`."""
    here, task_run = machine.current, engine_tasks.task_run(task)
    if here is None or task_run is None:
        ports = {
            int(one["containerPort"]) for each in task.definition.containers for one in each.get("portMappings") or ()
        }
        ports |= {int(one["containerPort"]) for one in balancers(task)}
        return (
            {"address": "127.0.0.1", "port": _simulated_port()}
            if port in ports
            else {"silent": "the task is simulated"}
        )
    if port in task_run.ports:
        return {"address": "127.0.0.1", "port": task_run.ports[port]}
    try:  # not published: use the container's own address, which is not reachable with desktop engines
        found = [here.engine.call("GET", f"/containers/{ident}/json") for ident in task_run.ids.values()]
    except EngineError as error:
        return {"silent": error.message}
    networks = [one for each in found for one in (each["NetworkSettings"].get("Networks") or {}).values()]
    address = next((one["IPAddress"] for one in networks if one.get("IPAddress")), "")
    return {"address": address, "port": port} if address else {"silent": "the container has no address"}


class _Simulated(http.server.BaseHTTPRequestHandler):
    """The server at the ports of simulated tasks."""

    def do_GET(self) -> None:
        """Answer that the task is simulated."""
        body = b"The sandbox simulates this task.\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


_server: list[http.server.ThreadingHTTPServer] = []


def _simulated_port() -> int:
    """The port of 127.0.0.1 at which simulated tasks answer, opened on first use."""
    if not _server:
        _server.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Simulated))
        threading.Thread(target=_server[0].serve_forever, daemon=True).start()
    return int(_server[0].server_address[1])
