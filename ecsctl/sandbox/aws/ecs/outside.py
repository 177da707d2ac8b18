"""The interface to everything that a task uses outside ECS."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from ecsctl.sandbox.aws.ecs.container_states import Outcome
from ecsctl.sandbox.aws.ecs.state import Definition, Interface, Task

# say (with the event's text), registered and deregistered (with the target group's ARN), draining, failed (with "start"
# if it never ran), died (after it was healthy), running, healthy
Signal = tuple[str, str]
PULL = 15.0  # seconds; see task_lifecycle


@dataclass(frozen=True)
class Start:
    """How a task's preparation goes: after `seconds` its images are pulled, or it fails with `failure` as its
    stoppedReason.
    """

    seconds: float = PULL
    failure: str | None = None
    container: str = ""  # the one that failed
    digests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """What happens to a task after it has started.

    `kind`: "healthy" (once `after` seconds of booting are over), "exit" (after `after` seconds), "unhealthy" for the
    load balancer, "sick" for the container's own health check, "unused" (no listener, or not in its zones), or "real":
    decided by its real containers.
    """

    kind: str = "healthy"
    after: float = 5.0
    code: int | None = None
    reason: str | None = None  # why the container ended, or the target's reason code
    target_reason: str = ""
    target_description: str = ""
    lines: tuple[str, ...] = ()  # what the application logs when it starts
    ready: tuple[str, ...] = ()  # and once it has booted, if that is later
    last: tuple[str, ...] = ()  # and when it exits or fails its check


@dataclass(frozen=True)
class Checks:
    """A target group's health check and deregistration delay, in seconds."""

    interval: float
    healthy: int
    unhealthy: int
    delay: float


@dataclass(frozen=True)
class Facts:
    """The current state of the containers of a task that really runs.

    `phase`: preparing, ready, starting, running, stopping or over; `failure`: why they do not get that far. `ended`:
    exit code and reason of those that have ended. `target` and `inside`: the status of the load balancer's health
    checks and the container's own (initial, healthy or unhealthy). `died`: an essential one ended by itself.
    """

    phase: str
    failure: str = ""
    ended: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)
    died: str | None = None
    target: str = "initial"
    reason: str = ""
    text: str = ""
    inside: str = "initial"


class World(Protocol):
    """What a task uses outside ECS."""

    def in_alarm(self, alarms: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these CloudWatch alarms are in ALARM."""

    def takes(self, alarms: tuple[str, ...]) -> float:
        """The longest period of these alarms, in seconds."""

    def weights(self, rule: str) -> dict[str, int]:
        """The weights of the target groups that a listener's rule forwards to, by ARN."""

    def shift(self, rule: str, weights: dict[str, float]) -> None:
        """Set the weights of a rule's target groups, by ARN."""

    def prepare(self, task: Task) -> None:
        """Create its containers, if it really runs."""

    def launch(self, task: Task) -> None:
        """Start its containers, if it really runs."""

    def halt(self, task: Task) -> None:
        """Stop its containers, if it really runs."""

    def facts(self, task: Task) -> Facts | None:
        """The state of its containers; None for a simulated task."""

    def pace(self) -> float:
        """Seconds of sandbox time between two checks of real containers."""

    def refuses(self, definition: Definition) -> str | None:
        """Returns why no task can be launched from it now, as in the service event; None if one can."""

    def attach(self, task: Task) -> Interface | str:
        """Create the task's network interface, or return why it cannot be created (a stoppedReason)."""

    def detach(self, task: Task, when: float) -> None:
        """Delete the interface at that time."""

    def start(self, task: Task) -> Start:
        """Returns the outcome of pulling images, reading secrets and opening log streams."""

    def run(self, task: Task) -> Run:
        """Returns what happens to the started task."""

    def outcomes(self, task: Task) -> dict[str, Outcome]:
        """Returns the known outcomes of the containers beside the main one, by name."""

    def checks(self, target_group_arn: str) -> Checks:
        """The target group's health check and deregistration delay."""

    def target(self, task: Task, balancer: dict[str, Any], state: str, reason: str = "", description: str = "") -> None:
        """Set a target's health: initial (registers it), healthy, unhealthy, unused, draining or gone (removes it)."""

    def log(self, task: Task, t: float, lines: tuple[str, ...], container: str = "") -> None:
        """Write lines into the log stream of `container`, by default the main one."""
