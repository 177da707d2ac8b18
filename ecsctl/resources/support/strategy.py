"""The deployment strategy of a service, from and to the form that CreateService, UpdateService and DescribeServices
use.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ecsctl.ids import AlarmName
from ecsctl.resources.support.pausing import HOOKS, Pause, pause_of
from ecsctl.shifting import minutes_of

Cleanup = Literal["BLOCKING", "DEFERRED"]
Counting = Literal["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"]
Way = Literal["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"]

_STEPS = {
    "LINEAR": ("linearConfiguration", "stepPercent", "stepBakeTimeInMinutes"),
    "CANARY": ("canaryConfiguration", "canaryPercent", "canaryBakeTimeInMinutes"),
}


@dataclass(frozen=True)
class EarlySuccess:
    """The share of healthy new tasks that makes a deployment a success, and whether old ones may still run then."""

    enabled: bool = False
    healthy_percent: int = 0
    source_service_revision_cleanup: Cleanup | None = None


@dataclass(frozen=True)
class Threshold:
    """How many failed tasks trigger the circuit breaker; ECS's default unless set (ECS API reference)."""

    type: Counting = "BOUNDED_PERCENT"
    value: int = 50


@dataclass(frozen=True)
class Strategy:
    """A rolling update, or a second set of tasks, to which the requests are shifted at once or in steps.

    The old tasks stay for `bake_time_in_minutes` after that. `step_percent` and `step_bake_time_in_minutes` are for
    strategies that have steps; ECS calls those of the canary's one step `canaryPercent` and `canaryBakeTimeInMinutes`.
    """

    strategy: Way = "ROLLING"
    bake_time_in_minutes: int = 0
    step_percent: float = 0.0
    step_bake_time_in_minutes: int = 0

    @property
    def shifts_requests(self) -> bool:
        """Whether there are two sets of tasks, and requests are shifted from one to the other."""
        return self.strategy != "ROLLING"

    @property
    def waits(self) -> int:
        """The minutes for which a deployment waits by configuration."""
        return minutes_of(self.strategy, self.bake_time_in_minutes, self.step_percent, self.step_bake_time_in_minutes)


@dataclass(frozen=True)
class Rules:
    """When a deployment counts as complete, and when it is given up."""

    minimum_healthy_percent: int
    maximum_percent: int
    circuit_breaker: bool
    rollback: bool
    threshold: Threshold
    reset_on_healthy_task: bool
    early_success: EarlySuccess
    alarms: frozenset[AlarmName]
    strategy: Strategy
    pause: Pause | None  # None: not managed by us

    def sent(self, changed: Collection[str]) -> dict[str, Any]:
        """The configuration to send. AWS keeps what is not sent, so defaults are sent only to undo a change."""
        breaker: dict[str, Any] = {"enable": self.circuit_breaker, "rollback": self.rollback}
        if self.threshold != Threshold() or "threshold" in changed:
            breaker["thresholdConfiguration"] = {"type": self.threshold.type, "value": self.threshold.value}
        if not self.reset_on_healthy_task or "reset_on_healthy_task" in changed:
            breaker["resetOnHealthyTask"] = self.reset_on_healthy_task
        found: dict[str, Any] = {
            "minimumHealthyPercent": self.minimum_healthy_percent,
            "maximumPercent": self.maximum_percent,
            "deploymentCircuitBreaker": breaker,
        }
        early = self.early_success
        if early.enabled:
            found["earlySuccessCriteria"] = {
                "enable": True,
                "healthyPercent": early.healthy_percent,
                "sourceServiceRevisionCleanup": early.source_service_revision_cleanup,
            }
        elif "early_success" in changed:
            found["earlySuccessCriteria"] = {"enable": False}
        if self.alarms or "alarms" in changed:
            on = bool(self.alarms)
            found["alarms"] = {"alarmNames": sorted(self.alarms), "enable": on, "rollback": on}
        if self.strategy != Strategy() or "strategy" in changed:
            found |= {"strategy": self.strategy.strategy, "bakeTimeInMinutes": self.strategy.bake_time_in_minutes}
        if steps := _STEPS.get(self.strategy.strategy):
            found[steps[0]] = {steps[1]: self.strategy.step_percent, steps[2]: self.strategy.step_bake_time_in_minutes}
        if self.pause and (self.pause.lifecycle_stages or "pause" in changed):
            found[HOOKS] = [self.pause.hook] if self.pause.lifecycle_stages else []
        return found


def rules_of(deployment: Mapping[str, Any], wanted: Pause | None = None) -> Rules:
    """The rules in a service's deploymentConfiguration; `wanted` is the desired pause."""
    breaker = deployment.get("deploymentCircuitBreaker") or {}
    threshold, early = breaker.get("thresholdConfiguration"), deployment.get("earlySuccessCriteria") or {}
    alarms = deployment.get("alarms") or {}
    names = alarms.get("alarmNames", ()) if alarms.get("enable") and alarms.get("rollback") else ()
    return Rules(
        minimum_healthy_percent=deployment.get("minimumHealthyPercent", 100),
        maximum_percent=deployment.get("maximumPercent", 200),
        circuit_breaker=bool(breaker.get("enable")),
        rollback=bool(breaker.get("rollback")),
        threshold=Threshold(threshold["type"], threshold["value"]) if threshold else Threshold(),
        reset_on_healthy_task=bool(breaker.get("resetOnHealthyTask", True)),
        early_success=EarlySuccess(True, early.get("healthyPercent", 0), early.get("sourceServiceRevisionCleanup"))
        if early.get("enable")
        else EarlySuccess(),
        alarms=frozenset(map(AlarmName, names)),
        strategy=_strategy(deployment),
        pause=pause_of(deployment.get(HOOKS) or (), wanted),
    )


def _strategy(deployment: Mapping[str, Any]) -> Strategy:
    way: Way = deployment.get("strategy") or "ROLLING"
    name, percent, minutes = _STEPS.get(way, ("", "", ""))
    steps = deployment.get(name) or {}
    bake = int(deployment.get("bakeTimeInMinutes") or 0)
    return Strategy(way, bake, float(steps.get(percent) or 0.0), int(steps.get(minutes) or 0))
