"""The physical names of everything, derived from the app's name. AWS's limits on them limit the app's name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

from ecsctl.parts import PIPELINE, SECOND, WEB

BACKLOG = "-backlog"
ROLE_PATH = "/ecsctl/"
"""The path of the roles, unless ecsctl.toml names another."""
LAYERS = "ecsctl-cache"
"""The prefix of the tags under which a build caches its layers, next to the app's images."""


class Placed(Protocol):
    """An app in its account and region: a label, or the head of a state file."""

    @property
    def app(self) -> str:
        """The app's name."""

    @property
    def account(self) -> str:
        """The account's id."""

    @property
    def region(self) -> str:
        """The region's name."""


@dataclass(frozen=True)
class Names:
    """The names of everything. The app's name has at most 20 characters, so each of these fits.

    IAM and S3 are not regional: a role's name contains the region, a bucket's the account too. Everything else follows
    from the app's name alone, and most names are just that. Names that belong to a process other than the web contain
    its name, after an underscore: no app's name has one, so that no app's service has the name of another app's worker.
    """

    app: str
    account: str = ""
    region: str = ""
    process: str = WEB
    role_path: str = ROLE_PATH

    @classmethod
    def of(cls, placed: Placed) -> Names:
        """The names of an app in its account and region."""
        return cls(placed.app, placed.account, placed.region)

    def on(self, process: str) -> Self:
        """The names of another process of the app: the web, a worker or a job."""
        return replace(self, process=process)

    @property
    def _of_process(self) -> str:
        return self.app if self.process == WEB else f"{self.app}_{self.process}"

    def process_of(self, name: str) -> str:
        """Returns which process a service or family of this name belongs to; empty if it is none of the app's."""
        return WEB if name == self.app else name.removeprefix(self.of_processes) if self.owns(name) else ""

    def owns(self, name: str) -> bool:
        """Whether a service or family of this name belongs to a process of the app."""
        return name == self.app or (name.startswith(self.of_processes) and name != self.of_processes)

    @property
    def of_processes(self) -> str:
        """The prefix of the services and families of all processes but the web."""
        return f"{self.app}_"

    @property
    def cluster(self) -> str:
        """The ECS cluster."""
        return self.app

    @property
    def service(self) -> str:
        """The ECS service of the process in the cluster."""
        return self._of_process

    @property
    def service_path(self) -> str:
        """The service in the ARNs of itself, its deployments and its revisions."""
        return f"{self.cluster}/{self.service}"

    @property
    def family(self) -> str:
        """The family of the process's task definitions."""
        return self._of_process

    @property
    def container(self) -> str:
        """The app's own container in a task, whatever the process: one file of the build names it for all."""
        return self.app

    @property
    def log_prefix(self) -> str:
        """The prefix of the process's log streams."""
        return "app" if self.process == WEB else self.process

    @property
    def balancer(self) -> str:
        """The load balancer, and the target group of an app that uses HTTP/1.1."""
        return self.app

    def target_group(self, version: str) -> str:
        """The target group of an app with this protocol, in AWS's word for it. No app's name has capitals."""
        return self.balancer if version == "HTTP1" else f"{self.balancer}-{version}"

    @property
    def target_groups(self) -> tuple[str, ...]:
        """Every name that the target group may have."""
        return tuple(map(self.target_group, ("HTTP1", "HTTP2", "GRPC")))

    @property
    def second_targets(self) -> str:
        """The second target group, if requests are shifted. At most 32 characters (ELB API, CreateTargetGroup)."""
        return f"{self.app}-{SECOND}"

    @property
    def balancing_role(self) -> str:
        """The role with which ECS shifts requests from one target group to the other."""
        return self.role("balancing")

    @property
    def repository(self) -> str:
        """The ECR repository of the app's images."""
        return self.app

    @property
    def pipeline(self) -> str:
        """The pipeline, and its webhook."""
        return self.app

    @property
    def schedule_group(self) -> str:
        """The group of the jobs' schedules."""
        return self.app

    @property
    def scheduler_role(self) -> str:
        """The role with which EventBridge Scheduler runs the jobs."""
        return self.role("scheduler")

    @property
    def topic(self) -> str:
        """The SNS topic of the notifications."""
        return self.app

    @property
    def webhook(self) -> str:
        """The connection and the API destination that notifications are posted by."""
        return f"{self.app}-webhook"

    def rule(self, about: str) -> str:
        """The EventBridge rule that notifies of something. At most 64 characters (EventBridge API, PutRule)."""
        return f"{self.app}-{about}"

    def alarm(self, about: str) -> str:
        """The CloudWatch alarm on which a release is given up."""
        return f"{self.app}-{about}"

    @property
    def backlog_alarm(self) -> str:
        """The CloudWatch alarm that starts the first task of a process that works through a queue."""
        return f"{self.service}{BACKLOG}"

    def role(self, part: str = "") -> str:
        """A role's name, or the prefix of all of them. At most 64 characters (IAM User Guide, "IAM and AWS STS
        quotas").
        """
        return f"{self.app}-{self.region}-{part}"

    def task_role(self, process: str) -> str:
        """The role of a process's tasks: what the app may do there."""
        return self.role("task" if process == WEB else f"task-{process}")

    @property
    def pipeline_role(self) -> str:
        """The role with which the pipeline works."""
        return self.role(PIPELINE)

    @property
    def bucket(self) -> str:
        """At most 63 characters, unique in the world (S3 User Guide, "General purpose bucket naming rules")."""
        return f"{self.app}-artifacts-{self.account}-{self.region}"

    @property
    def log_bucket(self) -> str:
        """The bucket of the load balancer's access logs."""
        return f"{self.app}-access-logs-{self.account}-{self.region}"

    @property
    def balancer_group(self) -> str:
        """The load balancer's security group."""
        return f"{self.app}-balancer"

    @property
    def build_group(self) -> str:
        """The security group of builds inside the VPC."""
        return f"{self.app}-build"

    @property
    def tasks_group(self) -> str:
        """The tasks' security group."""
        return f"{self.app}-tasks"

    @property
    def volumes_group(self) -> str:
        """The security group of the volumes."""
        return f"{self.app}-volumes"

    @property
    def project(self) -> str:
        """The CodeBuild project that builds the image."""
        return f"{self.app}-build"

    @property
    def release_project(self) -> str:
        """The CodeBuild project that runs the release command."""
        return f"{self.app}-release"

    @property
    def jobs_project(self) -> str:
        """The CodeBuild project that gives the jobs the deployed image."""
        return f"{self.app}-jobs"

    @property
    def reports_project(self) -> str:
        """The CodeBuild project that notifies GitHub of releases."""
        return f"{self.app}-reporting"

    @property
    def projects(self) -> tuple[str, ...]:
        """All CodeBuild projects that an app may have, except those of its tests."""
        return self.project, self.release_project, self.jobs_project, self.reports_project

    def test_project(self, test: str = "") -> str:
        """The CodeBuild project of a test action, or the prefix of all of them."""
        return f"{self.app}-test-{test}"

    @property
    def app_logs(self) -> str:
        """The app's log group."""
        return f"/ecs/{self.app}"

    def build_logs(self, project: str) -> str:
        """A project's log group, under the name that CodeBuild would give it."""
        return f"/aws/codebuild/{project}"

    @property
    def flow_logs(self) -> str:
        """The log group of the VPC's flow logs."""
        return f"/aws/vpc/{self.app}"

    @property
    def insights_logs(self) -> str:
        """Container Insights' log group, whose name is fixed by AWS."""
        return f"/aws/ecs/containerinsights/{self.app}/performance"
