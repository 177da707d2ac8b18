"""The physical names of everything, derived once from the app's name. AWS's limits on them bound the app's name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """What things are called. The app's name has at most 20 characters, so each of these fits.

    IAM and S3 are not regional: a role's name bears the region, a bucket's the account too.
    """

    app: str
    account: str
    region: str

    def role(self, part: str) -> str:
        """At most 64 characters (IAM User Guide, "IAM and AWS STS quotas")."""
        return f"{self.app}-{self.region}-{part}"

    @property
    def bucket(self) -> str:
        """At most 63 characters, unique in the world (S3 User Guide, "General purpose bucket naming rules")."""
        return f"{self.app}-artifacts-{self.account}-{self.region}"

    @property
    def balancer_group(self) -> str:
        """The load balancer's security group."""
        return f"{self.app}-balancer"

    @property
    def tasks_group(self) -> str:
        """The tasks' security group."""
        return f"{self.app}-tasks"

    @property
    def project(self) -> str:
        """The CodeBuild project that builds the image."""
        return f"{self.app}-build"

    def test_project(self, test: str) -> str:
        """The CodeBuild project of a test action."""
        return f"{self.app}-test-{test}"

    @property
    def app_logs(self) -> str:
        """The app's log group."""
        return f"/ecs/{self.app}"

    def build_logs(self, project: str) -> str:
        """A project's log group, under the name that CodeBuild would give it."""
        return f"/aws/codebuild/{project}"

    @property
    def insights_logs(self) -> str:
        """Container Insights' log group, whose name AWS fixes."""
        return f"/aws/ecs/containerinsights/{self.app}/performance"
