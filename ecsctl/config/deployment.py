"""The table [deployment]: when a release counts as done, and when ECS gives it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ecsctl.config import words
from ecsctl.config.section import Problem, Section


class EarlySuccess(Section):
    """A release counts as done before the last old task has left."""

    healthy_percent: int = Field(
        100,
        ge=0,
        le=100,
        description="The share of desired_count that must be healthy as new tasks; at least min_healthy_percent. The "
        "rest follows in the background, where the circuit breaker no longer watches.",
    )
    cleanup: Literal["deferred", "blocking"] = Field(
        "deferred",
        description="Whether the old tasks leave after that, or must be gone first.",
    )


class CircuitBreaker(Section):
    """After how many failed tasks ECS gives a release up and goes back."""

    failures: int | None = Field(None, ge=1, description="This many tasks, whatever desired_count is.", examples=[3])
    percent: int = Field(
        50,
        ge=1,
        le=1000,
        description="In percent of desired_count, rounded up.",
    )
    bounded: bool = Field(
        True, description="Whether percent means at least 3 and at most 200 tasks, as ECS counts by default."
    )
    reset_on_healthy_task: bool = Field(
        True, description="Whether the count begins again with each new task that becomes healthy."
    )

    def problems(self) -> Iterator[Problem]:
        """A number of tasks and a share of them."""
        if self.failures is not None:
            for key in self.given("percent", "bounded"):
                yield key, "has no meaning with failures, which is a number of tasks: expected one of the two"

    @property
    def threshold(self) -> tuple[Literal["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"], int]:
        """As ECS takes it (API reference, ThresholdConfiguration)."""
        if self.failures is not None:
            return "COUNT", self.failures
        return "BOUNDED_PERCENT" if self.bounded else "UNBOUNDED_PERCENT", self.percent


class Alarms(Section):
    """The CloudWatch alarms that ECS watches while it releases: one that rings gives the release up."""

    names: tuple[words.AlarmName, ...] = Field(
        (),
        strict=False,
        description="Alarms of your own in the app's account and region, by name. They are looked at, never changed.",
        examples=[["shop-checkout-failed"]],
    )
    errors_percent: float | None = Field(
        None,
        gt=0,
        le=100,
        strict=False,
        description="An alarm is made for this: more than this share of the app's answers are errors (5xx).",
        examples=[5],
    )
    latency_seconds: float | None = Field(
        None,
        gt=0,
        le=4000,
        strict=False,
        description="An alarm is made for this: a tenth of the answers takes longer than this (p90).",
        examples=[1.5],
    )
    minutes: int = Field(
        2, ge=1, le=60, description="How many minutes in a row, for the alarms that are made; a release takes longer."
    )

    def problems(self) -> Iterator[Problem]:
        """Nothing to watch, or the same twice."""
        made = self.errors_percent is not None or self.latency_seconds is not None
        if not self.names and not made:
            yield "names", "is missing: expected names, errors_percent or latency_seconds"
        if self.given("minutes") and not made:
            yield "minutes", "has no meaning without errors_percent or latency_seconds: yours say it themselves"
        for number, name in enumerate(self.names):
            if name in self.names[:number]:
                yield f"names.{number}", "is there more than once: expected each alarm once"
            if name.startswith("arn:"):
                yield f"names.{number}", "is an ARN: expected the alarm's name, which is what ECS takes"


class Deployment(Section):
    """How a new version takes over: when a release counts as done, and when ECS gives it up and goes back."""

    early_success: EarlySuccess | None = Field(
        None,
        description="Let a release count as done once enough new tasks are healthy. Without it, once all are and the "
        "last old task has left.",
        examples=[{"healthy_percent": 100}],
    )
    circuit_breaker: CircuitBreaker | None = Field(
        None,
        description="After how many failed tasks ECS gives a release up and goes back. Without it, after half of "
        "desired_count, at least 3 and at most 200.",
        examples=[{"failures": 2}],
    )
    alarms: Alarms | None = Field(
        None,
        description="Alarms at which ECS gives a release up and goes back, while it rolls out and for some minutes "
        "after that.",
        examples=[{"errors_percent": 5, "latency_seconds": 1.5}],
    )

    @property
    def makes_alarms(self) -> bool:
        """Whether any alarm is made for the app."""
        found = self.alarms
        return found is not None and (found.errors_percent is not None or found.latency_seconds is not None)
