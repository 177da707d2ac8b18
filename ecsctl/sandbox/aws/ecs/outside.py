"""Says what a task uses outside ECS, as an interface."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from ecsctl.sandbox.aws.ecs.container_states import Outcome
from ecsctl.sandbox.aws.ecs.state import Definition, Interface, Task

# say (with the text), registered and deregistered (with the target group's ARN), draining, failed (with "start" if it
# never ran), died (after it was healthy), running, healthy
Signal = tuple[str, str]
PULL = 15.0  # seconds; see task_lifecycle


@dataclass(frozen=True)
class Start:
    """Describes how a task's preparation goes: after `seconds` it is pulled, or fails with `failure` as its
    stoppedReason.
    """

    seconds: float = PULL
    failure: str | None = None
    container: str = ""  # the one that failed
    digests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """Describes how a task that has started goes on.

    `kind`: "healthy" (once `after` seconds of booting are over), "exit" (after `after` seconds), "unhealthy" for the
    load balancer, "sick" for the container's own health check, "unused" (no listener, or not in its zones), or "real":
    its real containers say how it goes on.
    """

    kind: str = "healthy"
    after: float = 5.0
    code: int | None = None
    reason: str | None = None  # of the container's end, or of the target's health
    target_reason: str = ""
    target_description: str = ""
    lines: tuple[str, ...] = ()  # what the application logs when it starts
    ready: tuple[str, ...] = ()  # and once it has booted, where that is later
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
    """Describes how the containers of a task that really runs are now.

    `phase`: preparing, ready, starting, running, stopping or over; `failure` is why they do not come so far. `ended`:
    exit code and reason of those that have. `target` and `inside` are what the load balancer's checks and the
    container's own have come to: initial, healthy or unhealthy. `died`: an essential one, by itself.
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
    """Describes what a task uses outside ECS."""

    def in_alarm(self, alarms: tuple[str, ...]) -> tuple[str, ...]:
        """Those of CloudWatch's alarms that are in ALARM."""

    def takes(self, alarms: tuple[str, ...]) -> float:
        """The period in seconds of the slowest of them."""

    def weights(self, rule: str) -> dict[str, int]:
        """The target groups that a listener's rule forwards to, and their weights."""

    def shift(self, rule: str, weights: dict[str, float]) -> None:
        """Give them other weights."""

    def prepare(self, task: Task) -> None:
        """Let its containers be made, if it really runs."""

    def launch(self, task: Task) -> None:
        """Let its containers start, if it really runs."""

    def halt(self, task: Task) -> None:
        """Let its containers be stopped, if it really runs."""

    def facts(self, task: Task) -> Facts | None:
        """Returns how its containers are; None for a task that is only simulated."""

    def pace(self) -> float:
        """Seconds between two checks of what really runs."""

    def refuses(self, definition: Definition) -> str | None:
        """Returns why no task can be launched from it now, as the service event says it; None if one can."""

    def attach(self, task: Task) -> Interface | str:
        """Make the task's network interface, or say why it cannot be made (a stoppedReason)."""

    def detach(self, task: Task, when: float) -> None:
        """Let the interface go at that time."""

    def start(self, task: Task) -> Start:
        """Returns how pulling images, secrets and opening the log streams go."""

    def run(self, task: Task) -> Run:
        """Returns how the started task goes on."""

    def outcomes(self, task: Task) -> dict[str, Outcome]:
        """Returns how the containers beside the one that serves go, by name; of others nothing is known."""

    def checks(self, target_group_arn: str) -> Checks:
        """The target group's numbers."""

    def target(self, task: Task, balancer: dict[str, Any], state: str, reason: str = "", description: str = "") -> None:
        """Set a target's health: initial (registers it), healthy, unhealthy, unused, draining, or gone."""

    def log(self, task: Task, t: float, lines: tuple[str, ...], container: str = "") -> None:
        """Write lines into the log stream of the container that serves, or of the one that is named."""
