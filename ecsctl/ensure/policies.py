"""The permissions of the stack's roles, and who may assume them: the least that works.

Resources are named exactly, or by the app's own prefix. `*` is used only where AWS has nothing narrower (Service
Authorization Reference). Each trust policy names the account, and if the service documents it the ARN, that AWS acts
for (IAM User Guide, "The confused deputy problem").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ecsctl.app_rights import app_rights
from ecsctl.parts import WEB
from ecsctl.resources.support.ecr import Reference
from ecsctl.resources.support.policy_document import Condition, Statement, Trust
from ecsctl.resources.support.rights import Scope, connects, pass_roles

if TYPE_CHECKING:
    from ecsctl.config.tables.permissions import Permission

Statements = tuple[Statement, ...]
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSH = ("ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:InitiateLayerUpload", "ecr:PutImage",
        "ecr:UploadLayerPart")  # fmt: skip
SCANNED = ("ecr:DescribeImageScanFindings",)
ARTIFACTS = ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")


def tasks_trust(scope: Scope) -> Trust:
    """ECS starts tasks. The ARN of one cluster is not supported here (ECS Developer Guide, "Task execution role")."""
    return Trust("ecs-tasks.amazonaws.com", scope.account, scope.arn("ecs", "*"))


def balancing_trust() -> Trust:
    """ECS itself. The guide's trust policy has no conditions, and documents none that ECS would meet."""
    return Trust("ecs.amazonaws.com")


def codebuild_trust(scope: Scope) -> Trust:
    """CodeBuild builds the app's projects (CodeBuild User Guide, "Cross-service confused deputy prevention")."""
    return Trust("codebuild.amazonaws.com", scope.account, scope.arn("codebuild", f"project/{scope.names.app}-*"))


def notify_trust(scope: Scope) -> Trust:
    """EventBridge posts to the webhook, for rules of the app (EventBridge user guide, "Confused deputy")."""
    return Trust("events.amazonaws.com", scope.account, scope.arn("events", f"rule/{scope.names.app}-*"))


def flow_logs_trust(scope: Scope) -> Trust:
    """EC2 writes flow logs of the account (VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs")."""
    return Trust("vpc-flow-logs.amazonaws.com", scope.account, scope.arn("ec2", "vpc-flow-log/*"))


def flow_logs(scope: Scope) -> Statements:
    """Write into the one group, as on the same page, but without the permission to create groups, since this one
    exists.
    """
    group = scope.arn("logs", f"log-group:{scope.names.flow_logs}")
    writes = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
    return (
        Statement("FlowLogs", writes, (group, f"{group}:*")),
        Statement("FlowLogGroups", ("logs:DescribeLogGroups",), ("*",)),
    )


def notify(scope: Scope) -> Statements:
    """Post to the webhook (EventBridge user guide, "API destinations")."""
    arn = scope.arn("events", f"api-destination/{scope.names.webhook}/*")
    return (Statement("Webhook", ("events:InvokeApiDestination",), (arn,)),)


def reporting(scope: Scope, secret: str, keys: Iterable[str] = ()) -> Statements:
    """The permissions of the project that notifies GitHub of releases: the runs of this pipeline, and the token."""
    group = scope.arn("logs", f"log-group:{scope.names.build_logs(scope.names.reports_project)}")
    pipeline = scope.arn("codepipeline", scope.names.pipeline)
    return (
        Statement("BuildLogs", ("logs:CreateLogStream", "logs:PutLogEvents"), (group, f"{group}:*")),
        Statement("Runs", ("codepipeline:GetPipelineExecution",), (pipeline,)),
        *_reads([secret], scope, keys),
    )


def starts(scope: Scope) -> Statements:
    """EventBridge's permission to start that project, and no other."""
    project = scope.arn("codebuild", f"project/{scope.names.reports_project}")
    return (Statement("Start", ("codebuild:StartBuild",), (project,)),)


def codepipeline_trust(scope: Scope) -> Trust:
    """CodePipeline runs the pipeline. AWS documents no source keys for it: its own service role has no condition."""
    del scope
    return Trust("codepipeline.amazonaws.com")


def execution(
    scope: Scope, secrets: Iterable[str] = (), images: Iterable[str] = (), keys: Iterable[str] = ()
) -> Statements:
    """ECS's permissions to start a task: its images, its log streams, its secrets.

    `secrets` are ARNs as tasks name them, `images` those of sidecars, `keys` the KMS keys of the secrets. The app's
    images and logs need no right to a key: ECR decrypts by grants that it has from the repository's making (Amazon ECR
    user guide, "Encryption at rest"), CloudWatch Logs by the key's policy.
    """
    others = {_repository(scope, image) for image in images} - {"", scope.repository}
    return (
        Statement("EcrLogin", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement("EcrPull", PULL, (scope.repository, *sorted(others))),
        Statement(
            "AppLogs",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            (scope.arn("logs", f"log-group:{scope.names.app_logs}:log-stream:*"),),
        ),
        *_reads(secrets, scope, keys),
    )


def task(scope: Scope, execute_command: bool, permissions: Iterable[Permission] = ()) -> Statements:
    """The app's own permissions: those in ecsctl.toml, and the channels of `exec` (ECS Developer Guide, "ECS Exec").

    Without either nothing.
    """
    channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    terminal = Statement("EcsExec", tuple(f"ssmmessages:{channel}" for channel in channels), ("*",))
    return (*((terminal,) if execute_command else ()), *app_rights(scope, permissions))


def codebuild(
    scope: Scope,
    projects: Sequence[str],
    *,
    connection: str = "",
    repository: str = "",
    secret: str = "",
    image: str = "",
    login: str = "",
    reads: Iterable[str] = (),
    keys: Iterable[str] = (),
    scans: bool = False,
    signer: str = "",
    key: str = "",
) -> Statements:
    """A build's permissions: its logs, its source, the one repository, and the pipeline's artifacts.

    `connection` and `secret` are the full ARNs of what opens the repository on GitHub; empty if it is not used. `image`
    is the build's own, which the role pulls if it is in an ECR registry; `login` the secret that opens another registry
    for it (CodeBuild user guide, "Private registry with AWS Secrets Manager sample"); `reads` are the build's own
    secrets, and `keys` the KMS keys of all of these; `key` is that of the artifacts. GetConnectionToken has no
    condition keys: its token opens every repository that the connection's GitHub App is installed on. A build that the
    project starts by itself, such as the first one, cannot do without it.
    """
    groups = [scope.arn("logs", f"log-group:{scope.names.build_logs(project)}") for project in projects]
    statements = [
        Statement(
            "BuildLogs",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            tuple(f"{group}{part}" for group in groups for part in ("", ":*")),
        ),
        Statement("EcrLogin", ("ecr:GetAuthorizationToken",), ("*",)),
        Statement("EcrPushPull", PULL + PUSH + (SCANNED if scans else ()), (scope.repository,)),
        Statement("PipelineArtifacts", ARTIFACTS, (f"{scope.bucket}/*",)),
        Statement("PipelineBucket", ("s3:GetBucketAcl", "s3:GetBucketLocation"), (scope.bucket,)),
    ]
    if connection:
        statements.append(connects("SourceThroughConnection", ("GetConnection", "GetConnectionToken"), connection))
        statements.append(connects("SourceOfOneRepository", ("UseConnection",), connection, repository))
    if arn := _repository(scope, image):
        statements.append(Statement("BuildImage", PULL, (arn,)))
    if signer:  # ECR signs with the permissions of whoever pushes (Amazon ECR user guide, "Managed signing")
        statements.append(Statement("Sign", ("signer:SignPayload",), (signer,)))
    return (*statements, *artifact_key(key), *_reads(filter(None, (secret, login, *reads)), scope, keys))


def artifact_key(key: str, *, reads: bool = False) -> Statements:
    """Put artifacts into S3 with this KMS key, and get them; or only the latter. Without a key nothing.

    CodePipeline user guide, "Configure server-side encryption for artifacts stored in Amazon S3 for CodePipeline".
    """
    actions = (
        ["Decrypt"]
        if reads
        else ["Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo"]
    )
    return (Statement("ArtifactKey", tuple(f"kms:{one}" for one in actions), (key,)),) if key else ()


def release(scope: Scope, role: str) -> Statements:
    """The permissions of the project that runs the release command: one task of the given process, with its roles.

    AWS has nothing narrower for DeregisterTaskDefinition and DescribeTaskDefinition.
    """
    names = scope.names
    group = scope.arn("logs", f"log-group:{scope.names.build_logs(names.release_project)}")
    revisions = (scope.arn("ecs", f"task-definition/{names.family}:*"),)
    tasks = (scope.arn("ecs", f"task/{names.cluster}/*"),)
    here = Condition("ArnEquals", "ecs:cluster", (scope.cluster,))
    tagging = Condition("StringEquals", "ecs:CreateAction", ("RegisterTaskDefinition", "RunTask"))
    return (
        Statement("BuildLogs", ("logs:CreateLogStream", "logs:PutLogEvents"), (group, f"{group}:*")),
        Statement("BuildResult", ("s3:GetObject", "s3:GetObjectVersion"), (f"{scope.bucket}/*",)),
        Statement("Service", ("ecs:DescribeServices",), (scope.arn("ecs", f"service/{names.service_path}"),)),
        Statement("Revisions", ("ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"), ("*",)),
        Statement("OneRevision", ("ecs:RegisterTaskDefinition",), revisions),
        Statement("OneTask", ("ecs:RunTask",), revisions, (here,)),
        Statement("Tags", ("ecs:TagResource",), (*revisions, *tasks), (tagging,)),
        Statement("ThatTask", ("ecs:DescribeTasks", "ecs:StopTask"), tasks),
        Statement("ItsLog", ("logs:FilterLogEvents",), (scope.arn("logs", f"log-group:{names.app_logs}:*"),)),
        pass_roles("PassTaskRoles", (scope.role("execution"), scope.role(role)), "ecs-tasks"),
    )


def scheduler_trust(scope: Scope) -> Trust:
    """EventBridge Scheduler, for schedules of the app's group.

    EventBridge Scheduler user guide, "Confused deputy prevention": the ARN is the group's, not a schedule's.
    """
    group = scope.arn("scheduler", f"schedule-group/{scope.names.schedule_group}")
    return Trust("scheduler.amazonaws.com", scope.account, group)


def scheduler(scope: Scope, jobs: Iterable[str], own_roles: Iterable[str], *, web: bool) -> Statements:
    """The schedules' permissions: to run these jobs in this cluster, with these roles, and to tag the tasks.

    A family without a revision counts as its latest one (aws/aws-cdk#30390 quotes AWS's letter). `own_roles` are the
    jobs with a role of their own; `web`: some have that of the web.
    """
    here = Condition("ArnEquals", "ecs:cluster", (scope.cluster,))
    families = tuple(scope.arn("ecs", f"task-definition/{scope.names.on(one).family}:*") for one in jobs)
    tasks = (scope.arn("ecs", f"task/{scope.names.cluster}/*"),)
    return (
        Statement("RunJobs", ("ecs:RunTask",), families, (here,)),
        Statement("Tags", ("ecs:TagResource",), tasks, (Condition("StringEquals", "ecs:CreateAction", ("RunTask",)),)),
        pass_roles("PassTaskRoles", _task_roles(scope, own_roles, web=web), "ecs-tasks"),
    )


def registering(scope: Scope, jobs: Iterable[str], own_roles: Iterable[str], *, web: bool) -> Statements:
    """The permissions of the project that gives the jobs the image of a release: to register revisions of their
    families.

    AWS has nothing narrower for DescribeTaskDefinition.
    """
    group = scope.arn("logs", f"log-group:{scope.names.build_logs(scope.names.jobs_project)}")
    families = tuple(scope.arn("ecs", f"task-definition/{scope.names.on(one).family}:*") for one in jobs)
    tagging = Condition("StringEquals", "ecs:CreateAction", ("RegisterTaskDefinition",))
    return (
        Statement("BuildLogs", ("logs:CreateLogStream", "logs:PutLogEvents"), (group, f"{group}:*")),
        Statement("BuildResult", ("s3:GetObject", "s3:GetObjectVersion"), (f"{scope.bucket}/*",)),
        Statement("Revisions", ("ecs:DescribeTaskDefinition",), ("*",)),
        Statement("Register", ("ecs:RegisterTaskDefinition",), families),
        Statement("Tags", ("ecs:TagResource",), families, (tagging,)),
        pass_roles("PassTaskRoles", _task_roles(scope, own_roles, web=web), "ecs-tasks"),
    )


def reads_tasks(scope: Scope) -> Statements:
    """The permissions of a task that may run only while no other of its family does."""
    here = Condition("ArnEquals", "ecs:cluster", (scope.cluster,))
    return (
        Statement("OtherRuns", ("ecs:ListTasks",), ("*",), (here,)),
        Statement("WhichIsFirst", ("ecs:DescribeTasks",), (scope.arn("ecs", f"task/{scope.names.cluster}/*"),)),
    )


def _task_roles(scope: Scope, own_roles: Iterable[str], *, web: bool) -> tuple[str, ...]:
    own = (scope.role(f"task-{one}") for one in own_roles)
    return (scope.role("execution"), *((scope.role("task"),) if web else ()), *own)


def in_vpc(scope: Scope) -> Statements:
    """The permissions of a build inside a VPC: a network interface of its own there.

    CodeBuild user guide, "Allow CodeBuild access to AWS services required to create a VPC network interface".
    """
    kinds = ("DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")
    actions = (*(f"ec2:Describe{what}" for what in kinds), "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface")
    handed = Condition("StringEquals", "ec2:AuthorizedService", ("codebuild.amazonaws.com",))
    interfaces = (scope.arn("ec2", "network-interface/*"),)
    return (
        Statement("NetworkInterfaces", actions, ("*",)),
        Statement("InterfaceForCodeBuild", ("ec2:CreateNetworkInterfacePermission",), interfaces, (handed,)),
    )


def codepipeline(
    scope: Scope,
    projects: Sequence[str],
    *,
    connection: str = "",
    repository: str = "",
    processes: Iterable[str] = (WEB,),
    own_roles: Iterable[str] = (),
    key: str = "",
) -> Statements:
    """The pipeline's permissions: its bucket, its source, its projects, and to deploy new revisions to the services.

    `own_roles` are the workers whose tasks have another role than those of the web, `key` encrypts the artifacts.
    """
    names = scope.names
    each = [names.on(process) for process in processes]
    services = tuple(scope.arn("ecs", f"service/{one.service_path}") for one in each)
    revisions = tuple(scope.arn("ecs", f"task-definition/{one.family}:*") for one in each)
    tasks = (scope.role("task"), *(scope.role(f"task-{one}") for one in own_roles))
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
    ]
    if each:
        statements += [
            Statement("TaskDefinitionRead", ("ecs:DescribeTaskDefinition", "ecs:ListTasks"), ("*",)),
            Statement("TaskDefinitionWrite", ("ecs:RegisterTaskDefinition",), revisions),
            Statement(
                "TagNewRevision",
                ("ecs:TagResource",),
                revisions,
                (Condition("StringEquals", "ecs:CreateAction", ("RegisterTaskDefinition",)),),
            ),
            Statement("Service", ("ecs:DescribeServices", "ecs:UpdateService"), services),
            Statement("Tasks", ("ecs:DescribeTasks",), (scope.arn("ecs", f"task/{names.cluster}/*"),)),
            pass_roles("PassTaskRoles", (scope.role("execution"), *tasks), "ecs-tasks"),
        ]
    if connection:
        statements.append(connects("Source", ("UseConnection",), connection, repository))
    return (*statements, *artifact_key(key))


def _repository(scope: Scope, image: str) -> str:
    """The ARN of the repository of an image in ECR; empty for another registry's."""
    own = Reference.of(image)
    return f"arn:{scope.partition}:ecr:{own.region}:{own.account}:repository/{own.repository}" if own else ""


def _reads(secrets: Iterable[str], scope: Scope, keys: Iterable[str] = ()) -> Statements:
    """Read these secrets and parameters, each by its exact ARN; anything after a secret's name (a key in it) is cut
    off.

    `keys` encrypt the secrets: they decrypt nothing else here.
    """
    given = tuple(secrets)
    held = sorted({":".join(arn.split(":")[:7]) for arn in given if ":secretsmanager:" in arn})
    parameters = sorted({arn for arn in given if ":ssm:" in arn})
    statements = []
    if held:
        statements.append(Statement("Secrets", ("secretsmanager:GetSecretValue",), tuple(held)))
    if keys := tuple(sorted({*keys})):
        statements.append(Statement("SecretKeys", ("kms:Decrypt",), keys, (scope.through("secretsmanager"),)))
    if parameters:
        statements.append(Statement("Parameters", ("ssm:GetParameters",), tuple(parameters)))
    return tuple(statements)
