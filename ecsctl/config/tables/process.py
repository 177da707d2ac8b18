"""What the tables of all processes but the web have in common: [workers.NAME] and [jobs.NAME]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.permissions import Permission
from ecsctl.config.tables.section import ECS_SETS, Problem, Section, doubled, refused
from ecsctl.config.tables.service import Service
from ecsctl.fargate import fargate_pair

SAME = ("entrypoint", "user", "working_directory", "cpu", "memory", "ephemeral_gib", "stop_timeout_seconds")
"""What a process inherits from [service] unless it sets its own."""


class Process(Section):
    """A process besides the web: with the same image, and with everything in [service], unless it sets its own."""

    command: tuple[str, ...] = Field(
        min_length=1,
        strict=False,
        description="The command, word by word, instead of the image's.",
        examples=[["python", "worker.py"]],
    )
    entrypoint: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Replaces the image's entry point. Default: as service.entrypoint.",
        examples=[["/entrypoint.sh"]],
    )
    environment: dict[texts.Variable, str] = Field(
        default_factory=dict,
        description="Environment variables in addition to service.environment, or overriding it.",
        examples=[{"QUEUE": "mail"}],
        json_schema_extra=texts.no_names(*sorted(ECS_SETS)),
    )
    secrets: dict[texts.Variable, texts.TaskSecret] = Field(
        default_factory=dict,
        description="Environment variables from secrets and parameters, in addition to service.secrets.",
        examples=[{"SMTP_PASSWORD": "shop/smtp:password"}],
        json_schema_extra=texts.no_names(*sorted(ECS_SETS)),
    )
    cpu: int | None = Field(None, description="CPU units of a task. Default: as service.cpu.", examples=[512])
    memory: int | None = Field(
        None, description="Memory of a task in MiB. Default: as service.memory.", examples=[1024]
    )
    ephemeral_gib: int | None = Field(
        None, ge=21, le=200, description="Storage of a task in GiB. Default: as service.ephemeral_gib.", examples=[40]
    )
    user: texts.ContainerUser | None = Field(
        None, description="The user that the container runs as. Default: as service.user.", examples=["10001"]
    )
    working_directory: texts.ContainerPath | None = Field(
        None, description="The working directory. Default: as service.working_directory.", examples=["/app"]
    )
    stop_timeout_seconds: int | None = Field(
        None,
        ge=2,
        le=120,
        description="How long after SIGTERM it gets SIGKILL. Default: as service.stop_timeout_seconds.",
        examples=[120],
    )
    permissions: tuple[Permission, ...] | None = Field(
        None,
        strict=False,
        description="What it may do on AWS, by a role of its own. Default: as service.permissions.",
        examples=[[{"actions": ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
                    "resources": ["arn:aws:sqs:{region}:{account}:mail"]}]],
    )  # fmt: skip
    policies: tuple[texts.PolicyArn, ...] | None = Field(
        None,
        strict=False,
        max_length=25,
        description="Managed policies of its role, by ARN. Default: as service.policies.",
        examples=[["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]],
    )
    sidecars: tuple[texts.ContainerName, ...] | None = Field(
        None,
        strict=False,
        description="Which of [sidecars] run beside it. Default: all.",
        examples=[["agent"]],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: variables that are set twice, and invalid names."""
        yield from doubled(self.environment, self.secrets, "its environment")
        for key in ("command", "entrypoint"):
            if "" in getattr(self, key):
                yield key, "has an empty word"
        for number, arn in enumerate(self.policies or ()):
            if arn in (self.policies or ())[:number]:
                yield ("policies", number), "is listed twice"

    @property
    def has_own_role(self) -> bool:
        """Whether it has other permissions than the web."""
        return self.permissions is not None or self.policies is not None

    def over(self, service: Service) -> Service:
        """What its tasks are: [service] overridden by its own values. Variables are merged one by one."""
        said: dict[str, Any] = {name: value for name in SAME if (value := getattr(self, name))}
        said["command"] = self.command
        said["environment"] = _over(service.environment, self.environment, self.secrets)
        said["secrets"] = _over(service.secrets, self.secrets, self.environment)
        said["permissions"] = service.permissions if self.permissions is None else self.permissions
        said["policies"] = service.policies if self.policies is None else self.policies
        if self.sidecars is not None:
            said["depends_on"] = {one: on for one, on in service.depends_on.items() if one in self.sidecars}
        return service.model_copy(update=said)

    def size_problems(self, service: Service, sidecars: Mapping[str, Any]) -> Iterator[Problem]:
        """Mistakes: contradictions with the tables that it inherits from."""
        merged = self.over(service)
        if why := refused(lambda: fargate_pair(merged.cpu, merged.memory)):
            yield "memory" if self.memory else "cpu", why
        for number, name in enumerate(self.sidecars or ()):
            if name not in sidecars:
                known = ", ".join(sidecars) or "none"
                yield f"sidecars.{number}", f"is not one of [sidecars]: {known}"
        beside = sidecars if self.sidecars is None else self.sidecars
        for name in beside:
            for other in sidecars[name].depends_on if name in sidecars else ():
                if other in sidecars and other not in beside:
                    yield "sidecars", f"has {name}, which waits for {other}: expected both or none"


def _over(usual: Mapping[str, str], own: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """The inherited variables overridden by its own, without those that it defines as the other kind."""
    return {name: value for name, value in {**usual, **own}.items() if name in own or name not in other}
