"""The tables [workers.NAME]: processes that serve no requests, and keep running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from ecsctl.config.tables.autoscaling import Autoscaling, Spot
from ecsctl.config.tables.health import ContainerCheck, Health
from ecsctl.config.tables.process import Process
from ecsctl.config.tables.section import Problem, refused
from ecsctl.config.tables.service import Service
from ecsctl.fargate import percentages


class Worker(Process):
    """A service without a port, besides the web: with the same image, and released together with it."""

    command: tuple[str, ...] = Field(
        (),
        strict=False,
        description="The command, word by word, instead of the image's. Without a web process it may be left out: "
        "then the image's command runs.",
        examples=[["python", "worker.py"]],
    )

    desired_count: int = Field(1, ge=0, le=5000, description="How many tasks of it run.")
    min_healthy_percent: int = Field(
        100, ge=0, le=100, description="The fewest tasks that run during a deployment, in percent of desired_count."
    )
    max_percent: int = Field(
        200, ge=100, le=200, description="The most tasks that run during a deployment, in percent of desired_count."
    )
    spot: Spot | None = Field(
        None,
        description="Run its tasks on Fargate Spot, whatever those of the web run on.",
        examples=[{"percent": 100}],
    )
    autoscaling: Autoscaling | None = Field(
        None,
        description="Let the number of its tasks follow the load. Then there is no desired_count.",
        examples=[{"min": 1, "max": 4, "cpu_percent": 60}],
    )
    health: ContainerCheck | None = Field(
        None,
        description="A check that ECS runs inside its container; without one a worker is healthy while it runs.",
        examples=[{"command": ["CMD-SHELL", "pgrep -f worker.py || exit 1"]}],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: what cannot be deployed, and two ways to set the number."""
        yield from super().problems()
        least = self.autoscaling.min if self.autoscaling else self.desired_count
        if why := refused(lambda: percentages(least, self.min_healthy_percent, self.max_percent)):
            yield next(iter(self.given("max_percent", "min_healthy_percent")), "min_healthy_percent"), why
        if self.autoscaling and self.given("desired_count"):
            yield "desired_count", "cannot be used with autoscaling, which begins at its min"
        if self.autoscaling and self.autoscaling.requests_per_minute:
            yield "autoscaling.requests_per_minute", "cannot be used here: a worker gets no requests"

    @property
    def most(self) -> int:
        """The most of its tasks that run at the same time, during a deployment."""
        return (self.autoscaling.highest if self.autoscaling else self.desired_count) * self.max_percent // 100

    def over(self, service: Service) -> Service:
        """[service] overridden by its own values; the number of tasks is not inherited."""
        own: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("desired_count", "min_healthy_percent", "max_percent", "spot", "autoscaling")
        }
        own["health"] = Health(container=self.health)
        return super().over(service).model_copy(update=own)


def inherited(workers: Mapping[str, Worker]) -> dict[str, str]:
    """The key of a worker's variables if the file gives it none of its own: that of [service], where they are."""
    kinds = ("environment", "secrets")
    return {
        f"workers.{name}.{kind}": f"service.{kind}"
        for name, one in workers.items()
        for kind in kinds
        if not getattr(one, kind)
    }


def idle_allowed(processes: Mapping[str, Service]) -> dict[str, bool]:
    """For each process, whether it may have no running task."""
    return {name: not one.least for name, one in processes.items()}
