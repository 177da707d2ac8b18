"""ECS's state as plain values. The rules that change it are in the other modules."""

from dataclasses import dataclass, field
from typing import Any

from moto.ecs.exceptions import ECSException
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.utilities.utils import get_partition

from ecsctl.sandbox.core import overlay

Wire = dict[str, Any]  # a structure as boto3 sends and receives it


@dataclass
class Definition:
    """One revision of a task definition; `document` is what DescribeTaskDefinition returns, without tags."""

    arn: str
    family: str
    revision: int
    document: Wire
    tags: list[Wire]
    status: str = "ACTIVE"
    deleted_at: float | None = None  # when it became DELETE_IN_PROGRESS

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
    """When one container of a task starts, becomes healthy and ends, in sandbox time; None: never."""

    start: float | None  # inf: it waits forever
    end: float | None = None
    code: int | None = None
    reason: str | None = None
    healthy: float | None = None  # when its health check passes
    unhealthy: float | None = None  # when its health check has failed too often
    lines: tuple[str, ...] = ()  # what it logs when it starts, and when it ends
    last: tuple[str, ...] = ()


@dataclass
class Task:
    """One task. `agenda` has the times of its next events, `moments` those of past ones."""

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
    resolved: dict[str, str] = field(default_factory=dict)  # by image: digests that its deployment has resolved
    digests: dict[str, str] = field(default_factory=dict)  # by image, as pulled
    trouble: str | None = None  # why it does not start, once that is known
    troubled: str = ""  # and because of which container; empty: all
    run: Any = None  # what happens to it once it has started (outside.Run)
    container_runs: dict[str, ContainerRun] = field(default_factory=dict)  # by container, once images are pulled
    registered: bool = False  # with its target groups
    healthy: bool = False
    container_health: str = "UNKNOWN"
    stop_code: str | None = None
    stopped_reason: str | None = None
    endings: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)  # by container

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def task_arn(self) -> str:
        """Its ARN, under the name that moto's tagging uses."""
        return self.arn

    @property
    def served(self) -> bool:
        """Whether it belongs to a service, which replaces failed tasks."""
        return self.group.startswith("service:")

    @property
    def overrides(self) -> Wire:
        """The overrides of run_task."""
        found: Wire = self.terms.get("overrides") or {}
        return found

    def overridden(self, container: str) -> Wire:
        """The overrides of run_task for a container."""
        given: list[Wire] = self.overrides.get("containerOverrides") or []
        return next((one for one in given if one.get("name") == container), {})

    @property
    def wanted(self) -> bool:
        """Whether its desired status is RUNNING."""
        return self.desired == "RUNNING"

    @property
    def over(self) -> bool:
        """Whether it has stopped and has no further events."""
        return self.status == "STOPPED" and not self.agenda

    @property
    def pending(self) -> bool:
        """Whether it is starting."""
        return self.wanted and self.status in ("PROVISIONING", "PENDING", "ACTIVATING")


def balancers(task: Task) -> list[Wire]:
    """The target groups a task is registered with, as create_service names them."""
    found: list[Wire] = task.terms.get("loadBalancers") or []
    return found


@dataclass
class TaskOwner:
    """Tasks of one owner: a service, or run_task in a cluster."""

    cluster_arn: str
    tasks: list[Task] = field(default_factory=list)  # those with further events
    stopped: list[Task] = field(default_factory=list)  # those that can only be described, for a while

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
    group: str = ""  # the target group of its tasks, if there are two


@dataclass
class Release:
    """A service deployment, as AWS calls it: from source revisions to a target revision, perhaps rolled back."""

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
    alarms: tuple[str, ...] = ()  # that can fail it
    triggered_alarms: tuple[str, ...] = ()
    alarm_at_start: bool = False  # an alarm was in ALARM when it began
    baked: float | None = None  # when its bake time ends, unless an alarm fails it before
    threshold: int = 3
    stage: str = ""  # the lifecycle stage of a blue/green, linear or canary deployment
    since: float = 0.0  # when that stage began
    until: float | None = None  # and when it ends at the earliest
    step: int = 0  # of the traffic shift
    weight: float = 0.0  # the share of the requests, in percent, that goes to the new tasks
    hooks: list[Wire] = field(default_factory=list)  # of all stages so far, the newest stage's last
    refused: bool = False  # somebody has answered a hook with ROLLBACK

    @property
    def ongoing(self) -> bool:
        """Whether it has not ended."""
        return self.finished is None

    @property
    def waiting(self) -> list[Wire]:
        """The hooks that it waits for."""
        return [hook for hook in self.hooks if hook["status"] == "AWAITING_ACTION"]


@dataclass
class Service(TaskOwner):
    """A service: its settings as sent, its deployments (the primary first), releases, events (the newest first)."""

    arn: str = ""
    name: str = ""
    cluster_name: str = ""
    settings: Wire = field(default_factory=dict)
    request: Wire = field(default_factory=dict)  # create_service's parameters, to tell a retry from a conflict
    tags: list[Wire] = field(default_factory=list)
    created: float = 0.0
    by: str = ""  # the ARN of who created it
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    past: list[Deployment] = field(default_factory=list)  # no longer listed; their revisions can still be described
    releases: list[Release] = field(default_factory=list)  # the newest last
    good: Deployment | None = None  # the last that completed, to which a rollback returns
    agenda: dict[str, float] = field(default_factory=dict)  # the times of the service's own next events
    events: list[tuple[float, str]] = field(default_factory=list)
    recent_messages: dict[str, float] = field(default_factory=dict)  # by event message: when it was added
    steady: bool = False
    launched: int = 0  # number of tasks, ever
    stopping: Wire | None = None  # stop_service_deployment's parameters
    start_failures: int = 0  # in a row
    launch_after: float = 0.0
    deleted: float | None = None

    @property
    def physical_resource_id(self) -> str:
        """Its ARN, under the name that moto's tagging uses."""
        return self.arn

    @property
    def primary(self) -> Deployment:
        """The primary deployment: the one that takes over, or already has."""
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
    """A script: the fate of tasks whose image contains `fragment`."""

    fragment: str
    kind: str
    options: Wire


@dataclass
class Memory:
    """One account and region's state that moto's own dictionaries lack."""

    revisions: dict[str, int] = field(default_factory=dict)  # the last number in each family, even if deleted
    tokens: dict[str, str] = field(default_factory=dict)  # clientToken of create_service: the service's ARN
    created: dict[str, float] = field(default_factory=dict)  # when each cluster was created, by its ARN
    standalone: dict[str, TaskOwner] = field(default_factory=dict)  # tasks without a service, by cluster ARN
    ran: dict[str, tuple[str, list[str]]] = field(default_factory=dict)  # by run_task's token: parameters, tasks
    scripts: list[Script] = field(default_factory=list)
    numbers: int = 0


def memory(backend: EC2ContainerServiceBackend) -> Memory:
    """The state of a backend. A reset deletes it."""
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
    """A number that is unique in the backend, for ids that are the same in each run."""
    state = memory(backend)
    state.numbers += 1
    return state.numbers


def refusal(code: str, message: str) -> ECSException:
    """An AWS error, to be raised."""
    return ECSException(code, message)


def invalid(message: str) -> ECSException:
    """InvalidParameterException, ECS's code for nearly everything."""
    return refusal("InvalidParameterException", message)


def denied(message: str) -> ECSException:
    """ClientException, ECS's other code for nearly everything."""
    return refusal("ClientException", message)
