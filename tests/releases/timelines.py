"""What ECS answers, read by read, while a deployment is followed: recorded courses of releases, as data.

The deployment that is followed brings revision 7, unless said otherwise; revision 6 ran before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ecsctl.releases.verdict import Followed, Outcome
from ecsctl.resources.support.deployments import Snapshot

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
ARN = "arn:aws:ecs:eu-central-1:123456789012:{}"
BREAKER = "ECS deployment circuit breaker: tasks failed to start."


def revision(number: int) -> str:
    return ARN.format(f"task-definition/shop:{number}")


def deployment_arn(name: str) -> str:
    return ARN.format(f"service-deployment/shop/shop/{name}")


def target(name: str) -> str:
    return ARN.format(f"service-revision/shop/shop/{name}")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def deployment(
    name: str = "ours",
    status: str = "IN_PROGRESS",
    *,
    began: float = 0,
    ended: float | None = None,
    monitor: str = "",
    sources: Sequence[str] = ("before",),
    back: str = "",
    why: str = "",
    hook: str = "",
) -> dict[str, Any]:
    """A service deployment. `monitor` is what ended it ("breaker" or "alarm"), `back` what it was rolled back to.

    `hook` is how the pause stands at which it is or was held.
    """
    answer: dict[str, Any] = {
        "serviceDeploymentArn": deployment_arn(name),
        "targetServiceRevisionArn": target(name),
        "createdAt": at(began),
        "status": status,
        "sourceServiceRevisions": [{"arn": target(source)} for source in sources],
        "deploymentCircuitBreaker": {"status": "TRIGGERED" if monitor == "breaker" else "MONITORING"},
        "alarms": {"status": "TRIGGERED", "triggeredAlarmNames": ["shop-5xx"]} if monitor == "alarm" else {},
    }
    if ended is not None:
        answer["finishedAt"] = at(ended)
    if back:
        answer["rollback"] = {"serviceRevisionArn": target(back)}
    if why:
        answer["statusReason"] = why
    if hook:
        details = {"hookId": "ecs-pause-1", "targetType": "PAUSE", "timeoutAction": "ROLLBACK"}
        answer |= {"lifecycleStage": "POST_SCALE_UP", "deploymentCircuitBreaker": {"status": "DISABLED"},
                 "lifecycleHookDetails": [{**details, "status": hook, "expiresAt": at(3600)}]}  # fmt: skip
    return answer


def service(
    number: int = 7,
    running: int = 1,
    *,
    desired: int = 1,
    status: str = "ACTIVE",
    old: int = 0,
    failed: int = 0,
    rollout: str = "IN_PROGRESS",
    events: Sequence[tuple[float, str]] = (),
    percentages: tuple[int, int] = (100, 200),
) -> dict[str, Any]:
    """A service whose primary deployment is of that revision; `old` tasks of the previous one run in addition."""
    before = {"status": "ACTIVE", "taskDefinition": revision(6), "runningCount": old, "desiredCount": 0}
    primary = {"status": "PRIMARY", "taskDefinition": revision(number), "rolloutState": rollout, "failedTasks": failed,
               "runningCount": running, "desiredCount": desired, "pendingCount": max(0, desired - running)}  # fmt: skip
    return {
        "status": status,
        "taskDefinition": revision(number),
        "desiredCount": desired,
        "runningCount": running + old,
        "deployments": [primary, before] if old else [primary],
        "events": [{"createdAt": at(when), "message": text} for when, text in events],
        "deploymentConfiguration": {"minimumHealthyPercent": percentages[0], "maximumPercent": percentages[1]},
    }


NUMBERS = {"before": 6, "ours": 7, "pipeline": 8, "again": 7, "later": 8}
BEFORE = deployment("before", "SUCCESSFUL", began=-900, ended=-600, sources=())


def read(described: Mapping[str, Any] | None, *deployments: Mapping[str, Any]) -> Snapshot:
    revisions = {target(name): revision(number) for name, number in NUMBERS.items()}
    return Snapshot(described, deployments, revisions)


OURS = Followed(revision(7), deployment_arn("ours"))


@dataclass(frozen=True)
class Course:
    """The reads of a release, the seconds after its start of each, and the expected verdict."""

    reads: Sequence[tuple[float, Snapshot]]
    outcome: Outcome
    sentence: str
    ours: Followed = OURS


STUCK = (
    "(service shop) was unable to stop or start tasks during a deployment because of the service deployment "
    "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
)
WITHOUT_ARN = Followed(revision(7), before=frozenset({deployment_arn("before")}))

COURSES = {
    "a quick success": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (40, read(service(old=1), deployment(), BEFORE)),
         (80, read(service(rollout="COMPLETED"), deployment("ours", "SUCCESSFUL", ended=75), BEFORE))],
        Outcome.DEPLOYED, "revision 7 is deployed: 1 of 1 tasks run it"),
    "a success with old tasks still there": Course(
        [(0, read(service(running=0, old=2, desired=2), deployment(), BEFORE)),
         (80, read(service(running=2, old=1, desired=2, rollout="COMPLETED"),
                   deployment("ours", "SUCCESSFUL", ended=75), BEFORE))],
        Outcome.DEPLOYED,
        "revision 7 is deployed: 2 of 2 tasks run it; tasks of the version before are still being removed: 1"),
    "a slow success": Course(
        [(seconds, read(service(running=0, old=1), deployment(), BEFORE)) for seconds in range(0, 840, 60)]
        + [(850, read(service(rollout="COMPLETED"), deployment("ours", "SUCCESSFUL", ended=845), BEFORE))],
        Outcome.DEPLOYED, "revision 7 is deployed: 1 of 1 tasks run it"),
    "flapping, then success": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (60, read(service(running=1, old=1), deployment(), BEFORE)),
         (90, read(service(running=0, old=1, failed=1), deployment(), BEFORE)),
         (150, read(service(running=1, old=1, failed=1), deployment(), BEFORE)),
         (180, read(service(running=0, old=1, failed=2), deployment(), BEFORE)),
         (300, read(service(rollout="COMPLETED"), deployment("ours", "SUCCESSFUL", ended=290), BEFORE))],
        Outcome.DEPLOYED, "revision 7 is deployed: 1 of 1 tasks run it"),
    "rolled back by the circuit breaker, stable again at once": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (200, read(service(6), deployment("ours", "ROLLBACK_IN_PROGRESS", monitor="breaker", why=BREAKER), BEFORE)),
         (210, read(service(6, rollout="COMPLETED"),
                    deployment("ours", "ROLLBACK_SUCCESSFUL", ended=205, monitor="breaker", back="before", why=BREAKER),
                    BEFORE))],
        Outcome.ROLLED_BACK, "revision 7 was rolled back by the circuit breaker: revision 6 runs again"),
    "rolled back by an alarm": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (300, read(service(6, rollout="COMPLETED"),
                    deployment("ours", "ROLLBACK_SUCCESSFUL", ended=290, monitor="alarm", back="before"), BEFORE))],
        Outcome.ROLLED_BACK, "revision 7 was rolled back by the alarm shop-5xx: revision 6 runs again"),
    "stopped by an alarm, without a rollback": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (300, read(service(old=1, rollout="FAILED"), deployment("ours", "STOPPED", ended=290, monitor="alarm"),
                    BEFORE))],
        Outcome.FAILED, "revision 7 was given up by the alarm shop-5xx, and it was not rolled back"),
    "the first deployment fails with nothing to go back to": Course(
        [(0, read(service(running=0), deployment(sources=()))),
         (200, read(service(running=0, rollout="FAILED"),
                    deployment("ours", "STOPPED", ended=190, monitor="breaker", sources=(), why=BREAKER)))],
        Outcome.FAILED,
        "revision 7 was given up by the circuit breaker, and there is no earlier release to go back to"),
    "the rollback fails": Course(
        [(200, read(service(6, running=0), deployment("ours", "ROLLBACK_IN_PROGRESS", monitor="breaker"), BEFORE)),
         (600, read(service(6, running=0), deployment("ours", "ROLLBACK_FAILED", ended=590, monitor="breaker"),
                    BEFORE))],
        Outcome.FAILED, "revision 7 was given up by the circuit breaker, and rolling back failed too"),
    "superseded by a deploy of the pipeline, which succeeds": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (60, read(service(8, rollout="COMPLETED"), deployment("pipeline", "SUCCESSFUL", began=30, ended=55),
                   deployment("ours", "STOPPED", ended=30), BEFORE))],
        Outcome.SUPERSEDED, "revision 7 was superseded by revision 8 before it was done"),
    "superseded by the same task definition": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (60, read(service(running=0, old=1), deployment("again", began=30), deployment("ours", "STOPPED", ended=30),
                   BEFORE))],
        Outcome.SUPERSEDED, "revision 7 was superseded by another deployment of revision 7 before it was done"),
    "success, and superseded at once": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (90, read(service(8, running=0, old=1), deployment("later", began=85),
                   deployment("ours", "SUCCESSFUL", ended=80), BEFORE))],
        Outcome.DEPLOYED, "revision 7 was deployed; after it revision 8 came"),
    "desired count 0": Course(
        [(0, read(service(running=0, desired=0, rollout="COMPLETED"), deployment(), BEFORE)),
         (10, read(service(running=0, desired=0, rollout="COMPLETED"), deployment("ours", "SUCCESSFUL", ended=5),
                   BEFORE))],
        Outcome.DEPLOYED, "revision 7 is deployed, but nothing runs: the service's desired count is 0"),
    "the service drains": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (30, read(service(running=0, desired=0, status="DRAINING"), deployment("ours", "STOPPED", ended=25)))],
        Outcome.FAILED, "revision 7 is not running: the service is being deleted"),
    "the service was deleted": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)), (90, read(None))],
        Outcome.FAILED, "revision 7 is not running: the service was deleted"),
    "the service is inactive": Course(
        [(90, read(service(running=0, desired=0, status="INACTIVE")))],
        Outcome.FAILED, "revision 7 is not running: the service was deleted"),
    "cancelled, and rolled back": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (20, read(service(running=0, old=1), deployment("ours", "ROLLBACK_REQUESTED"), BEFORE)),
         (30, read(service(6), deployment("ours", "ROLLBACK_IN_PROGRESS"), BEFORE)),
         (60, read(service(6, rollout="COMPLETED"), deployment("ours", "ROLLBACK_SUCCESSFUL", ended=55, back="before"),
                   BEFORE))],
        Outcome.STOPPED, "revision 7 was stopped and rolled back, because someone asked for it: revision 6 runs again"),
    "aborted where it stood": Course(
        [(20, read(service(running=0, old=1), deployment("ours", "STOP_REQUESTED"), BEFORE)),
         (30, read(service(running=0, old=1, rollout="FAILED"), deployment("ours", "STOPPED", ended=25), BEFORE))],
        Outcome.STOPPED, "revision 7 was stopped before it was done, because someone asked for it"),
    "aborted, and another release later": Course(
        [(60, read(service(8, running=0, old=1), deployment("later", began=50), deployment("ours", "STOPPED", ended=25),
                   BEFORE))],
        Outcome.STOPPED, "revision 7 was stopped before it was done, because someone asked for it"),
    "percentages that leave no room": Course(
        [(seconds, read(service(running=0, old=1, events=[(30, STUCK)] if seconds else [], percentages=(50, 100)),
                        deployment(), BEFORE)) for seconds in range(0, 901, 100)],
        Outcome.TIMED_OUT, "revision 7 is still rolling out after 900 seconds"),
    "time runs out": Course(
        [(seconds, read(service(running=0, old=1), deployment(), BEFORE)) for seconds in range(0, 901, 100)],
        Outcome.TIMED_OUT, "revision 7 is still rolling out after 900 seconds"),
    "held until a person answers": Course(
        [(0, read(service(running=0, old=1), deployment(), BEFORE)),
         (60, read(service(old=1), deployment(hook="AWAITING_ACTION"), BEFORE))],
        Outcome.PAUSED,
        "revision 7 is paused now that its tasks are healthy; ECS takes it back at 2026-07-01 13:00 UTC"),
    "answered, though ECS shows it for a moment still": Course(
        [(0, read(service(old=1), deployment(hook="AWAITING_ACTION"), BEFORE)),
         (30, read(service(old=1), deployment(hook="SUCCEEDED"), BEFORE)),
         (90, read(service(rollout="COMPLETED"), deployment("ours", "SUCCESSFUL", ended=75, hook="SUCCEEDED"),
                   BEFORE))],
        Outcome.DEPLOYED, "revision 7 is deployed: 1 of 1 tasks run it",
        Followed(revision(7), deployment_arn("ours"), answered=frozenset({"ecs-pause-1"}))),
    "answered with a rollback": Course(
        [(60, read(service(6, rollout="COMPLETED"),
                   deployment("ours", "ROLLBACK_SUCCESSFUL", ended=55, back="before", hook="FAILED"), BEFORE))],
        Outcome.STOPPED, "revision 7 was stopped and rolled back, because someone asked for it: revision 6 runs again"),
    "answered by nobody": Course(
        [(60, read(service(6, rollout="COMPLETED"),
                   deployment("ours", "ROLLBACK_SUCCESSFUL", ended=55, back="before", hook="TIMED_OUT"), BEFORE))],
        Outcome.ROLLED_BACK,
        "revision 7 was rolled back by the end of a pause without an answer in time: revision 6 runs again"),
    "a stale first answer": Course(
        [(0, read(service(6, rollout="COMPLETED"), BEFORE)),
         (5, read(service(running=0, old=1), deployment(), BEFORE)),
         (80, read(service(rollout="COMPLETED"), deployment("ours", "SUCCESSFUL", ended=75), BEFORE))],
        Outcome.DEPLOYED, "revision 7 is deployed: 1 of 1 tasks run it"),
    "known by what it brings, and superseded by the same": Course(
        [(0, read(service(6, rollout="COMPLETED"), BEFORE)),
         (60, read(service(rollout="COMPLETED"), deployment("again", "SUCCESSFUL", began=30, ended=50),
                   deployment("ours", "STOPPED", ended=30), BEFORE))],
        Outcome.SUPERSEDED, "revision 7 was superseded by another deployment of revision 7 before it was done",
        WITHOUT_ARN),
    "back to a revision that ran before": Course(
        [(0, read(service(6, running=0), deployment("before", "SUCCESSFUL", began=-900, ended=-600))),
         (60, read(service(6, rollout="COMPLETED"), {**deployment("ours", "SUCCESSFUL", ended=50),
                                                     "targetServiceRevisionArn": target("before")}, BEFORE))],
        Outcome.DEPLOYED, "revision 6 is deployed: 1 of 1 tasks run it",
        Followed(revision(6), before=frozenset({deployment_arn("before")}))),
}  # fmt: skip
