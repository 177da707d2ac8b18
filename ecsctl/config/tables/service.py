"""The tables [service] and [logs]: what runs, how much of it, and how it is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.autoscaling import Autoscaling, Spot
from ecsctl.config.tables.health import Health
from ecsctl.config.tables.permissions import Permission
from ecsctl.config.tables.section import ECS_SETS, Problem, Section, doubled, refused
from ecsctl.config.tables.sidecars import Condition
from ecsctl.fargate import fargate_pair, percentages


class Ulimits(Section):
    """Limits of the container's processes. Of ECS's list Fargate allows only this one to be set."""

    nofile: int = Field(ge=1024, le=1048576, description="How many files a process may have open.", examples=[65535])


OF_THE_WEB = (
    "port protocol health_path health health_check_grace_seconds deregistration_delay_seconds command desired_count "
    "min_healthy_percent max_percent spot autoscaling"
).split()
"""What no worker or job inherits from [service]."""

SHORT = {"health_path": "path", "health_check_grace_seconds": "grace_seconds"}
"""What two keys can set: the short one, and the one in [service.health]."""


class Service(Section):
    """The app's container and the service that keeps it running."""

    web: bool = Field(
        True,
        description="Whether there is a web process, behind a load balancer. With false, the table has only what "
        "workers and jobs have in common. Default: true; false for a file with workers or jobs, and "
        "without this table, [domain] and [load_balancer].",
    )
    port: int = Field(8000, ge=1, le=65535, description="The TCP port that the container listens on.")
    protocol: Literal["http", "http2", "grpc"] = Field(
        "http",
        description="The protocol between the load balancer and the container, without TLS: HTTP/1.1, HTTP/2 or "
        "gRPC. The latter two need [domain], and clients that speak HTTP/2. A change needs a new target"
        " group: `ecsctl plan` says what clients notice.",
    )
    health_path: texts.HealthPath = Field(
        "/",
        description="The path that the load balancer checks; it has to answer 200. With gRPC it is a method, such "
        "as /grpc.health.v1.Health/Check; by default one that no server implements. A load balancer "
        "that checks /healthz, the earlier default, keeps doing so until a path is written here.",
    )
    cpu: int = Field(256, description="CPU units of a task; 1024 are one vCPU. Fargate has fixed pairs with memory.")
    memory: int = Field(512, description="Memory of a task in MiB.")
    architecture: Literal["ARM64", "X86_64"] = Field("ARM64", description="The processor, for the build and the tasks.")
    desired_count: int = Field(
        1, ge=0, le=5000, description="How many tasks run. Without an image in the repository none do."
    )
    environment: dict[texts.Variable, str] = Field(
        default_factory=dict,
        description="Environment variables. Anyone who may describe the service can read them: secrets belong in "
        "`secrets`.",
        examples=[{"LOG_LEVEL": "info"}],
        json_schema_extra=texts.no_names(*sorted(ECS_SETS)),
    )
    environment_file: texts.RepositoryPath | None = Field(
        None,
        description="A dotenv file below ecsctl.toml's folder with more of them; those in `environment` win. Values"
        " are used as they are: no variables in them are expanded.",
        examples=["app.env"],
    )
    secrets: dict[texts.Variable, texts.TaskSecret] = Field(
        default_factory=dict,
        description="Environment variables whose values are read when a task starts: from the secret of that name in "
        'Secrets Manager, with ":key" from one key of its JSON; from the parameter of that name in Parameter Store, '
        "which begins with a slash; or by ARN, from another account or region, too.",
        examples=[{"DATABASE_URL": "shop/db:url", "API_KEY": "/shop/api-key"}],
        json_schema_extra=texts.no_names(*sorted(ECS_SETS)),
    )
    command: tuple[str, ...] = Field(
        (),
        strict=False,
        description="The command that the container runs, instead of its image's.",
        examples=[["python", "-m", "app"]],
    )
    entrypoint: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Replaces the image's entry point; command is passed to it.",
        examples=[["/entrypoint.sh"]],
    )
    user: texts.ContainerUser | None = Field(
        None,
        description='The user that the container runs as, instead of its image\'s: "1000", "app" or "1000:1000".',
        examples=["10001"],
    )
    working_directory: texts.ContainerPath | None = Field(
        None, description="The working directory, instead of its image's.", examples=["/app"]
    )
    read_only_root: bool = Field(
        False, description="Whether its root file system is read-only. ECS Exec does not work then."
    )
    init_process: bool = Field(
        False,
        description="Whether an init process comes first in the container: it passes signals on to the app, and ends "
        "what the app's own children leave behind. With exec there is one anyway.",
    )
    ephemeral_gib: int | None = Field(
        None,
        ge=21,
        le=200,
        description="Ephemeral storage of a task in GiB, from 21 to 200. Default: Fargate's 20, which are free.",
        examples=[40],
    )
    security_groups: tuple[texts.SecurityGroup, ...] = Field(
        (),
        strict=False,
        max_length=4,
        description="Further security groups of the tasks, of the same VPC, in addition to the one created for "
        "them: for example to reach a database that allows one of these groups. ecsctl never changes "
        "them.",
        examples=[["sg-0a1b2c3d4e5f60718"]],
    )
    depends_on: dict[texts.ContainerName, Condition] = Field(
        default_factory=dict,
        description="Sidecars that the app waits for before it starts: each with START, HEALTHY, COMPLETE (it has "
        "ended) or SUCCESS (it has ended with 0).",
        examples=[{"migrate": "SUCCESS"}],
    )
    exec: bool = Field(False, description="Whether `ecsctl exec` may open a shell in a running task.")
    min_healthy_percent: int = Field(
        100, ge=0, le=100, description="The fewest tasks that run during a deployment, in percent of desired_count."
    )
    max_percent: int = Field(
        200, ge=100, le=200, description="The most tasks that run during a deployment, in percent of desired_count."
    )
    health_check_grace_seconds: int = Field(
        60, ge=0, le=2147483647, description="How long a new task may fail its health checks before it is replaced."
    )
    deregistration_delay_seconds: int = Field(
        30, ge=0, le=3600, description="How long a task that is being stopped may finish its requests."
    )
    stop_timeout_seconds: int = Field(
        30, ge=2, le=120, description="How long after SIGTERM the container gets SIGKILL."
    )
    log_mode: Literal["non-blocking", "blocking"] = Field(
        "non-blocking",
        description="What happens when CloudWatch takes log lines too slowly: non-blocking drops the lines for which "
        "log_buffer_mib has no room, blocking lets the app wait until they are written, which may make it unhealthy.",
    )
    log_buffer_mib: int = Field(
        25,
        ge=1,
        le=1024,
        description="With non-blocking: how much of its memory a task uses for lines that are not written yet.",
    )
    container_insights: Literal["enabled", "enhanced", "disabled"] = Field(
        "enabled",
        description="CloudWatch Container Insights for the cluster; enhanced has more metrics and costs more.",
    )
    ulimits: Ulimits | None = Field(
        None, description="Limits of the container's processes.", examples=[{"nofile": 65535}]
    )
    permissions: tuple[Permission, ...] = Field(
        (),
        strict=False,
        description="What the app may do on AWS, by the role that its tasks have. Default: nothing.",
        examples=[[{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::{app}-uploads/*"]}]],
    )
    policies: tuple[texts.PolicyArn, ...] = Field(
        (),
        strict=False,
        max_length=25,
        description="Managed policies for the same role, by ARN. An account allows 10 of them on a role by default.",
        examples=[["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]],
    )
    health: Health | None = Field(
        None,
        description="How the load balancer checks whether a task is healthy, where health_path is not enough.",
        examples=[{"path": "/healthz", "codes": "200-399"}],
    )
    spot: Spot | None = Field(
        None,
        description="Run tasks on Fargate Spot: about 70 % cheaper, and stopped when AWS needs the capacity.",
        examples=[{"percent": 100, "base": 1}],
    )
    autoscaling: Autoscaling | None = Field(
        None,
        description="Let the number of tasks follow the load, beginning at min. Then there is no desired_count.",
        examples=[{"min": 1, "max": 4, "cpu_percent": 60}],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: sizes that Fargate does not offer, what cannot be deployed, and variables that are set twice."""
        if why := refused(lambda: fargate_pair(self.cpu, self.memory)):
            yield "memory" if self.given("memory") else "cpu", why
        least = self.autoscaling.min if self.autoscaling else self.desired_count
        if why := refused(lambda: percentages(least, self.min_healthy_percent, self.max_percent)):
            yield next(iter(self.given("max_percent", "min_healthy_percent")), "min_healthy_percent"), why
        yield from doubled(self.environment, self.secrets, "service.environment")
        if self.log_mode == "blocking" and self.given("log_buffer_mib"):
            yield "log_buffer_mib", 'cannot be used with log_mode = "blocking", which keeps no lines'
        elif self.log_buffer_mib > self.memory // 4:
            yield "log_buffer_mib", f"= {self.log_buffer_mib} is more than a quarter of memory = {self.memory}"
        if self.autoscaling and self.given("desired_count"):
            yield "desired_count", "cannot be used with autoscaling, which begins at its min"
        if self.autoscaling and not self.autoscaling.min:
            yield "autoscaling.min", "= 0 is for workers only: a request does not start a task"
        if "" in self.command:
            yield "command", "has an empty word"
        if "" in self.entrypoint:
            yield "entrypoint", "has an empty word"
        if self.exec and self.read_only_root:
            yield (
                "read_only_root",
                "cannot be combined with exec: ECS Exec needs a root file system that can be written",
            )
        for number, arn in enumerate(self.policies):
            if arn in self.policies[:number]:
                yield ("policies", number), "is listed twice"
        for key, why in self.checked.speaking(self.protocol):
            path = self.spelled["service.health_path"].removeprefix("service.")
            yield path if key == "path" else f"health.{key}", why
        for key in () if self.web else self.given(*OF_THE_WEB):
            yield key, "cannot be used with web = false: only a web has it"
        for short, key in SHORT.items():
            if self.health and self.given(short) and self.health.given(key):
                yield f"health.{key}", f"is also set by {short}: expected only one of the two"

    @property
    def checked(self) -> Health:
        """The load balancer's check, whichever way it is configured."""
        table = self.health or Health()
        short = {key: getattr(self, name) for name, key in SHORT.items() if not table.given(key)}
        return table.model_copy(update=short).asking(self.protocol, by_default=self.has_default_path)

    @property
    def version(self) -> Literal["HTTP1", "HTTP2", "GRPC"]:
        """The container's protocol, in AWS's word."""
        versions: dict[str, Literal["HTTP1", "HTTP2", "GRPC"]] = {"http": "HTTP1", "http2": "HTTP2", "grpc": "GRPC"}
        return versions[self.protocol]

    @property
    def spelled(self) -> dict[str, str]:
        """For what two keys can set, by the short one: the key that sets it here, or the one that would fit this
        file.
        """
        table = self.health is not None
        return {
            f"service.{name}": f"service.health.{key}" if table and not self.given(name) else f"service.{name}"
            for name, key in SHORT.items()
        }

    @property
    def least(self) -> int:
        """The minimum number of its tasks."""
        return self.autoscaling.lowest if self.autoscaling else self.desired_count

    @property
    def has_default_path(self) -> bool:
        """Whether no path is configured."""
        return not (self.given("health_path") or (self.health and self.health.given("path")))


class Logs(Section):
    """The log groups of the app, its builds and its metrics."""

    retention_days: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ] = Field(30, description="For how many days CloudWatch keeps a line. AWS accepts only certain numbers.")
