"""The form of ecsctl.toml: every option with its default, its limits and what it does. Units are in the names.

An option's description here is the one in the schema, in docs/config.md and in the file that `ecsctl init` writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ecsctl.config import words
from ecsctl.config.delivery import Build, Ecr, Github, Pipeline
from ecsctl.config.network import Domain, LoadBalancer, Vpc
from ecsctl.config.section import Problem, Section
from ecsctl.config.service import Logs, Service


class Config(Section):
    """ecsctl.toml: the app, where it runs, and how it is built and released."""

    name: words.Name = Field(
        description="The app's name, at most 20 characters. The names of its resources on AWS begin with it.",
        examples=["shop"],
    )
    owner: words.Owner | None = Field(
        None, description="Who is written in the tag `owner`. Default: the caller's name.", examples=["shop-team"]
    )
    region: words.Region | None = Field(
        None,
        description="The AWS region, over AWS_REGION; --region may name no other. Default: as boto3 finds it.",
        examples=["eu-central-1"],
    )
    account_id: words.Account | None = Field(
        None,
        description="The only account to work in, in quotes: a guard. Credentials of any other are refused.",
        examples=["123456789012"],
    )
    tags: dict[words.TagKey, words.TagValue] = Field(
        default_factory=dict,
        max_length=40,
        description="Your own tags, at most 40, on everything that takes tags.",
        examples=[{"team": "web"}],
    )
    protect: tuple[Literal["ecr", "bucket", "logs"], ...] = Field(
        (), strict=False, description="What `down` keeps: images, build artifacts, logs.", examples=[["ecr", "logs"]]
    )
    permissions_boundary: words.BoundaryArn | None = Field(
        None,
        description="ARN of a policy that limits every role made here.",
        examples=["arn:aws:iam::123456789012:policy/boundary"],
    )
    vpc: Vpc = Field(default_factory=Vpc)
    domain: Domain | None = None
    service: Service = Field(default_factory=Service)
    load_balancer: LoadBalancer = Field(default_factory=LoadBalancer)
    ecr: Ecr = Field(default_factory=Ecr)
    logs: Logs = Field(default_factory=Logs)
    github: Github | None = None
    build: Build = Field(default_factory=Build)
    pipeline: Pipeline = Field(default_factory=Pipeline)

    def problems(self) -> Iterator[Problem]:
        """A certificate that the load balancer will not take: it wants one of its own region and account.

        AWS documentation: AWS Certificate Manager user guide, "Services integrated with ACM". Secrets and connections
        may be of another place.
        """
        key, arn = "domain.certificate_arn", self.domain.certificate_arn if self.domain else None
        if not arn:
            return
        region, account = arn.split(":")[3:5]
        if self.region and region != self.region:
            yield key, f"is of {region}, but a load balancer in {self.region} takes only certificates of its region"
        if self.account_id and account != self.account_id:
            yield key, f"is of account {account}, but account_id is {self.account_id}"

    @property
    def idle(self) -> tuple[str, ...]:
        """What is written and has no effect, in sentences."""
        tables = {"build": self.build, "pipeline": self.pipeline} if not self.github else {}
        return tuple(f"[{name}] has no effect without [github]" for name, table in tables.items() if table.given())
