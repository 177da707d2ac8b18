"""All tasks of the app: the process of each, what it runs, where, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecsctl.aws.asking import asking
from ecsctl.errors import Refused
from ecsctl.names import Names
from ecsctl.parts import WEB
from ecsctl.resources.support.ecs import BY, cluster_of, revision_of, tasks_in
from ecsctl.resources.support.revisions import container_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws


@dataclass(frozen=True)
class Task:
    """One task. What AWS does not say is empty, or None."""

    process: str  # or the group of one that somebody else has started
    id: str
    revision: int
    image: str
    digest: str
    state: str  # AWS's word, in lower case
    since: datetime | None
    zone: str
    cpu: int
    memory: int
    spot: bool
    exit_code: int | None
    reason: str  # why it stopped
    command: tuple[str, ...]  # if it has one of its own


@asking("reading the tasks")
def read(aws: Aws, app: str) -> list[Task]:
    """The running and starting tasks, and those that stopped within the hour, when ECS forgets them. The newest first.

    Raises Refused if the app has no cluster.
    """
    names = Names(app)
    with aws.uncached():
        if cluster_of(aws, names.cluster) is None:
            raise Refused(f"there is no cluster {names.cluster}", hint="ecsctl up creates it")
        found = [_task(one, names) for one in tasks_in(aws, names.cluster, "RUNNING", "STOPPED")]
    found.sort(key=lambda task: task.since.timestamp() if task.since else 0.0, reverse=True)
    return sorted(found, key=lambda task: (task.state == "stopped", task.process != WEB, task.process))


def process_of(group: str, names: Names) -> str:
    """The process that a task belongs to, by its group."""
    kind, _, name = group.partition(":")
    if kind == BY:
        return name
    return (names.process_of(name) if kind == "service" else "") or group


def _task(task: Mapping[str, Any], names: Names) -> Task:
    own = container_of({"containerDefinitions": task.get("containers")}, names.container)
    given = task.get("overrides", {}).get("containerOverrides", ())
    command = next((one.get("command", ()) for one in given if one.get("name") == own.get("name")), ())
    return Task(
        process=process_of(task.get("group", ""), names),
        id=task["taskArn"].rpartition("/")[2],
        revision=revision_of(task.get("taskDefinitionArn", "")),
        image=own.get("image", ""),
        digest=own.get("imageDigest", ""),
        state=task.get("lastStatus", "").lower(),
        since=task.get("stoppedAt") or task.get("startedAt") or task.get("createdAt"),
        zone=task.get("availabilityZone", ""),
        cpu=int(task.get("cpu") or 0),
        memory=int(task.get("memory") or 0),
        spot=task.get("capacityProviderName") == "FARGATE_SPOT",
        exit_code=own.get("exitCode"),
        reason=task.get("stoppedReason", ""),
        command=tuple(command),
    )
