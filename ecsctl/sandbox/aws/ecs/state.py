"""The state that is kept of ECS: plain values. The rules that change them are in the other modules."""

from dataclasses import dataclass, field
from typing import Any

from moto.ecs.exceptions import ECSException
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.utilities.utils import get_partition

from ecsctl.sandbox.core import overlay

Wire = dict[str, Any]  # a structure as boto3 sends and receives it


@dataclass
class Definition:
    """One revision of a task definition; `document` is what describe answers, without tags."""

    arn: str
    family: str
    revision: int
    document: Wire
    tags: list[Wire]
    status: str = "ACTIVE"
    deleted_at: float | None = None  # when it went to DELETE_IN_PROGRESS

    @property
    def containers(self) -> list[Wire]:
        """Its container definitions, defaults filled in."""
        found: list[Wire] = self.document["containerDefinitions"]
        return found


@dataclass(frozen=True)
class Interface:
    """A task's network interface."""

    id: str
    address: str
    subnet: str
    mac: str
    zone: str
    groups: tuple[str, ...]


@dataclass
class ContainerRun:
    """When one container of a task starts, becomes healthy and ends, by the sandbox's clock; None: never."""

    start: float | None  # inf: it waits forever
    end: float | None = None
    code: int | None = None
    reason: str | None = None
    well: float | None = None  # when its health check passes
    sick: float | None = None  # when its health check has failed too often
    lines: tuple[str, ...] = ()  # what it logs when it starts, and at its end
    last: tuple[str, ...] = ()


@dataclass
class Task:
    """One task. `agenda` says what happens to it next, and when; `moments` what has happened, and when."""

    arn: str
    definition: Definition
    group: str
    started_by: str
    terms: Wire  # what it was launched with: network, platform version, load balancers, exec
    created: float
    tags: list[Wire] = field(default_factory=list)
    status: str = "PROVISIONING"
    desired: str = "RUNNING"
    agenda: dict[str, float] = field(default_factory=dict)
    moments: dict[str, float] = field(default_factory=dict)
    attachment: str = ""
    interface: Interface | None = None
    resolved: dict[str, str] = field(default_factory=dict)  # by image: digests its deployment has settled on
    digests: dict[str, str] = field(default_factory=dict)  # by image, as pulled
    trouble: str | None = None  # why it will not start, once that is known
    troubled: str = ""  # and which of its containers that is about; empty: all
    run: Any = None  # its schedule once it has started (outside.Run)
    container_runs: dict[str, ContainerRun] = field(default_factory=dict)  # by container, once images are pulled
    registered: bool = False  # with its target groups
    healthy: bool = False
    container_health: str = "UNKNOWN"
    stop_code: str | None = None
    stopped_reason: str | None = None
    endings: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)  # container: exit code, reason

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def task_arn(self) -> str:
        """Its ARN, by the name moto's tagging asks for."""
        return self.arn

    @property
    def served(self) -> bool:
        """Whether it belongs to a service, which replaces it when it fails."""
        return self.group.startswith("service:")

    @property
    def overrides(self) -> Wire:
        """Returns what run_task has overridden."""
        found: Wire = self.terms.get("overrides") or {}
        return found

    def overridden(self, container: str) -> Wire:
        """Returns what run_task has overridden of a container."""
        given: list[Wire] = self.overrides.get("containerOverrides") or []
        return next((one for one in given if one.get("name") == container), {})

    @property
    def wanted(self) -> bool:
        """Whether its desired status is RUNNING."""
        return self.desired == "RUNNING"

    @property
    def over(self) -> bool:
        """Whether it has stopped and nothing is left to happen."""
        return self.status == "STOPPED" and not self.agenda

    @property
    def pending(self) -> bool:
        """Whether it is on its way to RUNNING."""
        return self.wanted and self.status in ("PROVISIONING", "PENDING", "ACTIVATING")


def balancers(task: Task) -> list[Wire]:
    """The target groups a task is registered with, as create_service names them."""
    found: list[Wire] = task.terms.get("loadBalancers") or []
    return found


@dataclass
class TaskOwner:
    """Tasks of one owner: a service, or run_task in a cluster."""

    cluster_arn: str
    tasks: list[Task] = field(default_factory=list)  # those that anything can still happen to
    stopped: list[Task] = field(default_factory=list)  # those that are only described, for a while

    @property
    def known(self) -> list[Task]:
        """All tasks that can be described."""
        return self.tasks + self.stopped


@dataclass
class Deployment:
    """One deployment of a service, and with it the service revision it deploys."""

    id: str
    revision_arn: str
    definition: Definition
    terms: Wire
    created: float
    desired: int
    updated: float = 0.0
    status: str = "PRIMARY"
    rollout: str = "IN_PROGRESS"
    reason: str = ""
    failed: int = 0
    digests: dict[str, str] = field(default_factory=dict)  # by image: resolved once, by the first task
    group: str = ""  # the target group of its tasks, where there are two to choose from


@dataclass
class Release:
    """Describes what AWS calls a service deployment: from source revisions to a target revision, perhaps rolled
    back.
    """

    arn: str
    target: Deployment
    sources: list[Deployment]
    created: float
    configuration: Wire
    updated: float = 0.0
    finished: float | None = None
    stopped: float | None = None
    status: str = "IN_PROGRESS"
    reason: str | None = None
    rollback: Wire | None = None
    triggered: bool = False  # by the circuit breaker
    alarms: tuple[str, ...] = ()  # that are watched
    triggered_alarms: tuple[str, ...] = ()
    alarm_at_start: bool = False  # an alarm was in ALARM when it began
    baked: float | None = None  # when it is done, unless an alarm rings before
    threshold: int = 3
    stage: str = ""  # of those that blue/green, linear and canary deployments go through
    since: float = 0.0  # when that stage began
    until: float | None = None  # and when it ends at the soonest
    step: int = 0  # of the traffic shift
    weight: float = 0.0  # the share of the requests, in percent, that goes to the new tasks
    hooks: list[Wire] = field(default_factory=list)  # that it has come to, the newest stage's last
    refused: bool = False  # a person has answered a hook with ROLLBACK

    @property
    def ongoing(self) -> bool:
        """Whether it has not ended yet."""
        return self.finished is None

    @property
    def waiting(self) -> list[Wire]:
        """The hooks at which it is held."""
        return [hook for hook in self.hooks if hook["status"] == "AWAITING_ACTION"]


@dataclass
class Service(TaskOwner):
    """A service: its settings as sent, its deployments (the primary first), releases, events (the newest first)."""

    arn: str = ""
    name: str = ""
    cluster_name: str = ""
    settings: Wire = field(default_factory=dict)
    request: Wire = field(default_factory=dict)  # what create_service was asked, to tell a repetition from a conflict
    tags: list[Wire] = field(default_factory=list)
    created: float = 0.0
    by: str = ""  # the ARN of who created it
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    past: list[Deployment] = field(default_factory=list)  # no longer listed; their revisions can still be described
    releases: list[Release] = field(default_factory=list)  # the newest last
    good: Deployment | None = None  # the last that completed: where a rollback goes
    agenda: dict[str, float] = field(default_factory=dict)  # what comes next for the service itself, and when
    events: list[tuple[float, str]] = field(default_factory=list)
    said: dict[str, float] = field(default_factory=dict)  # messages not to repeat, and when they were said
    steady: bool = False
    launched: int = 0  # tasks, ever
    stopping: Wire | None = None  # what stop_service_deployment was asked
    start_failures: int = 0  # in a row
    launch_after: float = 0.0
    deleted: float | None = None

    @property
    def physical_resource_id(self) -> str:
        """Its ARN, by the name moto's tagging asks for."""
        return self.arn

    @property
    def primary(self) -> Deployment:
        """The deployment that is to take over, or has."""
        return self.deployments[0]

    @property
    def desired_count(self) -> int:
        """The desired count."""
        count: int = self.settings["desiredCount"]
        return count

    @property
    def release(self) -> Release | None:
        """The newest service deployment."""
        return self.releases[-1] if self.releases else None

    def of(self, deployment: Deployment) -> list[Task]:
        """The tasks of a deployment that have not stopped."""
        return [task for task in self.tasks if task.started_by == deployment.id]


@dataclass
class Script:
    """A script: what happens to tasks whose image contains `fragment`."""

    fragment: str
    kind: str
    options: Wire


@dataclass
class Memory:
    """The state that one account and region keeps beside moto's own dictionaries."""

    revisions: dict[str, int] = field(default_factory=dict)  # the last one of each family, deleted or not
    tokens: dict[str, str] = field(default_factory=dict)  # clientToken of create_service: the service's ARN
    created: dict[str, float] = field(default_factory=dict)  # when each cluster was made, by its ARN
    standalone: dict[str, TaskOwner] = field(default_factory=dict)  # tasks without a service, by cluster ARN
    ran: dict[str, tuple[str, list[str]]] = field(default_factory=dict)  # run_task's tokens: what was asked, its tasks
    scripts: list[Script] = field(default_factory=list)
    numbers: int = 0


def memory(backend: EC2ContainerServiceBackend) -> Memory:
    """The memory of a backend; a reset forgets it."""
    return overlay.memory(backend, Memory)


def backend_of(account: str, region: str) -> EC2ContainerServiceBackend:
    """moto's ECS of an account and region."""
    return ecs_backends[account][region]


def services(backend: EC2ContainerServiceBackend) -> list[Service]:
    """All services of a backend, whatever their status."""
    found: list[Any] = list(backend.services.values())
    return [service for service in found if isinstance(service, Service)]


def arn_of(backend: EC2ContainerServiceBackend, rest: str) -> str:
    """An ECS ARN of the backend's account and region."""
    partition = get_partition(backend.region_name)
    return f"arn:{partition}:ecs:{backend.region_name}:{backend.account_id}:{rest}"


def number(backend: EC2ContainerServiceBackend) -> int:
    """A number nothing else of the backend has: what ids are made of, the same in each run."""
    state = memory(backend)
    state.numbers += 1
    return state.numbers


def refusal(code: str, message: str) -> ECSException:
    """AWS's error, to be raised."""
    return ECSException(code, message)


def invalid(message: str) -> ECSException:
    """InvalidParameterException, ECS's code for nearly everything."""
    return refusal("InvalidParameterException", message)


def denied(message: str) -> ECSException:
    """ClientException, ECS's other code for nearly everything."""
    return refusal("ClientException", message)
