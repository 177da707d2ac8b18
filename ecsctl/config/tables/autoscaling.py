"""The tables [service.autoscaling] and [service.spot]: how many tasks, by load and by the clock, and on Spot."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Any, Literal

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.section import Problem, Section


class Schedule(Section):
    """Other bounds, from a moment on or each time that it recurs."""

    at: texts.Moment = Field(
        description='When: "cron(minutes hours day-of-month month day-of-week year)" or "at(2027-01-31T20:00:00)".',
        examples=["cron(0 20 * * ? *)"],
    )
    time_zone: texts.TimeZone = Field(
        "UTC",
        description="The time zone of that, by its IANA name; summer time is followed.",
        examples=["Europe/Berlin"],
    )
    min: int | None = Field(None, ge=0, le=5000, description="The fewest tasks from then on.", examples=[0])
    max: int | None = Field(None, ge=0, le=5000, description="The most tasks from then on.", examples=[1])

    def problems(self) -> Iterator[Problem]:
        """Mistakes: a schedule that changes nothing, or an empty range."""
        if self.min is None and self.max is None:
            yield "min", "is missing, and so is max: expected one of the two at least"
        elif self.min is not None and self.max is not None and self.min > self.max:
            yield "max", f"= {self.max} is below min = {self.min}"


class Autoscaling(Section):
    """The number of tasks, by load."""

    min: int = Field(
        ge=0,
        le=5000,
        description="The fewest tasks. 0 only where a `queue` is named: nothing else starts a first task.",
        examples=[1],
    )
    max: int = Field(ge=1, le=5000, description="The most tasks.", examples=[4])
    cpu_percent: int | None = Field(
        None,
        ge=1,
        le=100,
        description="The average CPU utilization to aim for, in percent: 60 if there is no other target. Of several"
        " targets, the one that needs the most tasks counts.",
        examples=[60],
    )
    memory_percent: int | None = Field(
        None, ge=1, le=100, description="The same for the average use of memory.", examples=[75]
    )
    requests_per_minute: int | None = Field(
        None, ge=1, le=1_000_000, description="The same for the requests that a task gets in a minute.", examples=[1000]
    )
    resolution_seconds: Literal[20, 60] = Field(
        60,
        description="How often, in seconds, ECS publishes the CPU and memory utilization for these targets: 20 "
        "makes autoscaling faster, and CloudWatch charges for those metrics.",
        examples=[20],
    )
    queue: texts.QueueArn | None = Field(
        None,
        description="The ARN of an SQS queue, in the app's account and region, whose messages the tasks process: "
        "the more messages wait, the more tasks run. ecsctl only reads it.",
        examples=["arn:aws:sqs:eu-central-1:123456789012:mail"],
    )
    messages_per_task: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="How many waiting messages there may be for each running task: the longest time that one may "
        "wait, divided by the time that a task needs for one.",
        examples=[100],
    )
    schedules: dict[texts.ScheduleName, Schedule] = Field(
        default_factory=dict,
        max_length=50,
        description="Other bounds by the clock, each under a name of its own.",
        examples=[{"night": {"at": "cron(0 20 * * ? *)", "time_zone": "Europe/Berlin", "min": 0, "max": 1}}],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: an empty range, an incomplete target, or no way back from zero tasks."""
        if self.min > self.max:
            yield "max", f"= {self.max} is below min = {self.min}"
        if self.queue and not self.messages_per_task:
            yield "messages_per_task", "is missing: expected how many messages of the queue may wait for each task"
        if self.messages_per_task and not self.queue:
            yield "queue", "is missing: expected the ARN of the queue whose messages messages_per_task counts"
        if not self.min and not self.queue:
            yield "min", "= 0 needs a queue: nothing else starts a first task"
        if self.resolution_seconds != 60 and not self.published:
            yield "resolution_seconds", "only applies to CPU and memory: expected cpu_percent or memory_percent too"

    @property
    def cpu(self) -> int:
        """The target in percent of the CPU: 60 by default; 0 if there are other targets."""
        return self.cpu_percent or (0 if self.memory_percent or self.requests_per_minute or self.queue else 60)

    @property
    def published(self) -> list[str]:
        """The metrics of ECS that have a target, by CloudWatch's names."""
        return ["CPUUtilization"] * bool(self.cpu) + ["MemoryUtilization"] * bool(self.memory_percent)

    @property
    def first(self) -> int:
        """The tasks to begin with: at least one, so that there is something to measure, and so that a release has
        run.
        """
        return max(1, self.min)

    @property
    def from_zero(self) -> bool:
        """Whether there may be no task while a queue has no messages."""
        return bool(self.queue) and not self.lowest

    @property
    def lowest(self) -> int:
        """The fewest tasks at any time."""
        return min([self.min, *(one.min for one in self.schedules.values() if one.min is not None)])

    @property
    def highest(self) -> int:
        """The most tasks at any time."""
        return max([self.max, *(one.max for one in self.schedules.values() if one.max is not None)])


class Spot(Section):
    """Tasks on Fargate Spot: cheaper, and stopped with two minutes' notice when AWS needs the capacity."""

    percent: int = Field(100, ge=1, le=100, description="The share of the tasks beyond base that run on Spot.")
    base: int = Field(
        0, ge=0, le=5000, description="How many tasks run on Fargate On-Demand first: AWS never takes those back."
    )

    @property
    def strategy(self) -> list[dict[str, Any]]:
        """In ECS's form: weights in their lowest terms, and the base, which only one provider may have.

        A provider of weight 0 gets no task but those of its base (ECS API reference, CapacityProviderStrategyItem).
        """
        common = gcd(self.percent, 100)
        spot = {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": self.percent // common}
        if self.percent == 100 and not self.base:
            return [spot]
        usual = {"capacityProvider": "FARGATE", "base": self.base, "weight": (100 - self.percent) // common}
        return [usual, spot]
