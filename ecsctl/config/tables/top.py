"""The tables of ecsctl.toml: every option with its default, its limits and its effect. Units are in the names.

An option's description here is the one in the schema, in docs/config.md and in the file that `ecsctl init` writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.delivery import Build, Ecr, Github, Pipeline, Release
from ecsctl.config.tables.deployment import Deployment
from ecsctl.config.tables.jobs import Job
from ecsctl.config.tables.network import Domain, LoadBalancer, Vpc
from ecsctl.config.tables.notify import Notify
from ecsctl.config.tables.permissions import Permission
from ecsctl.config.tables.raw import Raw
from ecsctl.config.tables.section import Section
from ecsctl.config.tables.service import Logs, Service
from ecsctl.config.tables.sidecars import MOST, Sidecar
from ecsctl.config.tables.volumes import Volume
from ecsctl.config.tables.workers import Worker
from ecsctl.config.tree import Path
from ecsctl.names import ROLE_PATH
from ecsctl.parts import WEB

BY_NAME = ("sidecars", "workers", "jobs")
"""The tables of containers that the user names, each with environment and secrets."""


class Tables(Section):
    """ecsctl.toml: the app, where it runs, and how it is built and released."""

    name: texts.Name = Field(
        description="The app's name, at most 20 characters. The names of its resources on AWS begin with it.",
        examples=["shop"],
    )
    owner: texts.Owner | None = Field(
        None, description="The value of the tag `owner`. Default: the caller's name.", examples=["shop-team"]
    )
    region: texts.Region | None = Field(
        None,
        description="The AWS region. It overrides AWS_REGION, and --region may name no other. Default: boto3's choice.",
        examples=["eu-central-1"],
    )
    account_id: texts.Account | None = Field(
        None,
        description="The only account to work in, in quotes. Credentials of any other account are refused.",
        examples=["123456789012"],
    )
    tags: dict[texts.TagKey, texts.TagValue] = Field(
        default_factory=dict,
        max_length=40,
        description="Your own tags, at most 40, on everything that takes tags.",
        examples=[{"team": "web"}],
    )
    protect: tuple[Literal["ecr", "bucket", "logs"], ...] = Field(
        (), strict=False, description="What `down` keeps: images, build artifacts, logs.", examples=[["ecr", "logs"]]
    )
    permissions_boundary: texts.BoundaryArn | None = Field(
        None,
        description="ARN of a policy that limits every role that ecsctl creates. If it is removed here, it stays on "
        "the roles: a boundary that an account sets by itself is never removed.",
        examples=["arn:aws:iam::123456789012:policy/boundary"],
    )
    role_path: texts.RolePath = Field(
        ROLE_PATH,
        description="The path of every role that ecsctl creates, for organizations that allow roles only under a "
        "certain path. AWS cannot change it later.",
        examples=["/service/"],
    )
    kms_key: texts.KmsKey | None = Field(
        None,
        description="KMS key of your own, by alias or ARN, that encrypts what ecsctl creates: images, logs, "
        "artifacts, builds, secrets, volumes, the tasks' storage and the topic of notifications. If you"
        " remove it here, what is encrypted with it stays encrypted with it.",
        examples=["alias/shop"],
    )
    secure: bool = Field(
        False,
        description="Turn on what a security review asks for, unless the file says otherwise: access logs, deletion"
        " protection, read-only root file systems, a year of logs; and, in a VPC that is created for "
        "the app, flow logs of rejected traffic and a closed default security group.",
    )
    vpc: Vpc = Field(default_factory=Vpc)
    domain: Domain | None = None
    service: Service = Field(default_factory=Service)
    sidecars: dict[texts.ContainerName, Sidecar] = Field(
        default_factory=dict,
        max_length=MOST,
        description="Further containers of each task, by name: a proxy, an agent, a migration before the app starts.",
        examples=[{"agent": {"image": "public.ecr.aws/datadog/agent:7"}}],
    )
    volumes: dict[texts.VolumeName, Volume] = Field(
        default_factory=dict,
        max_length=20,
        description="Folders on EFS, by name: what is in them outlives the tasks, and all tasks share it.",
        examples=[{"data": {"path": "/data"}}],
    )
    workers: dict[texts.ProcessName, Worker] = Field(
        default_factory=dict,
        max_length=20,
        description="Processes that serve no requests, by name: services of the same image, released with the web.",
        examples=[{"mailer": {"command": ["python", "worker.py"]}}],
    )
    jobs: dict[texts.ProcessName, Job] = Field(
        default_factory=dict,
        max_length=20,
        description="Tasks by the clock, by name: of the image of the release that serves.",
        examples=[{"nightly": {"command": ["python", "report.py"], "schedule": "cron(0 3 * * ? *)"}}],
    )
    deployment: Deployment = Field(default_factory=Deployment)
    release: Release | None = None
    load_balancer: LoadBalancer = Field(default_factory=LoadBalancer)
    ecr: Ecr = Field(default_factory=Ecr)
    logs: Logs = Field(default_factory=Logs)
    github: Github | None = None
    build: Build = Field(default_factory=Build)
    pipeline: Pipeline = Field(default_factory=Pipeline)
    notify: Notify | None = None
    raw: Raw = Field(default_factory=Raw)

    @property
    def processes(self) -> dict[str, Service]:
        """What the tasks of each process are that a service keeps, by its name; the web first, if there is one."""
        first = {WEB: self.service} if self.service.web else {}
        return first | {name: one.over(self.service) for name, one in self.workers.items()}

    @property
    def default_process(self) -> str:
        """The process whose image the jobs have, and as which the release command runs; empty with jobs alone."""
        return WEB if self.service.web else min(self.workers, default="")

    @property
    def task_secrets(self) -> dict[str, str]:
        """All secrets of the tasks' containers, by their keys in ecsctl.toml."""
        tables = {"service": self.service.secrets}
        tables |= {f"{table}.{name}": one.secrets for table in BY_NAME for name, one in getattr(self, table).items()}
        return {f"{key}.secrets.{name}": arn for key, secrets in tables.items() for name, arn in secrets.items()}

    def with_task_secrets(self, arns: Mapping[str, str]) -> Self:
        """The same with these in place of the secrets of those keys."""

        def renamed(table: str, secrets: Mapping[str, str]) -> dict[str, object]:
            return {"secrets": {name: arns.get(f"{table}.secrets.{name}", arn) for name, arn in secrets.items()}}

        named: dict[str, object] = {"service": self.service.model_copy(update=renamed("service", self.service.secrets))}
        for table in BY_NAME:
            named[table] = {
                name: one.model_copy(update=renamed(f"{table}.{name}", one.secrets))
                for name, one in getattr(self, table).items()
            }
        return self.model_copy(update=named)

    @property
    def managed_policies(self) -> dict[Path, str]:
        """All managed policies of the tasks' roles, by their keys."""
        tables: dict[Path, tuple[str, ...]] = {("service",): self.service.policies}
        tables |= {("workers", name): one.policies or () for name, one in self.workers.items()}
        tables |= {("jobs", name): one.policies or () for name, one in self.jobs.items()}
        return {(*table, "policies", n): arn for table, arns in tables.items() for n, arn in enumerate(arns)}

    @property
    def permissions(self) -> dict[Path, Permission]:
        """All that the app's processes may do, by the keys."""
        tables: dict[Path, tuple[Permission, ...]] = {("service",): self.service.permissions}
        tables |= {("workers", name): one.permissions or () for name, one in self.workers.items()}
        tables |= {("jobs", name): one.permissions or () for name, one in self.jobs.items()}
        return {(*table, "permissions", n): one for table, said in tables.items() for n, one in enumerate(said)}
