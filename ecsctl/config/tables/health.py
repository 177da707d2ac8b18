"""The table [service.health]: how the app's health is checked, how often, and which answers count."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.section import Problem, Section


class ContainerCheck(Section):
    """A check that ECS runs inside the container, beside the load balancer's."""

    command: tuple[str, ...] = Field(
        strict=False,
        min_length=1,
        description="What is run in the container; it is healthy while this ends with 0. After CMD-SHELL comes "
        "one line for the container's shell. The image must have the program: many have no curl.",
        examples=[["CMD-SHELL", "wget -qO- http://localhost:8000/ || exit 1"]],
    )
    interval_seconds: int = Field(30, ge=5, le=300, description="How often it is run.")
    timeout_seconds: int = Field(5, ge=2, le=60, description="After how long one run of it counts as failed.")
    retries: int = Field(3, ge=1, le=10, description="After how many failures the container is unhealthy.")
    start_seconds: int = Field(0, ge=0, le=300, description="How long after the start failures do not count.")

    @property
    def words(self) -> tuple[str, ...]:
        """In ECS's form: the first word says whether a shell runs it."""
        return self.command if self.command[0] in ("CMD", "CMD-SHELL") else ("CMD", *self.command)

    def problems(self) -> Iterator[Problem]:
        """Mistakes: a command that ECS would not run."""
        if "" in self.command:
            yield "command", "has an empty word"
        elif self.command[0] == "CMD-SHELL" and len(self.command) != 2:
            yield "command", "has CMD-SHELL first: expected one line for the shell after it, as a single text"
        elif self.command == ("CMD",):
            yield "command", "has CMD without a command"


UNKNOWN_METHOD = "/AWS.ALB/healthcheck"
"""The default method for checking a gRPC server. Any server answers 12, UNIMPLEMENTED (ELB API reference, Matcher)."""


class Health(Section):
    """How the load balancer checks whether a task is healthy: instead of health_path, if that is not enough."""

    path: texts.HealthPath = Field(
        "/", description="The path that the load balancer checks; health_path is the short form."
    )
    codes: texts.HealthCodes = Field(
        "200",
        description='The status codes that count as healthy, from 200 to 499: "200", "200,302" or "200-399". With '
        'service.protocol = "grpc" those of gRPC, from 0 to 99: "0", or "12" without a path.',
    )
    interval_seconds: int = Field(10, ge=5, le=300, description="How often each task is checked.")
    timeout_seconds: int = Field(5, ge=2, le=120, description="How long an answer may take; less than the interval.")
    healthy_count: int = Field(2, ge=2, le=10, description="After how many good answers a task gets requests.")
    unhealthy_count: int = Field(3, ge=2, le=10, description="After how many bad ones it gets none.")
    grace_seconds: int = Field(
        60,
        ge=0,
        le=2147483647,
        description="How long a new task may fail its health checks; health_check_grace_seconds is the short form.",
    )
    container: ContainerCheck | None = Field(
        None,
        description="A check inside the container as well.",
        examples=[{"command": ["CMD-SHELL", "wget -qO- http://localhost:8000/ || exit 1"]}],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: "Health check timeout must be smaller than the interval" (AWS); and ranges that contain no code."""
        if self.timeout_seconds >= self.interval_seconds:
            problem = f"= {self.timeout_seconds} is not less than interval_seconds = {self.interval_seconds}"
            yield ("timeout_seconds" if self.given("timeout_seconds") else "interval_seconds"), problem
        for low, dash, high in (part.partition("-") for part in self.codes.split(",")):
            if dash and int(low) > int(high):
                yield "codes", f"has the range {low}-{high}, in which there is no code"

    def speaking(self, protocol: str) -> Iterator[Problem]:
        """Mistakes: codes and paths of another protocol than the app's.

        "The path of a custom health check method with the format /package.service/method" (ELB API reference,
        CreateTargetGroup).
        """
        grpc = protocol == "grpc"
        for code in re.findall(r"[0-9]+", self.codes) if self.given("codes") else ():
            if grpc != (len(code) < 3):
                expected = 'from 0 to 99 with service.protocol = "grpc"' if grpc else "from 200 to 499"
                yield "codes", f"has {code}, expected codes {expected}"
                break
        if grpc and not re.fullmatch(r"/[A-Za-z_][\w.]*/[A-Za-z_]\w*", self.path):
            yield "path", f'= {self.path} is not a gRPC method: expected "/package.Service/Method"'

    def asking(self, protocol: str, *, by_default: bool) -> Health:
        """With the default path and codes for a gRPC server, where none are configured."""
        if protocol != "grpc":
            return self
        codes = self.codes if self.given("codes") else "12" if by_default else "0"
        return self.model_copy(update={"codes": codes} | ({"path": UNKNOWN_METHOD} if by_default else {}))
