"""What AWS's ssm does that moto does not: sessions of Session Manager into ECS tasks, and where a tunnel leads.

Nothing carries a session but the sandbox's own stand-in for the plugin (`server.tunnel`), over loopback.
"""

import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.iam.models import iam_backends
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from ecsctl.sandbox.aws.account import ACCOUNT
from ecsctl.sandbox.aws.ecs import engine_tasks, tasks, views
from ecsctl.sandbox.aws.ecs.exec import STREAM
from ecsctl.sandbox.aws.ecs.state import Task, balancers
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.containers.engine import EngineError
from ecsctl.sandbox.core import clock, constraints, overlay, principals, script
from ecsctl.sandbox.core.overlay import Refusal

_PORT = r"([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# What each of AWS's documents takes, and its pattern (`aws ssm describe-document`, as copied by 18F/identity-terraform
# and others; Systems Manager User Guide, "Start a session (port forwarding to remote host)").
DOCUMENTS: dict[str, dict[str, str]] = {
    "SSM-SessionManagerRunShell": {},
    "AWS-StartPortForwardingSession": {"portNumber": _PORT, "localPortNumber": _PORT},
    "AWS-StartPortForwardingSessionToRemoteHost": {
        "portNumber": _PORT,
        "localPortNumber": _PORT,
        "host": r"[^,$^&\(\)!;'\"<>`{}\[\]\|#=]{3,}",
    },
}
_SHELL, _OF_TASK, _OF_HOST = DOCUMENTS
_ITSELF = ("localhost", "127.0.0.1", "::1")


@dataclass
class _Session:
    """A session that was opened, and not ended by anybody yet."""

    id: str
    task: Task
    target: str
    document: str
    given: dict[str, str]
    began: float
    owner: str
    ended: float | None = None

    @property
    def active(self) -> bool:
        """Whether it goes on: its task, and the agent in it, does too."""
        return self.ended is None and views.agent_up(self.task)


@dataclass
class _Sessions:
    """All sessions by id."""

    of: dict[str, _Session] = field(default_factory=dict)


@dataclass
class _Hosts:
    """What listens in VPCs beside the tasks, by host and port: a port of 127.0.0.1."""

    here: dict[tuple[str, int], int] = field(default_factory=dict)


def _hosts() -> dict[tuple[str, int], int]:
    return overlay.memory(iam_backends[ACCOUNT]["aws"], _Hosts).here  # any backend that is one for all regions


def _sessions(backend: SimpleSystemManagerBackend) -> _Sessions:
    return overlay.memory(backend, _Sessions)


@overlay.adds(SimpleSystemManagerResponse)
def start_session(response: SimpleSystemManagerResponse) -> ActionResult:
    """A session into a container of a task, by the agent of ECS Exec: `ecs:<cluster>_<task>_<runtime id>`.

    API reference, StartSession: TargetNotConnected where no agent answers, whatever the reason; its wording is that of
    aws/amazon-ssm-agent#540. How the refusal of a document or of a parameter goes is an assumption.
    """
    ask = json.loads(response.body)
    if wrong := constraints.violation("ssm", "StartSession", ask):
        raise Refusal("ValidationException", wrong)
    target, document = ask["Target"], ask.get("DocumentName") or _SHELL
    if document not in DOCUMENTS:
        raise Refusal("InvalidDocument", f"Document with name {document} does not exist.")
    given = {name: "".join(values) for name, values in (ask.get("Parameters") or {}).items()}
    for name, value in given.items():
        pattern = DOCUMENTS[document].get(name)
        if pattern is None or not re.fullmatch(pattern, value):
            raise Refusal("ValidationException", f'Parameter "{name}" with value "{value}" is not allowed.')
    backend = response.ssm_backend
    task = _connected(ecs_backends[backend.account_id][backend.region_name], target)
    if task is None:
        raise Refusal("TargetNotConnected", f"{target} is not connected.")
    who, known = principals.caller(response), _sessions(backend)
    token = hashlib.sha256(f"{target} {len(known.of)}".encode()).hexdigest()
    made = _Session(f"{who.rpartition(':')[2].rpartition('/')[2]}-{token[:17]}", task, target, document, given,
                    clock.now(), who)  # fmt: skip
    known.of[made.id] = made
    return ActionResult({"SessionId": made.id, "StreamUrl": STREAM.format(session=made.id), "TokenValue": token})


def _connected(backend: EC2ContainerServiceBackend, target: str) -> Task | None:
    """The task whose agent answers to that name."""
    cluster, task, runtime = (*target.removeprefix("ecs:").rsplit("_", 2), "", "")[:3]
    known = next((one for one in backend.clusters.values() if one.name == cluster), None)
    found = tasks.find(backend, known, task) if known is not None and target.startswith("ecs:") else None
    if found is None or not found[1].terms.get("enableExecuteCommand") or not views.agent_up(found[1]):
        return None
    runtimes = {one.get("runtimeId") for one in views.task(found[1], known.arn)["containers"]}  # type: ignore[union-attr] # it is there, for its task is
    return found[1] if runtime in runtimes else None


@overlay.adds(SimpleSystemManagerResponse)
def terminate_session(response: SimpleSystemManagerResponse) -> ActionResult:
    """End a session. One that has ended, or never was, is no error of this operation (API reference)."""
    ident = json.loads(response.body)["SessionId"]
    session = _sessions(response.ssm_backend).of.get(ident)
    if session is not None and session.ended is None:
        session.ended = clock.now()
    return ActionResult({"SessionId": ident})


@overlay.adds(SimpleSystemManagerResponse)
def describe_sessions(response: SimpleSystemManagerResponse) -> ActionResult:
    """Those that go on, or those that have ended."""
    active = json.loads(response.body)["State"] == "Active"
    return ActionResult({"Sessions": [
        {
            "SessionId": one.id,
            "Target": one.target,
            "Status": "Connected" if one.active else "Terminated",
            "StartDate": datetime.fromtimestamp(one.began, UTC),
            "DocumentName": one.document,
            "Owner": one.owner,
        }
        for one in _sessions(response.ssm_backend).of.values()
        if one.active == active
    ]})  # fmt: skip


@script.switch
def play_host(host: str, port: int, here: int) -> None:
    """Let what listens on a port of 127.0.0.1 play a host of the VPC, as a tunnel through a task reaches it."""
    _hosts()[host, port] = here


@script.switch
def through(session: str) -> dict[str, Any]:
    """Where a tunnel leads now: an `address` and `port` of this machine, or why nothing `answers` or it has `ended`."""
    for backend in _backends():
        found = _sessions(backend).of.get(session)
        if found is None:
            continue
        if not found.active:
            return {"ended": "the session was terminated" if found.ended else "the task has stopped"}
        host, port = found.given.get("host", _ITSELF[0]), int(found.given.get("portNumber", "80"))
        itself = found.document == _OF_TASK or host in _ITSELF
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
    """The task that has an address of the VPC."""
    return next((task for known, task in engine_tasks.tasks() if known is backend and task.status == "RUNNING"
                 and task.interface is not None and task.interface.address == address), None)  # fmt: skip


def _into(task: Task, port: int) -> dict[str, Any]:
    """Where a port of a task is: one of its containers', or, of a task that is simulated, one that is played."""
    here, life = machine.current, engine_tasks.life(task)
    if here is None or life is None:
        ports = {
            int(one["containerPort"]) for each in task.definition.containers for one in each.get("portMappings") or ()
        }
        ports |= {int(one["containerPort"]) for one in balancers(task)}
        return {"address": "127.0.0.1", "port": _played()} if port in ports else {"silent": "the task is simulated"}
    if port in life.ports:
        return {"address": "127.0.0.1", "port": life.ports[port]}
    try:  # not one that is published: at the container's own address, which a machine with a desktop's engine has not
        found = [here.engine.call("GET", f"/containers/{ident}/json") for ident in life.ids.values()]
    except EngineError as error:
        return {"silent": error.message}
    networks = [one for each in found for one in (each["NetworkSettings"].get("Networks") or {}).values()]
    address = next((one["IPAddress"] for one in networks if one.get("IPAddress")), "")
    return {"address": address, "port": port} if address else {"silent": "the container has no address"}


class _Simulated(http.server.BaseHTTPRequestHandler):
    """What answers at the port of a task that is only simulated."""

    def do_GET(self) -> None:
        """Say so."""
        body = b"The sandbox simulates this task.\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


_server: list[http.server.ThreadingHTTPServer] = []


def _played() -> int:
    """The port of 127.0.0.1 at which simulated tasks answer; it is opened when it is first needed."""
    if not _server:
        _server.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Simulated))
        threading.Thread(target=_server[0].serve_forever, daemon=True).start()
    return int(_server[0].server_address[1])
