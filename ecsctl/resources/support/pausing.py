"""Deployments that ECS pauses until a person answers: the pause hooks, and the sentences about them.

ECS developer guide, "Pause hooks for Amazon ECS service deployments".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

Answer = Mapping[str, Any]
Action = Literal["ROLLBACK", "CONTINUE"]

PAUSE, HOOKS = "PAUSE", "lifecycleHooks"
WHERE = {
    "RECONCILE_SERVICE": "before it begins",
    "PRE_SCALE_UP": "before its tasks start",
    "POST_SCALE_UP": "now that its tasks are healthy",
    "POST_TEST_TRAFFIC_SHIFT": "now that the test requests go to it",
    "PRE_PRODUCTION_TRAFFIC_SHIFT": "before requests go over to it",
    "POST_PRODUCTION_TRAFFIC_SHIFT": "now that all requests have gone over to it",
}
ANSWERS = "ecsctl continue lets it go on, ecsctl cancel takes it back"
FAILED_HOOK = "hook execution failure"
EXPIRED = "the end of a pause without an answer in time"


@dataclass(frozen=True)
class Pause:
    """The stages at which a deployment pauses, for how many minutes at most, and what ECS does after that."""

    lifecycle_stages: frozenset[str] = frozenset()
    timeout_in_minutes: int = 0
    action: Action = "ROLLBACK"

    @property
    def hook(self) -> dict[str, Any]:
        """The hook in the form that ECS accepts."""
        timeout = {"timeoutInMinutes": self.timeout_in_minutes, "action": self.action}
        return {"targetType": PAUSE, "lifecycleStages": sorted(self.lifecycle_stages), "timeoutConfiguration": timeout}


@dataclass(frozen=True)
class Held:
    """A paused deployment: the ids of the hooks that wait for an answer, its stage, and the deadline."""

    hooks: frozenset[str]
    stage: str
    until: datetime | None
    then: str

    @property
    def described(self) -> str:
        """In words, where it is paused, and what ECS does without an answer."""
        end = "goes on with it" if self.then == "CONTINUE" else "takes it back"
        held = f"is paused {WHERE.get(self.stage, 'at ' + (self.stage or 'a stage'))}"
        return f"{held}; ECS {end} at {self.until:%Y-%m-%d %H:%M} UTC" if self.until else held


def is_pause(hook: Answer) -> bool:
    """Whether a service's hook is a pause. A hook with a function is a Lambda hook, whatever its other members."""
    return hook.get("targetType") == PAUSE or not (hook.get("targetType") or hook.get("hookTargetArn"))


def keep_hooks(configuration: dict[str, Any], actual: Answer) -> None:
    """Add the Lambda hooks that somebody has set on a service, since ECS replaces all hooks at once."""
    if HOOKS in configuration:
        hooks = (actual.get("deploymentConfiguration") or {}).get(HOOKS) or ()
        configuration[HOOKS] = [*(hook for hook in hooks if not is_pause(hook)), *configuration[HOOKS]]


def pause_of(hooks: Collection[Answer], wanted: Pause | None) -> Pause:
    """The pause that a service's hooks define. If AWS does not say how long one lasts, the desired value is assumed.

    AWS sometimes returns only the stages (DescribeServices, May 2026).
    """
    ours = [hook for hook in hooks if is_pause(hook)]
    if not ours:
        return Pause()
    usual = wanted if wanted and wanted.lifecycle_stages else Pause(timeout_in_minutes=1440)
    times = [hook["timeoutConfiguration"] for hook in ours if hook.get("timeoutConfiguration")]
    lasting = {(one.get("timeoutInMinutes", 1440), one.get("action", "ROLLBACK")) for one in times}
    minutes, then = min(
        lasting - {(usual.timeout_in_minutes, usual.action)}, default=(usual.timeout_in_minutes, usual.action)
    )
    return Pause(frozenset(stage for hook in ours for stage in hook.get("lifecycleStages", ())), minutes, then)


def held_of(deployment: Answer) -> Held | None:
    """The pause of a service deployment; None if it is not paused."""
    waiting = [one for one in deployment.get("lifecycleHookDetails") or () if one.get("status") == "AWAITING_ACTION"]
    if deployment.get("status") not in ("PENDING", "IN_PROGRESS") or not waiting:
        return None
    first = min(waiting, key=lambda one: str(one.get("expiresAt") or "9"))
    hooks = frozenset(str(one.get("hookId")) for one in waiting)
    return Held(
        hooks, str(deployment.get("lifecycleStage") or ""), first.get("expiresAt"), first.get("timeoutAction", "")
    )


def held(aws: Aws, service: Answer) -> Held | None:
    """The pause of the service's current deployment; None if it is not paused."""
    configuration, arn = service.get("deploymentConfiguration") or {}, service.get("currentServiceDeployment")
    if not arn or not (configuration.get(HOOKS) or configuration.get("strategy", "ROLLING") != "ROLLING"):
        return None
    found = aws.read(aws.ecs.describe_service_deployments, serviceDeploymentArns=[arn])["serviceDeployments"]
    return held_of(found[0]) if found else None


def answered_of(deployment: Answer) -> str:
    """How the pause that made a deployment roll back ended: TIMED_OUT or FAILED; empty if none did."""
    for one in deployment.get("lifecycleHookDetails") or ():
        status, then = one.get("status"), one.get("timeoutAction")
        if one.get("targetType") == PAUSE and (status == "FAILED" or (status == "TIMED_OUT" and then != "CONTINUE")):
            return str(status)
    return ""


def failed_hook_of(deployment: Answer) -> str:
    """In words, which Lambda hook ended a deployment, and at which stage; empty if none did.

    A function that answers FAILED, fails or does not answer makes ECS roll back (ECS developer guide, "Lambda hooks for
    Amazon ECS service deployments"). The status reasons are those of aws/containers-roadmap#2664.
    """
    if deployment.get("status") in ("PENDING", "IN_PROGRESS", "SUCCESSFUL"):
        return ""
    for one in deployment.get("lifecycleHookDetails") or ():
        if one.get("targetArn") and one.get("status") in ("FAILED", "TIMED_OUT"):
            return f"the hook {str(one['targetArn']).rsplit(':', 1)[-1]}"
    return "a hook that failed" if FAILED_HOOK in str(deployment.get("statusReason")) else ""
