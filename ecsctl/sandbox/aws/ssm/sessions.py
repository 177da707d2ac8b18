"""Sessions of Session Manager into ECS tasks, opened, ended and listed.

Only the sandbox's own stand-in for the plugin (`server.tunnel`) carries a session, over loopback.
"""

import hashlib
import json
from datetime import UTC, datetime

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from ecsctl.sandbox.aws.ecs import tasks, views
from ecsctl.sandbox.aws.ecs.exec import STREAM
from ecsctl.sandbox.aws.ecs.state import Task
from ecsctl.sandbox.aws.ssm.checks import check
from ecsctl.sandbox.aws.ssm.state import Session, sessions
from ecsctl.sandbox.core import clock, overlay, principals
from ecsctl.sandbox.core.overlay import Refusal


@overlay.adds(SimpleSystemManagerResponse)
def start_session(response: SimpleSystemManagerResponse) -> ActionResult:
    """Start a session in a task's container, through ECS Exec's agent: `ecs:<cluster>_<task>_<runtime id>`.

    API reference, StartSession: TargetNotConnected if no agent answers, for whatever reason; the message is that of
    aws/amazon-ssm-agent#540. The errors for documents and parameters are assumptions.
    """
    ask = json.loads(response.body)
    document, given = check(ask)
    target, backend = ask["Target"], response.ssm_backend
    task = _connected(ecs_backends[backend.account_id][backend.region_name], target)
    if task is None:
        raise Refusal("TargetNotConnected", f"{target} is not connected.")
    who, known = principals.caller(response), sessions(backend)
    token = hashlib.sha256(f"{target} {len(known.of)}".encode()).hexdigest()
    made = Session(f"{who.rpartition(':')[2].rpartition('/')[2]}-{token[:17]}", task, target, document, given,
                    clock.now(), who)  # fmt: skip
    known.of[made.id] = made
    return ActionResult({"SessionId": made.id, "StreamUrl": STREAM.format(session=made.id), "TokenValue": token})


def _connected(backend: EC2ContainerServiceBackend, target: str) -> Task | None:
    """The task that the target names, if its agent is running."""
    cluster, task, runtime = (*target.removeprefix("ecs:").rsplit("_", 2), "", "")[:3]
    known = next((one for one in backend.clusters.values() if one.name == cluster), None)
    found = tasks.find(backend, known, task) if known is not None and target.startswith("ecs:") else None
    if found is None or not found[1].terms.get("enableExecuteCommand") or not views.is_agent_running(found[1]):
        return None
    runtimes = {one.get("runtimeId") for one in views.task(found[1], known.arn)["containers"]}  # type: ignore[union-attr] # it is there, for its task is
    return found[1] if runtime in runtimes else None


@overlay.adds(SimpleSystemManagerResponse)
def terminate_session(response: SimpleSystemManagerResponse) -> ActionResult:
    """End a session. Ended and unknown sessions are no error (API reference)."""
    ident = json.loads(response.body)["SessionId"]
    session = sessions(response.ssm_backend).of.get(ident)
    if session is not None and session.ended is None:
        session.ended = clock.now()
    return ActionResult({"SessionId": ident})


@overlay.adds(SimpleSystemManagerResponse)
def describe_sessions(response: SimpleSystemManagerResponse) -> ActionResult:
    """List active sessions, or those that have ended."""
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
        for one in sessions(response.ssm_backend).of.values()
        if one.active == active
    ]})  # fmt: skip
