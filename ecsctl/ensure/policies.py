"""What the four roles of the stack may do, and who may assume them: the least that works.

Resources are named exactly, or by the app's own prefix. `*` stands only where AWS has nothing narrower (Service
Authorization Reference). Each trust names the account, and where the service says so the ARN, that AWS acts for
(IAM User Guide, "The confused deputy problem").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ecsctl.resources.our_roles import PATH
from ecsctl.resources.policy_document import Condition, Statement, Trust

if TYPE_CHECKING:
    from ecsctl.engine.report import Where
    from ecsctl.ensure.names import Names

Statements = tuple[Statement, ...]
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSH = ("ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:InitiateLayerUpload", "ecr:PutImage",
        "ecr:UploadLayerPart")  # fmt: skip
ARTIFACTS = ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")


@dataclass(frozen=True)
class Scope:
    """What policies are written for: one app in one account and region."""

    names: Names
    account: str
    region: str
    partition: str = "aws"

    @classmethod
    def of(cls, place: Where, names: Names) -> Self:
        """The scope of the app that `names` names."""
        return cls(names, place.account, place.region, place.partition)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something regional."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def role(self, part: str) -> str:
        """The ARN of a role of ours; `*` names all of them."""
        return f"arn:{self.partition}:iam::{self.account}:role{PATH}{self.names.role(part)}"

    @property
    def bucket(self) -> str:
        """The ARN of the artifact bucket."""
        return f"arn:{self.partition}:s3:::{self.names.bucket}"

    @property
    def repository(self) -> str:
        """The ARN of the repository of images."""
        return self.arn("ecr", f"repository/{self.names.app}")


def tasks_trust(scope: Scope) -> Trust:
    """ECS starts tasks. The ARN of one cluster is not supported here (ECS Developer Guide, "Task execution role")."""
    return Trust("ecs-tasks.amazonaws.com", scope.account, scope.arn("ecs", "*"))


def codebuild_trust(scope: Scope) -> Trust:
    """CodeBuild builds the app's projects (CodeBuild User Guide, "Cross-service confused deputy prevention")."""
    return Trust("codebuild.amazonaws.com", scope.account, scope.arn("codebuild", f"project/{scope.names.app}-*"))


def codepipeline_trust(scope: Scope) -> Trust:
    """CodePipeline runs the pipeline. AWS documents no source keys for it: its own service role has no condition."""
    del scope
    return Trust("codepipeline.amazonaws.com")


def execution(scope: Scope, secrets: Iterable[str] = ()) -> Statements:
    """What ECS needs to start a task: its image, its log stream, its secrets. `secrets` are ARNs as tasks name them."""
    return (
        Statement("EcrLogin", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement("EcrPull", PULL, (scope.repository,)),
        Statement(
            "AppLogs",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            (scope.arn("logs", f"log-group:{scope.names.app_logs}:log-stream:*"),),
        ),
        *_reads(secrets),
    )


def task(execute_command: bool) -> Statements:
    """What the app itself may do: nothing, but for the channels of `exec` (ECS Developer Guide, "ECS Exec")."""
    if not execute_command:
        return ()
    channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    return (Statement("EcsExec", tuple(f"ssmmessages:{channel}" for channel in channels), ("*",)),)


def codebuild(scope: Scope, projects: Sequence[str], *, connection: str = "", secret: str = "") -> Statements:
    """What a build needs: its logs, its source, the one repository, and the pipeline's artifacts.

    `connection` and `secret` are the full ARNs of what opens the repository on GitHub; empty where it is not used.
    """
    groups = [scope.arn("logs", f"log-group:{scope.names.build_logs(project)}") for project in projects]
    statements = [
        Statement(
            "BuildLogs",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            tuple(f"{group}{part}" for group in groups for part in ("", ":*")),
        ),
        Statement("EcrLogin", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement("EcrPushPull", PULL + PUSH, (scope.repository,)),
        Statement("PipelineArtifacts", ARTIFACTS, (f"{scope.bucket}/*",)),
        Statement("PipelineBucket", ("s3:GetBucketAcl", "s3:GetBucketLocation"), (scope.bucket,)),
    ]
    if connection:
        actions = ("GetConnection", "GetConnectionToken", "UseConnection")
        statements.append(_connects("SourceThroughConnection", actions, connection))
    return (*statements, *_reads([secret] if secret else []))


def codepipeline(scope: Scope, projects: Sequence[str], *, connection: str = "") -> Statements:
    """What the pipeline needs: its bucket, its source, its projects, and to give the service a new revision."""
    app = scope.names.app
    revisions = scope.arn("ecs", f"task-definition/{app}:*")
    statements = [
        Statement("Artifacts", ARTIFACTS, (f"{scope.bucket}/*",)),
        Statement(
            "ArtifactBucket",
            ("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket"),
            (scope.bucket,),
        ),
        Statement(
            "Build",
            ("codebuild:BatchGetBuilds", "codebuild:StartBuild"),
            tuple(scope.arn("codebuild", f"project/{project}") for project in projects),
        ),
        Statement("TaskDefinitionRead", ("ecs:DescribeTaskDefinition", "ecs:ListTasks"), ("*",)),
        Statement("TaskDefinitionWrite", ("ecs:RegisterTaskDefinition",), (revisions,)),
        Statement(
            "TagNewRevision",
            ("ecs:TagResource",),
            (revisions,),
            (Condition("StringEquals", "ecs:CreateAction", ("RegisterTaskDefinition",)),),
        ),
        Statement(
            "Service", ("ecs:DescribeServices", "ecs:UpdateService"), (scope.arn("ecs", f"service/{app}/{app}"),)
        ),
        Statement("Tasks", ("ecs:DescribeTasks",), (scope.arn("ecs", f"task/{app}/*"),)),
        passes("PassTaskRoles", (scope.role("execution"), scope.role("task")), "ecs-tasks"),
    ]
    if connection:
        statements.append(_connects("Source", ("UseConnection",), connection))
    return tuple(statements)


def passes(sid: str, roles: tuple[str, ...], *services: str) -> Statement:
    """Hand these roles to these services, and to nobody else."""
    to = tuple(f"{service}.amazonaws.com" for service in services)
    return Statement(sid, ("iam:PassRole",), roles, (Condition("StringEquals", "iam:PassedToService", to),))


def both_prefixes(connection: str) -> tuple[str, ...]:
    """A connection's ARN as it is called since 2024 and as before: IAM goes by the prefix that the ARN has."""
    new, old = "codeconnections", "codestar-connections"
    return (connection.replace(f":{old}:", f":{new}:"), connection.replace(f":{new}:", f":{old}:"))


def _connects(sid: str, actions: Iterable[str], connection: str) -> Statement:
    prefixes = ("codeconnections", "codestar-connections")
    return Statement(
        sid, tuple(f"{prefix}:{action}" for prefix in prefixes for action in actions), both_prefixes(connection)
    )


def _reads(secrets: Iterable[str]) -> Statements:
    """Read these secrets and parameters, each by its exact ARN; what follows a secret's name (a key in it) is cut."""
    given = tuple(secrets)
    held = sorted({":".join(arn.split(":")[:7]) for arn in given if ":secretsmanager:" in arn})
    parameters = sorted({arn for arn in given if ":ssm:" in arn})
    statements = []
    if held:
        statements.append(Statement("Secrets", ("secretsmanager:GetSecretValue",), tuple(held)))
    if parameters:
        statements.append(Statement("Parameters", ("ssm:GetParameters",), tuple(parameters)))
    return tuple(statements)
