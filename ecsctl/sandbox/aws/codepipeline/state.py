"""State of a pipeline's executions: the stage of each, and the outcomes of its actions."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from moto.utilities.utils import get_partition

from ecsctl.sandbox.builds import artifacts

Declared = dict[str, Any]


@dataclass
class Outcome:
    """How an action ended, and when."""

    at: float
    status: str  # Succeeded or Failed
    summary: str = ""
    code: str = ""  # of the error, such as ConfigurationError
    message: str = ""


class Work(Protocol):
    """What an action does. It has begun when the object is created."""

    def ended(self, now: float) -> Outcome | None:
        """Returns how it ended, if it has by `now`. An outcome that was once returned never changes."""

    def stop(self, now: float) -> None:
        """Stop, since the execution was abandoned."""


@dataclass
class Attempt:
    """One run of an action."""

    id: str
    stage: str
    declared: Declared
    began: float
    work: Work = field(init=False)
    outcome: Outcome | None = None
    abandoned: float | None = None
    external_id: str | None = None
    external_url: str | None = None
    token: str | None = None  # with which an approval is answered
    by: str | None = None
    revision: dict[str, str] | None = None  # of a source action: id, url and summary
    variables: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)  # by artifact: ARN of its zip
    void: bool = False  # replaced by a retry

    @property
    def status(self) -> str:
        """InProgress, Succeeded, Failed or Abandoned."""
        if self.abandoned is not None:
            return "Abandoned"
        return self.outcome.status if self.outcome else "InProgress"

    @property
    def changed(self) -> float:
        """Returns when its status last changed."""
        return self.abandoned or (self.outcome.at if self.outcome else self.began)


@dataclass
class Execution:
    """One execution of the pipeline. `stage` is the one it is in or waits for, `at` the time that this began."""

    id: str
    pipeline: Declared
    trigger: str
    detail: str
    started: float
    at: float
    stage: int = 0
    waiting: bool = True
    status: str = "InProgress"
    changed: float = 0.0
    reason: str | None = None
    attempts: list[Attempt] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)  # the last status in each stage
    variables: dict[str, str] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)  # by action: the commit, if the caller chose it
    reported: str = ""  # the status in the last event

    @property
    def running(self) -> bool:
        """Whether its status may still change by itself."""
        return self.status in ("InProgress", "Stopping")

    @property
    def stage_name(self) -> str:
        """The stage it is in or waits for."""
        name: str = self.pipeline["stages"][self.stage]["name"]
        return name

    def places(self, outputs: list[dict[str, str]], region: str) -> dict[str, str]:
        """Returns where an action's output artifacts are stored, by name."""
        store = self.pipeline.get("artifactStore") or self.pipeline["artifactStores"][region]
        bucket, partition = store["location"], get_partition(region)
        return {
            one["name"]: artifacts.location(bucket, self.pipeline["name"], one["name"], partition) for one in outputs
        }

    def input_of(self, attempt: Attempt) -> str:
        """The ARN of the zip that is the attempt's first input artifact; empty if it takes none."""
        wanted = (attempt.declared.get("inputArtifacts") or [{}])[0].get("name")
        made = [one.outputs[wanted] for one in self.attempts if not one.void and wanted in one.outputs]
        return made[-1] if made else ""

    def latest(self, stage: str) -> dict[str, Attempt]:
        """The last attempt of each action in a stage."""
        return {one.declared["name"]: one for one in self.attempts if one.stage == stage and not one.void}

    def end(self, status: str, now: float) -> None:
        """Set the final status of the execution and of its stage."""
        self.status, self.changed = status, now
        if not self.waiting:
            self.stages[self.stage_name] = "Cancelled" if status == "Cancelled" else status


@dataclass
class Transition:
    """Whether executions may enter a stage."""

    enabled: bool = True
    changed: float | None = None
    by: str | None = None
    reason: str | None = None
