"""Log streams of containers."""

from collections.abc import Iterable
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend
from moto.logs.models import logs_backends

from ecsctl.sandbox.aws.ecs.state import Task, Wire


def options(container: Wire) -> dict[str, str] | None:
    """The options of a container's awslogs driver; None if it has another driver."""
    configuration = container.get("logConfiguration") or {}
    if configuration.get("logDriver") != "awslogs":
        return None
    found: dict[str, str] = configuration.get("options") or {}
    return found


def write(backend: EC2ContainerServiceBackend, task: Task, container: Wire, t: float, lines: Iterable[str]) -> None:
    """Write lines into the stream `<prefix>/<container>/<task id>` of a container with awslogs.

    ECS guide, "Using the awslogs log driver". Bypasses PutLogEvents, which checks timestamps.
    """
    configured, events = (
        options(container),
        [{"timestamp": int(t * 1000) + n, "message": line} for n, line in enumerate(lines)],
    )
    if configured is None or not events:
        return
    region: Any = logs_backends[backend.account_id][configured.get("awslogs-region", backend.region_name)]
    name = configured.get("awslogs-group", "")
    if name not in region.groups and configured.get("awslogs-create-group") == "true":
        region.create_log_group(name, {})
    if name in region.groups:
        stream = f"{configured.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/{task.id}"
        region.ensure_log_stream(name, stream)
        region.groups[name].streams[stream].put_log_events(events)
