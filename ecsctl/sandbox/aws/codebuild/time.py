"""The phases of a build: whatever changes with time is computed from its facts at each request."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ecsctl.sandbox.aws.codebuild.state import Build, Failure, Step

# Seconds, from public CI logs of small container builds; AWS promises no durations.
PLAN = (
    ("SUBMITTED", 0.0), ("QUEUED", 1.0), ("PROVISIONING", 10.0), ("DOWNLOAD_SOURCE", 3.0), ("INSTALL", 1.0),
    ("PRE_BUILD", 4.0), ("BUILD", 45.0), ("POST_BUILD", 10.0), ("UPLOAD_ARTIFACTS", 1.0), ("FINALIZING", 1.0),
)  # fmt: skip
_BEFORE_COMMANDS = PLAN[:3]

# After a failure of one of these, nothing more of the buildspec runs (CodeBuild guide, "Build phase transitions").
_DECISIVE = ("QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD")


def described(build: Build, now: float) -> dict[str, Any]:
    """The build as BatchGetBuilds returns it at `now`, in seconds of sandbox time."""
    phases, status = _phases(build, now)
    done = phases[-1]["phaseType"] == "COMPLETED"
    answer = copy.deepcopy(build.facts) | {
        "id": build.id,
        "buildNumber": build.number,
        "startTime": _time(build.started),
        "currentPhase": phases[-1]["phaseType"],
        "buildStatus": status if done else "IN_PROGRESS",
        "buildComplete": done,
        "phases": phases,
    }
    if build.exported:
        answer["exportedEnvironmentVariables"] = [{"name": n, "value": v} for n, v in build.exported.items()]
    if done:
        answer["endTime"] = phases[-1]["startTime"]
    return answer


def ended(build: Build, now: float) -> tuple[float, str] | None:
    """Returns when and how (SUCCEEDED, FAILED, TIMED_OUT, STOPPED) it ended, if it has by `now`."""
    phases, status = _phases(build, now)
    last = phases[-1]
    return (last["startTime"].timestamp(), status) if last["phaseType"] == "COMPLETED" else None


def _steps(build: Build) -> Iterator[Step]:
    at, failed = build.started, False
    for name, seconds in PLAN if build.commands is None else _BEFORE_COMMANDS:
        if failed and _is_skipped(name, build.failure):
            continue
        failure = build.failure if build.failure is not None and build.failure.phase == name else None
        failed = failed or failure is not None
        yield Step(name, at, at + seconds, failure)
        at += seconds
    if build.commands is not None:
        steps = list(build.commands.steps) or [Step("DOWNLOAD_SOURCE", at)]
        yield from steps
        last = steps[-1].ended
        if build.commands.done and last is not None:
            yield Step("FINALIZING", last, last + 1.0)


def _phases(build: Build, now: float) -> tuple[list[dict[str, Any]], str]:
    if build.active is not None:
        build.active.advance(build, now)
    observed = now if build.stopped is None else min(now, build.stopped)
    at, status, phases = build.started, "SUCCEEDED", list[dict[str, Any]]()
    for step in _steps(build):
        phase: dict[str, Any] = {"phaseType": step.name, "startTime": _time(step.began)}
        phases.append(phase)
        if step.ended is None or observed < step.ended:
            if build.stopped is None:
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


def _is_skipped(phase: str, failure: Failure | None) -> bool:
    return failure is not None and failure.phase in _DECISIVE and phase != "FINALIZING"


def _status(failure: Failure | None) -> str:
    if failure is None:
        return "SUCCEEDED"
    return "TIMED_OUT" if failure.code == "BUILD_TIMED_OUT" else "FAILED"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
