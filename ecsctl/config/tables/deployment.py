"""The table [deployment]: how a new version takes over, when a release is complete, and when ECS gives it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.section import Problem, Section
from ecsctl.shifting import WAYS, Stage, minutes_of, steps_of

BAKE = 5  # minutes


class EarlySuccess(Section):
    """A release counts as complete before the last old task has stopped."""

    healthy_percent: int = Field(
        100,
        ge=0,
        le=100,
        description="The share of desired_count that must be healthy as new tasks; at least min_healthy_percent. "
        "The rest follows in the background, without the circuit breaker.",
    )
    cleanup: Literal["deferred", "blocking"] = Field(
        "deferred",
        description="Whether the old tasks are stopped after that, or must have stopped first.",
    )


class CircuitBreaker(Section):
    """After how many failed tasks ECS gives a release up and rolls back."""

    failures: int | None = Field(
        None, ge=1, description="How many failed tasks, whatever desired_count is.", examples=[3]
    )
    percent: int = Field(
        50,
        ge=1,
        le=1000,
        description="How many failed tasks, in percent of desired_count, rounded up.",
    )
    bounded: bool = Field(
        True, description="Whether percent means at least 3 and at most 200 tasks, as ECS counts by default."
    )
    reset_on_healthy_task: bool = Field(
        True, description="Whether the count begins again with each new task that becomes healthy."
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: a number of tasks and a share of them."""
        if self.failures is not None:
            for key in self.given("percent", "bounded"):
                yield key, "cannot be used with failures, which is a number of tasks: expected one of the two"

    @property
    def threshold(self) -> tuple[Literal["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"], int]:
        """The type, and the number of failed tasks (COUNT) or the percentage of the desired ones.

        As ECS takes them: API reference, ThresholdConfiguration.
        """
        if self.failures is not None:
            return "COUNT", self.failures
        return "BOUNDED_PERCENT" if self.bounded else "UNBOUNDED_PERCENT", self.percent


class Alarms(Section):
    """The CloudWatch alarms that ECS watches during a release: if one goes off, the release is given up."""

    names: tuple[texts.AlarmName, ...] = Field(
        (),
        strict=False,
        description="Alarms of your own in the app's account and region, by name. They are read, never changed.",
        examples=[["shop-checkout-failed"]],
    )
    errors_percent: float | None = Field(
        None,
        gt=0,
        le=100,
        strict=False,
        description="Creates an alarm for this: more than this percentage of the app's responses are errors (5xx).",
        examples=[5],
    )
    latency_seconds: float | None = Field(
        None,
        gt=0,
        le=4000,
        strict=False,
        description="Creates an alarm for this: a tenth of the responses takes longer than this many seconds (p90).",
        examples=[1.5],
    )
    minutes: int = Field(
        2,
        ge=1,
        le=60,
        description="For how many consecutive minutes, for the alarms that ecsctl creates; a "
        "release takes longer by that.",
    )

    @property
    def creates_any(self) -> bool:
        """Whether ecsctl creates any alarm for the app."""
        return self.errors_percent is not None or self.latency_seconds is not None

    def problems(self) -> Iterator[Problem]:
        """Mistakes: nothing to watch, or duplicates."""
        made = self.creates_any
        if not self.names and not made:
            yield "names", "is missing: expected names, errors_percent or latency_seconds"
        if self.given("minutes") and not made:
            yield (
                "minutes",
                "cannot be used without errors_percent or latency_seconds: your own alarms have periods of their own",
            )
        for number, name in enumerate(self.names):
            if name in self.names[:number]:
                yield f"names.{number}", "is listed more than once: expected each alarm once"
            if name.startswith("arn:"):
                yield f"names.{number}", "is an ARN: expected the alarm's name, which is what ECS takes"


class Canary(Section):
    """The share of the requests that a new version gets first, and for how long."""

    percent: float = Field(
        10, ge=0.1, le=100, strict=False, description="The share of the requests that the new version gets at first."
    )
    minutes: int = Field(5, ge=0, le=1440, description="After how many minutes it gets all of them.")

    def problems(self) -> Iterator[Problem]:
        """Mistakes: a share that ECS does not accept."""
        yield from _tenths(self.percent)


class Linear(Section):
    """In which steps the requests are shifted to a new version."""

    percent: float = Field(
        25, ge=3, le=100, strict=False, description="The share of the requests that goes over at each step."
    )
    minutes: int = Field(2, ge=0, le=1440, description="How many minutes pass between two steps.")

    def problems(self) -> Iterator[Problem]:
        """Mistakes: a share that ECS does not accept."""
        yield from _tenths(self.percent)


class Pause(Section):
    """Where a release is held until a person continues it (`ecsctl continue`) or rolls it back (`ecsctl cancel`)."""

    at: tuple[Stage, ...] = Field(
        strict=False,
        min_length=1,
        description="The stages at which it is paused: pre-scale-up, before its tasks start; post-scale-up, when all "
        "are healthy and no request goes to them yet; pre-production-traffic-shift, before each step by which requests "
        "go over to them; post-production-traffic-shift, when all have gone over.",
        examples=[["post-scale-up"]],
    )
    timeout_minutes: int = Field(
        1440,
        ge=1,
        le=20160,
        description="How long each pause lasts at most: a day by default, 14 days at most.",
    )
    on_timeout: Literal["rollback", "continue"] = Field(
        "rollback", description="What ECS does if nobody answers by then: roll back, or continue."
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: duplicates."""
        for number, stage in enumerate(self.at):
            if stage in self.at[:number]:
                yield f"at.{number}", "is listed more than once: expected each once"


def _tenths(percent: float) -> Iterator[Problem]:
    """ECS API reference, LinearConfiguration and CanaryConfiguration: multiples of 0.1."""
    if round(percent * 10, 6) % 1:
        yield "percent", f"expected a multiple of 0.1, found {percent:g}"


class Deployment(Section):
    """How a new version takes over: when a release counts as complete, and when ECS gives it up and rolls back."""

    strategy: Literal["rolling", "blue-green", "canary", "linear"] = Field(
        "rolling",
        description='How a new version takes over: "rolling", task by task; "blue-green", beside the previous '
        'version, all requests at once; "canary", a few requests first; "linear", in equal steps. All '
        "but rolling need twice the tasks during a release.",
        examples=["blue-green"],
    )
    bake_minutes: int | None = Field(
        None,
        ge=0,
        le=1440,
        description="How long the previous version keeps running, so that a rollback is immediate, after all "
        "requests have moved to the new one: 5 minutes by default. Not with rolling.",
        examples=[10],
    )
    canary: Canary | None = Field(
        None,
        description="With canary: how many requests the new version gets at first, and for how long.",
        examples=[{"percent": 5, "minutes": 10}],
    )
    linear: Linear | None = Field(None, description="With linear: the steps.", examples=[{"percent": 20, "minutes": 3}])
    pause: Pause | None = Field(
        None,
        description="Hold each release at some points until a person lets it go on. Not with rolling, and not the "
        "first release of an app, before which nothing runs.",
        examples=[{"at": ["post-scale-up"], "timeout_minutes": 120}],
    )

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

    def problems(self) -> Iterator[Problem]:
        """Mistakes: keys of another strategy, and alarms that could not go off while the previous version still runs.

        ECS API reference, DeploymentConfiguration: the circuit breaker and early success belong to rolling deployments.
        """
        of: dict[str, tuple[str, ...]] = {"canary": ("canary",), "linear": ("linear",)}
        of |= dict.fromkeys(("bake_minutes", "pause"), ("blue-green", "canary", "linear"))
        of |= dict.fromkeys(("early_success", "circuit_breaker"), ("rolling",))
        for key in self.given(*of):
            if self.strategy not in of[key] and getattr(self, key) is not None:
                meant = " or ".join(f'"{one}"' for one in of[key])
                yield key, f'cannot be used with strategy = "{self.strategy}": expected {meant}'
        if self.shifts_requests and self.alarms and self.alarms.creates_any and self.bakes < self.alarms.minutes:
            expected = f"expected at least deployment.alarms.minutes = {self.alarms.minutes}, found {self.bakes}"
            yield "bake_minutes", f"{expected}: a slower alarm fires when the previous version is already gone"

    @property
    def shifts_requests(self) -> bool:
        """Whether two versions run side by side, and requests are shifted from one to the other."""
        return self.strategy != "rolling"

    @property
    def bakes(self) -> int:
        """The minutes for which the previous version stays."""
        return BAKE if self.bake_minutes is None else self.bake_minutes

    @property
    def steps(self) -> Canary | Linear | None:
        """The strategy's steps, if it has any."""
        if self.strategy == "canary":
            return self.canary or Canary()
        return self.linear or Linear() if self.strategy == "linear" else None

    @property
    def waits(self) -> int:
        """The minutes for which a release waits by design, once all new tasks run."""
        if not self.shifts_requests:
            return self.alarms.minutes if self.alarms else 0
        steps = self.steps
        percent, minutes = (steps.percent, steps.minutes) if steps else (0.0, 0)
        return minutes_of(WAYS[self.strategy], self.bakes, percent, minutes)

    @property
    def held(self) -> int:
        """The minutes for which a release may be held in total, if no pause is answered."""
        if not self.pause:
            return 0
        steps = self.steps
        shifts = steps_of(WAYS[self.strategy], steps.percent if steps else 0.0)
        times = sum(shifts if stage == "pre-production-traffic-shift" else 1 for stage in self.pause.at)
        return times * self.pause.timeout_minutes

    @property
    def creates_alarms(self) -> bool:
        """Whether ecsctl creates any alarm for the app."""
        return self.alarms is not None and self.alarms.creates_any
