"""One build of CodeBuild and its phases: all that changes with time is computed from its facts at each request."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Seconds. Public CI logs of small container builds; AWS promises none.
PLAN = (
    ("SUBMITTED", 0.0), ("QUEUED", 1.0), ("PROVISIONING", 10.0), ("DOWNLOAD_SOURCE", 3.0), ("INSTALL", 1.0),
    ("PRE_BUILD", 4.0), ("BUILD", 45.0), ("POST_BUILD", 10.0), ("UPLOAD_ARTIFACTS", 1.0), ("FINALIZING", 1.0),
)  # fmt: skip
_BEFORE_COMMANDS = PLAN[:3]

# After a failure of one of these, nothing more of the buildspec runs (CodeBuild guide, "Build phase transitions").
_DECISIVE = ("QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD")


@dataclass
class Failure:
    """A build's phase that fails, and the context that says why."""

    phase: str
    code: str
    message: str


@dataclass
class Step:
    """One phase of a build: when it began, when it ended if it has, and why it failed if it did."""

    name: str
    began: float
    ended: float | None = None
    failure: Failure | None = None


@dataclass
class Commands:
    """How far a build came that really runs its commands: its steps from DOWNLOAD_SOURCE on. The last may be open."""

    steps: list[Step] = field(default_factory=list)
    done: bool = False


@dataclass
class Build:
    """One build. All that changes with time is computed from the fields below `facts` at each request."""

    id: str
    number: int
    started: float
    facts: dict[str, Any]  # what does not change, as BatchGetBuilds answers it
    failure: Failure | None = None
    stopped: float | None = None
    commands: Commands | None = None  # None for a build that is only played
    playing: Any = None  # what moves its commands on at each request
    exported: dict[str, str] = field(default_factory=dict)  # what its buildspec's `exported-variables` came to

    def described(self, now: float) -> dict[str, Any]:
        """As BatchGetBuilds answers at `now`."""
        phases, status = self._phases(now)
        done = phases[-1]["phaseType"] == "COMPLETED"
        answer = copy.deepcopy(self.facts) | {
            "id": self.id,
            "buildNumber": self.number,
            "startTime": _time(self.started),
            "currentPhase": phases[-1]["phaseType"],
            "buildStatus": status if done else "IN_PROGRESS",
            "buildComplete": done,
            "phases": phases,
        }
        if self.exported:
            answer["exportedEnvironmentVariables"] = [{"name": n, "value": v} for n, v in self.exported.items()]
        if done:
            answer["endTime"] = phases[-1]["startTime"]
        return answer

    def ended(self, now: float) -> tuple[float, str] | None:
        """When and how (SUCCEEDED, FAILED, TIMED_OUT, STOPPED) it ended, if it has by `now`."""
        phases, status = self._phases(now)
        last = phases[-1]
        return (last["startTime"].timestamp(), status) if last["phaseType"] == "COMPLETED" else None

    def _steps(self) -> Iterator[Step]:
        at, failed = self.started, False
        for name, seconds in PLAN if self.commands is None else _BEFORE_COMMANDS:
            if failed and _skipped(name, self.failure):
                continue
            failure = self.failure if self.failure is not None and self.failure.phase == name else None
            failed = failed or failure is not None
            yield Step(name, at, at + seconds, failure)
            at += seconds
        if self.commands is not None:
            steps = list(self.commands.steps) or [Step("DOWNLOAD_SOURCE", at)]
            yield from steps
            last = steps[-1].ended
            if self.commands.done and last is not None:
                yield Step("FINALIZING", last, last + 1.0)

    def _phases(self, now: float) -> tuple[list[dict[str, Any]], str]:
        if self.playing is not None:
            self.playing.advance(self, now)
        observed = now if self.stopped is None else min(now, self.stopped)
        at, status, phases = self.started, "SUCCEEDED", list[dict[str, Any]]()
        for step in self._steps():
            phase: dict[str, Any] = {"phaseType": step.name, "startTime": _time(step.began)}
            phases.append(phase)
            if step.ended is None or observed < step.ended:
                if self.stopped is None:
                    return phases, status
                spent = max(0, int(observed - step.began))
                phase |= {"phaseStatus": "STOPPED", "endTime": _time(observed), "durationInSeconds": spent}
                return [*phases, {"phaseType": "COMPLETED", "startTime": _time(observed)}], "STOPPED"
            at, outcome = step.ended, _status(step.failure)
            status = outcome if status == "SUCCEEDED" else status
            phase |= {"phaseStatus": outcome, "endTime": _time(at), "durationInSeconds": int(at - step.began)}
            code, message = (step.failure.code, step.failure.message) if step.failure else ("", "")
            phase["contexts"] = [{"statusCode": code, "message": message}]
        return [*phases, {"phaseType": "COMPLETED", "startTime": _time(at)}], status


def _skipped(phase: str, failure: Failure | None) -> bool:
    return failure is not None and failure.phase in _DECISIVE and phase != "FINALIZING"


def _status(failure: Failure | None) -> str:
    if failure is None:
        return "SUCCEEDED"
    return "TIMED_OUT" if failure.code == "BUILD_TIMED_OUT" else "FAILED"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
