"""The state of the app: service, deployments, tasks, targets and pipeline, read again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecsctl.aws.codes import is_gone
from ecsctl.aws.explaining import explained
from ecsctl.errors import Interrupted, Refused
from ecsctl.names import Names
from ecsctl.operations import pipelines
from ecsctl.operations.processes import UNDER_WAY, Process, Release, broken, compared, process_of, release_of
from ecsctl.parts import WEB
from ecsctl.releases import reading
from ecsctl.releases.verdict import Outcome
from ecsctl.resources.support.deployments import rollout_of
from ecsctl.resources.support.ecs import groups_of, revision_of, tasks_of
from ecsctl.why import first_line

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

EVERY = 5.0  # seconds between two reads by default


@dataclass(frozen=True)
class Service:
    """The service itself: which revision it is set to run, and how many tasks are desired, run and start."""

    status: str
    revision: int
    desired: int
    running: int
    pending: int


@dataclass(frozen=True)
class Deployment:
    """One of the service's deployments, as long as it has tasks. `status` and `rollout` are AWS's words."""

    revision: int
    status: str
    rollout: str
    desired: int
    running: int
    pending: int
    failed: int
    since: datetime | None
    process: str = WEB


@dataclass(frozen=True)
class Task:
    """A task of the service. `since` is when it reached that status, as far as AWS says."""

    id: str
    revision: int
    status: str
    health: str  # from the container's own check; empty if it has none, or it is not known yet
    address: str
    since: datetime | None
    reason: str  # why it stopped
    process: str = WEB


@dataclass(frozen=True)
class Target:
    """The load balancer's view of a task's address."""

    address: str
    port: int
    state: str
    reason: str


@dataclass
class Live:
    """All of it, as read at one moment. A part that could not be read is empty, and `unread` says why.

    `service`, `release` and `targets` are the web's; the others' are in `processes`.
    """

    at: datetime
    service: Service | None = None
    release: Release | None = None
    processes: tuple[Process, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    tasks: tuple[Task, ...] = ()
    targets: tuple[Target, ...] = ()
    run: pipelines.Run | None = None  # the pipeline's newest
    no_run: str = ""  # why there is none, if that is no failure
    cause: str = ""  # the first line of the diagnosis, if something is wrong with the service
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def has_other_processes(self) -> bool:
        """Whether there is a process besides the web."""
        return any(one.name != WEB for one in self.processes)

    @property
    def healthy(self) -> bool:
        """Whether as many tasks run as desired, the newest release is complete, and no target is unhealthy."""
        if broken(self.processes):
            return False
        if self.service is None:
            return True
        bad = any(target.state in ("unhealthy", "unavailable") for target in self.targets)
        released = self.release is None or self.release.outcome in (Outcome.DEPLOYED, *UNDER_WAY)
        return self.service.running >= self.service.desired and released and not bad


def watch(aws: Aws, app: str, every: float = EVERY) -> Iterator[Live]:
    """Read every so many seconds, until a stop is asked for. Changes nothing."""
    while not aws.patience.stopping:
        try:
            yield read(aws, app)
        except Interrupted:
            return
        aws.patience.clock.sleep(every)


def read(aws: Aws, app: str) -> Live:
    """The app's current state: everything is read in parallel if possible. Raises Interrupted on a stop."""
    aws.forget()
    found, names = Live(aws.now()), Names(app)
    every: dict[str, Process] = {}
    workers: list[Deployment] = []
    tasks: list[Task] = []

    def service() -> None:
        observed = reading.read(aws, names)
        if observed.service:
            found.service, found.deployments = _service(observed.service), _deployments(observed.service, WEB)
            found.release = release_of(observed)
            _read(found, "targets", lambda: _targets(aws, observed.service or {}, found))
            if web := process_of(aws, names, observed):
                every[WEB] = web

    def worker(own: Names) -> None:
        observed = reading.read(aws, own)
        if one := process_of(aws, own, observed):
            every[own.process] = one
            workers.extend(_deployments(observed.service or {}, own.process))
        tasks.extend(_tasks(aws, own))

    def processes() -> None:
        others = [names.on(process) for process in reading.processes(aws, names) if process != WEB]
        for own in others:
            _read(found, "processes", lambda own=own: worker(own))  # type: ignore[misc]  # a default pins the loop's value

    parts: Mapping[str, Callable[[], None]] = {
        "service": service,
        "processes": processes,
        "tasks": lambda: tasks.extend(_tasks(aws, names)),
        "pipeline": lambda: _pipeline(aws, names, found),
    }
    with ThreadPoolExecutor(len(parts)) as pool:
        for done in [pool.submit(_read, found, part, reader) for part, reader in parts.items()]:
            done.result()
    found.at = aws.now()
    found.processes = compared([every[name] for name in sorted(every, key=lambda name: (name != WEB, name))])
    found.deployments += tuple(workers)
    found.tasks = _sorted(tasks, found.at)
    if not found.healthy:
        found.cause = first_line(aws, app, again=False)
    return found


def _read(found: Live, part: str, reader: Callable[[], None]) -> None:
    """Read a part. Something that does not exist is empty, and a refusal of AWS's is noted in place of the part."""
    try:
        reader()
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001 - explained() raises again what AWS did not answer
        if not is_gone(error):
            failure = explained(error, "not readable")
            found.unread[part] = f"{failure.message} ({failure.why})" if failure.why else failure.message


def _service(service: Mapping[str, Any]) -> Service:
    counts = (service.get(f"{which}Count", 0) for which in ("desired", "running", "pending"))
    return Service(service["status"], revision_of(service.get("taskDefinition", "")), *counts)


def _deployments(service: Mapping[str, Any], process: str) -> tuple[Deployment, ...]:
    return tuple(
        Deployment(
            revision_of(one.get("taskDefinition", "")),
            one["status"],
            rollout_of(one),
            one.get("desiredCount", 0),
            one.get("runningCount", 0),
            one.get("pendingCount", 0),
            one.get("failedTasks", 0),
            one.get("createdAt"),
            process,
        )
        for one in service.get("deployments", ())
    )


def _tasks(aws: Aws, names: Names) -> list[Task]:
    """The running and starting tasks, and those that stopped within the hour: AWS forgets them then."""
    return [_task(one, names.process) for one in tasks_of(aws, names.cluster, names.service, "RUNNING", "STOPPED")]


def _sorted(tasks: Iterable[Task], now: datetime) -> tuple[Task, ...]:
    """Running and starting tasks, then stopped ones; among each the web's first, and the newest."""
    newest = sorted(tasks, key=lambda task: task.since or now, reverse=True)
    return tuple(sorted(newest, key=lambda task: (task.status == "STOPPED", task.process != WEB, task.process)))


def _task(task: Mapping[str, Any], process: str) -> Task:
    details = {one["name"]: one["value"] for each in task.get("attachments", ()) for one in each.get("details", ())}
    health = task.get("healthStatus", "UNKNOWN")
    return Task(
        id=task["taskArn"].rpartition("/")[2],
        revision=revision_of(task.get("taskDefinitionArn", "")),
        status=task.get("lastStatus", ""),
        health="" if health == "UNKNOWN" else health,
        address=details.get("privateIPv4Address", ""),
        since=task.get("stoppedAt") or task.get("startedAt") or task.get("createdAt"),
        reason=task.get("stoppedReason", ""),
        process=process,
    )


def _targets(aws: Aws, service: Mapping[str, Any], found: Live) -> None:
    for arn in groups_of(service):
        answer = aws.read(aws.elbv2.describe_target_health, TargetGroupArn=arn)["TargetHealthDescriptions"]
        found.targets += tuple(
            Target(
                one["Target"]["Id"],
                one["Target"].get("Port", 0),
                one["TargetHealth"]["State"],
                one["TargetHealth"].get("Description", "") or one["TargetHealth"].get("Reason", ""),
            )
            for one in answer
        )


def _pipeline(aws: Aws, names: Names, found: Live) -> None:
    try:
        found.run = pipelines.read(aws, names.pipeline)
    except Refused as none:
        found.no_run = none.message
