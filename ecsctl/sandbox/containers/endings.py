"""How containers end, or why they do not start: from the engine's messages to those of ECS."""

import http
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ecsctl.sandbox.containers.engine import Engine, EngineError
from ecsctl.sandbox.containers.specs import Spec

_NO_TASK = "ResourceInitializationError: failed to create new container runtime task"  # so Fargate; Docker in part
_NOT_FOUND = r'runc create failed: unable to start container process: exec: "\1": executable file not found in $PATH'
_KILLED = 137  # by SIGKILL
_LATE = 3.0  # seconds within which an engine reports an end
_TURN = 0.2  # seconds between two requests to an engine that does not answer


def awaited(engine: Engine, ident: str, wanted: Callable[[], bool]) -> dict[str, Any]:
    """Wait until a container has ended, also if the engine restarts meanwhile, and return its state.

    A container that somebody has removed counts as killed. Raises EngineError if its end is no longer `wanted`.
    """
    while True:
        try:
            with engine.streamed("POST", f"/containers/{ident}/wait") as answer:
                answer.read()
            state: dict[str, Any] = engine.call("GET", f"/containers/{ident}/json")["State"]
            if not state["Running"]:
                return state
        except EngineError as error:
            if not wanted():
                raise
            if error.status == http.HTTPStatus.NOT_FOUND:
                return {"ExitCode": _KILLED, "FinishedAt": datetime.now(UTC).isoformat()}
        time.sleep(_TURN)


def has_run_out_of_memory(engine: Engine, one: Spec, ident: str, state: dict[str, Any]) -> bool:
    """Whether memory ran out. With cgroups v1 Podman does not report it: then a kill by nobody else counts as that."""
    if state.get("OOMKilled") or engine.name != "Podman":
        return bool(state.get("OOMKilled"))
    if state["ExitCode"] != _KILLED or not one.memory:
        return False
    killed = json.dumps({"container": [ident], "event": ["kill"]})
    with engine.streamed("GET", "/events", filters=killed, stream=False, since="1h") as events:
        return not events.read().strip()


def unstarted(message: str) -> str:
    """Why a container does not start, in Fargate's words if the message is the container runtime's.

    Docker passes on containerd's messages, Podman those of runc or crun.
    """
    if docker := re.search(r"failed to create shim task: .*", message):
        return f"{_NO_TASK}: {docker[0]}"
    if podman := re.match(r"(?:runc|crun): (.*): OCI (?:runtime attempted|permission denied|not found)", message):
        why = re.sub(r"^executable file `(.*?)` not found in \$PATH.*", _NOT_FOUND, podman[1])
        return f"{_NO_TASK}: failed to create shim task: OCI runtime create failed: {why}: unknown"
    return f"Error response from daemon: {message}"


def since(moment: str) -> float:
    """Real seconds from a moment that the engine reports (RFC 3339, in nanoseconds) until now; limited to a few.

    Podman notices the end of a container only at intervals.
    """
    whole = datetime.fromisoformat(f"{moment.partition('.')[0].rstrip('Z')}+00:00").timestamp()
    rest = re.search(r"\.\d+", moment)
    return min(max(0.0, time.time() - whole - (float(rest[0]) if rest else 0.0)), _LATE)
