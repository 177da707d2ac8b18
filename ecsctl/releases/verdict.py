"""Judges how a deployment ended, in a word, a sentence and an exit code: pure, from a snapshot of what ECS says.

It is about the very deployment that was started. What superseded, stopped or rolled it back is read from the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar

from ecsctl.errors import EcsctlError, Paused, ReleaseFailed, RolledBack, Stopped, Superseded, TimedOut
from ecsctl.resources.support.deployments import Answer, Phase, Snapshot, began, monitor_of, phase_of, traffic_of
from ecsctl.resources.support.ecs import family_of, revision_of
from ecsctl.resources.support.pausing import ANSWERS, held_of

STUCK = "unable to stop or start tasks during a deployment because of the service deployment configuration"
"""How ECS says that the percentages leave it no room (ECS guide, "Viewing Amazon ECS service event messages")."""


class Outcome(StrEnum):
    """The ways in which a release can end."""

    DEPLOYED = "deployed"
    ROLLED_BACK = "rolled back"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    TIMED_OUT = "timed out"
    PAUSED = "paused"


@dataclass(frozen=True)
class Followed:
    """The deployment that is followed: the task definition it deploys, and how to recognize it.

    `arn` is the service deployment's, empty until AWS has returned it. Until then it is the oldest one that deploys
    `task_definition` and is not among `before`, the service deployments that existed already. `answered` are its pauses
    that are over, though ECS may still show them for a moment.
    """

    task_definition: str
    arn: str = ""
    before: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The deployment's name in messages."""
        return called(self.task_definition)

    def among(self, observed: Snapshot) -> Answer | None:
        """The service deployment itself, or None while AWS does not show it yet."""
        if self.arn:
            return next((one for one in observed.deployments if one["serviceDeploymentArn"] == self.arn), None)
        new = [one for one in observed.deployments if one["serviceDeploymentArn"] not in self.before]
        return min(
            (one for one in new if observed.task_definition_of(one) == self.task_definition), key=began, default=None
        )


def called(task_definition: str) -> str:
    """The name of a revision in messages, by its ARN: "revision 7", or "revision 3 of mailer" for a worker's."""
    process = family_of(task_definition).partition("_")[2]
    return f"revision {revision_of(task_definition)}" + (f" of {process}" if process else "")


@dataclass(frozen=True)
class Rolling:
    """It is under way: how far it is."""

    note: str


@dataclass(frozen=True)
class Verdict:
    """The end of a release in one sentence, and AWS's own reason, if there is one."""

    ERRORS: ClassVar[Mapping[Outcome, type[EcsctlError]]] = {
        Outcome.ROLLED_BACK: RolledBack,
        Outcome.FAILED: ReleaseFailed,
        Outcome.SUPERSEDED: Superseded,
        Outcome.STOPPED: Stopped,
        Outcome.TIMED_OUT: TimedOut,
        Outcome.PAUSED: Paused,
    }

    outcome: Outcome
    sentence: str
    why: str = ""

    @property
    def exit_code(self) -> int:
        """The process's exit code: 0 only for a complete release."""
        return self.ERRORS[self.outcome].exit_code if self.outcome in self.ERRORS else 0

    def error(self, hint: str = "") -> EcsctlError | None:
        """The verdict as an error; None for a complete release."""
        kind = self.ERRORS.get(self.outcome)
        hint = hint or (ANSWERS if kind is Paused else "")
        return kind(self.sentence, why=self.why, hint=hint) if kind else None


@dataclass(frozen=True)
class Release:
    """The result of a command: how it ended, which revision and image it was about, and whether it changed anything.

    For several processes these are the web's, and the verdict is the worst of all; `processes` has each one's.
    """

    verdict: Verdict
    revision: str  # ARN of the task definition
    image: str
    changed: bool = True
    processes: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The revision's number."""
        return revision_of(self.revision)

    @property
    def to_diagnose(self) -> bool:
        """Whether there is something to diagnose: ECS gave up, or is stuck."""
        return self.verdict.outcome in (Outcome.ROLLED_BACK, Outcome.FAILED, Outcome.TIMED_OUT)


GRAVEST = (Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.STOPPED, Outcome.SUPERSEDED, Outcome.TIMED_OUT, Outcome.PAUSED)


def together(releases: Mapping[str, Release]) -> Release:
    """One release of several processes: it succeeded only if all did, and the worst comes first."""
    first = next(iter(releases.values()))
    if len(releases) == 1:
        return first
    verdicts = {process: one.verdict for process, one in releases.items()}
    ranks = {outcome: rank for rank, outcome in enumerate(GRAVEST)}
    worst = sorted(verdicts, key=lambda process: ranks.get(verdicts[process].outcome, len(ranks)))
    sentence = "; ".join(f"{process}: {verdicts[process].sentence}" for process in worst)
    why = "; ".join(f"{process}: {verdicts[process].why}" for process in worst if verdicts[process].why)
    verdict = Verdict(verdicts[worst[0]].outcome, sentence, why)
    return replace(first, verdict=verdict, changed=any(one.changed for one in releases.values()), processes=verdicts)


def verdict_of(ours: Followed, observed: Snapshot) -> Rolling | Verdict:
    """Assess the deployment by what ECS says at one moment.

    A deployment that has ended keeps its verdict whatever comes after it: a release that was deployed stays deployed
    when the next one begins. A deployment that AWS does not show (yet) is in progress: a stale answer proves no
    failure.
    """
    service = observed.service
    if service is None or service["status"] == "INACTIVE":
        return Verdict(Outcome.FAILED, f"{ours.name} is not running: the service was deleted")
    found = ours.among(observed)
    if found and phase_of(found) is Phase.DEPLOYED:
        return Verdict(Outcome.DEPLOYED, _deployed(ours, service, observed, found))
    if service["status"] == "DRAINING":
        return Verdict(Outcome.FAILED, f"{ours.name} is not running: the service is being deleted")
    if not found:
        return Rolling(f"waiting for ECS to show the deployment of {ours.name}")
    if (held := held_of(found)) and not held.hooks <= ours.answered:
        return Verdict(Outcome.PAUSED, f"{ours.name} {held.described}", traffic_of(found))
    if phase_of(found).ongoing:
        return Rolling(_progress(ours, observed, found))
    return failure_verdict(ours, observed, found)


def failure_verdict(ours: Followed, observed: Snapshot, found: Answer) -> Verdict:
    """The verdict of a deployment that has ended without success."""
    phase, cause, why = phase_of(found), monitor_of(found), str(found.get("statusReason") or "")
    if phase in (Phase.ROLLED_BACK, Phase.TAKEN_BACK):
        back = revision_of(observed.rollback_target_of(found))
        runs = f"revision {back} runs again" if back else "the version before it runs again"
        if phase is Phase.ROLLED_BACK:
            by = f" by {cause}" if cause else ""
            return Verdict(Outcome.ROLLED_BACK, f"{ours.name} was rolled back{by}: {runs}", why)
        sentence = f"{ours.name} was stopped and rolled back, because someone asked for it: {runs}"
        return Verdict(Outcome.STOPPED, sentence, why)
    if cause:
        left = "rolling back failed too" if phase is Phase.NOT_BACK else "it was not rolled back"
        left = "there is no earlier release to go back to" if not found.get("sourceServiceRevisions") else left
        return Verdict(Outcome.FAILED, f"{ours.name} was given up by {cause}, and {left}", why)
    if phase is Phase.NOT_BACK:
        return Verdict(Outcome.FAILED, f"{ours.name} was stopped, and rolling it back failed", why)
    later = observed.later(found)
    if later and _is_superseded_by(found, later):
        by = observed.task_definition_of(later)
        name = f"another deployment of {ours.name}" if by == ours.task_definition else f"revision {revision_of(by)}"
        name = name if by else "a later release"
        return Verdict(Outcome.SUPERSEDED, f"{ours.name} was superseded by {name} before it was done", why)
    return Verdict(Outcome.STOPPED, f"{ours.name} was stopped before it was done, because someone asked for it", why)


def out_of_time(ours: Followed, rolling: Rolling, limit: float) -> Verdict:
    """The verdict of a deployment that is still in progress after `limit` seconds. It continues without us."""
    return Verdict(Outcome.TIMED_OUT, f"{ours.name} is still rolling out after {round(limit)} seconds", rolling.note)


def _deployed(ours: Followed, service: Answer, observed: Snapshot, found: Answer) -> str:
    later = observed.later(found)
    if later:
        then = revision_of(observed.task_definition_of(later))
        return f"{ours.name} was deployed; after it " + (f"revision {then} came" if then else "another release came")
    if not service.get("desiredCount"):
        return f"{ours.name} is deployed, but nothing runs: the service's desired count is 0"
    old = sum(one.get("runningCount", 0) for one in service["deployments"] if one.get("status") != "PRIMARY")
    runs = f"{observed.primary.get('runningCount', 0)} of {service['desiredCount']} tasks run it"
    left = f"; tasks of the version before are still being removed: {old}" if old else ""
    return f"{ours.name} is deployed: {runs}{left}"


def _is_superseded_by(found: Answer, later: Answer) -> bool:
    """Whether the later deployment began before this one ended: if it began afterwards, it superseded nothing."""
    ended = found.get("finishedAt") or found.get("stoppedAt")
    return ended is None or bool(later["createdAt"] <= ended)


def _progress(ours: Followed, observed: Snapshot, found: Answer) -> str:
    phase = phase_of(found)
    if phase is Phase.GOING_BACK:
        return f"{ours.name} is being rolled back: {found.get('statusReason') or 'no reason given'}"
    if phase is Phase.STOPPING:
        return f"{ours.name} is being stopped"
    service, primary = observed.service or {}, observed.primary
    running, desired = primary.get("runningCount", 0), primary.get("desiredCount", 0)
    parts = [f"{ours.name}: {running} of {desired} tasks run"]
    for word, count in (("starting", primary.get("pendingCount")), ("failed", primary.get("failedTasks"))):
        if count:
            parts.append(f"{count} {word}")
    old = sum(one.get("runningCount", 0) for one in service["deployments"] if one.get("status") != "PRIMARY")
    if old:
        parts.append(f"{old} of the version before")
    if traffic := traffic_of(found):
        parts.append(traffic)
        if primary.get("failedTasks"):  # ECS API reference, DeploymentCircuitBreaker: of rolling releases only
            parts.append("nothing gives it up before a day is over")
    if _is_stuck(service, found):
        parts.append(f"stuck: {no_room(service)}")
    return ", ".join(parts)


def _is_stuck(service: Answer, found: Answer) -> bool:
    return any(STUCK in event["message"] and event["createdAt"] >= found["createdAt"]
               for event in service.get("events", ()))  # fmt: skip


def no_room(service: Answer) -> str:
    """Say why the percentages leave no room (ECS guide, "Amazon ECS service deployment parameters": the rounding)."""
    settings, desired = service.get("deploymentConfiguration") or {}, service.get("desiredCount", 0)
    low, high = settings.get("minimumHealthyPercent", 100), settings.get("maximumPercent", 200)
    floor, ceiling = math.ceil(desired * low / 100), math.floor(desired * high / 100)
    room = f"at least {floor} must run ({low} %) and at most {ceiling} may ({high} %)"
    return f"of {desired} tasks {room}, so none can be stopped or started"
