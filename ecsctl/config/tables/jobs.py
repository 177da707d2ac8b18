"""The tables [jobs.NAME]: tasks that run on a schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from ecsctl import due
from ecsctl.config.tables import texts
from ecsctl.config.tables.health import Health
from ecsctl.config.tables.process import Process
from ecsctl.config.tables.section import Problem
from ecsctl.config.tables.service import Service
from ecsctl.parts import GUARD, TIMER


class Job(Process):
    """A task on a schedule, with the image of the release that serves."""

    schedule: texts.Timetable = Field(
        description='When it runs: "cron(minutes hours day-of-month month day-of-week year)", with ? in one of the two '
        'days; or "rate(15 minutes)", in minutes, hours or days, from when it was made.',
        examples=["cron(0 3 * * ? *)"],
    )
    time_zone: texts.TimeZone = Field(
        "UTC",
        description="The time zone of that, by its IANA name; summer time is followed.",
        examples=["Europe/Berlin"],
    )
    timeout_minutes: int | None = Field(
        None,
        ge=1,
        le=10080,
        description="After how many minutes a run is stopped, and counts as failed. Default: never. A small "
        "container beside the job's own stops it; its image is in ECR's public registry.",
        examples=[60],
    )
    overlap: Literal["allow", "refuse"] = Field(
        "allow",
        description="What happens to a run while the one before still runs: allow lets both run; refuse ends the "
        "later one before its command runs. A container with the AWS CLI checks for the other, which takes some "
        "seconds of each run.",
    )
    start_retries: int = Field(
        10,
        ge=0,
        le=185,
        description="How often EventBridge Scheduler tries again within the hour to start a run that ECS refuses. A "
        "command that fails is not run again.",
    )
    paused: bool | None = Field(
        None,
        description="Whether its schedule is off. Without it the job stays as `ecsctl jobs pause NAME` or "
        "`ecsctl jobs resume NAME` has left it.",
        examples=[True],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: an invalid schedule, or time zone."""
        yield from super().problems()
        try:
            due.read(self.schedule)
        except due.Invalid as wrong:
            yield "schedule", f'= "{self.schedule}": {wrong}'
        try:
            due.zone(self.time_zone)
        except due.Invalid as wrong:
            if due.knows_zones():
                yield "time_zone", str(wrong)

    def over(self, service: Service) -> Service:
        """[service] overridden by the job's own values; health checks of the web do not apply to a job."""
        return super().over(service).model_copy(update={"health": Health()})

    def size_problems(self, service: Service, sidecars: Mapping[str, Any]) -> Iterator[Problem]:
        """Mistakes: contradictions with the tables that it inherits from."""
        yield from super().size_problems(service, sidecars)
        ours = {TIMER: self.timeout_minutes is not None, GUARD: self.overlap == "refuse"}
        beside = sidecars if self.sidecars is None else self.sidecars
        for name, made in ours.items():
            if made and name in beside:
                yield "sidecars", f"has {name}, a name that ecsctl uses itself: choose another"
