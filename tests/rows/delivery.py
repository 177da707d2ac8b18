"""Roles, logs, bucket and delivery as a small stack, and the rows of its kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from moto.kms.models import kms_backends

from ecsctl.engine.secret import Secret
from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ids import (
    BucketName,
    ClusterName,
    LogGroupName,
    ProjectName,
    RoleArn,
    ServiceName,
)
from ecsctl.names import Names
from ecsctl.resources.bucket import Bucket, LogBucket
from ecsctl.resources.build_project import BuildProject, EnvVar
from ecsctl.resources.build_rule import BuildRule
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.pipeline_webhook import PipelineWebhook
from ecsctl.resources.repository import Repository
from ecsctl.resources.role import Role
from ecsctl.resources.rule import Rule
from ecsctl.resources.signing_rule import SigningRule
from ecsctl.resources.source_credentials import SourceCredentials
from ecsctl.resources.support.pipeline_structure import Deploy, GitHubSource
from ecsctl.resources.support.policy_document import Statement, Trust, policy, trust_policy
from ecsctl.resources.support.rights import Scope
from ecsctl.resources.topic import Topic
from ecsctl.resources.webhook import Webhook
from tests.desired_stack import usual
from tests.rows.row import Changes, Compose

ACCOUNT_ID, REGION = "123456789012", "eu-central-1"
NAMES = Names("shop", ACCOUNT_ID, REGION)
SCOPE = Scope(NAMES, ACCOUNT_ID, REGION)
CANARY, NEXT = "ghp_CANARYcanaryCANARYcanary0123456789", "ghp_NEXTcanaryNEXTcanaryNEXT9876543210"
TOKEN = Secret.of(CANARY)
REPOSITORY = "https://github.com/ann/shop.git"
SECRET = SCOPE.arn("secretsmanager", "secret:github/token-AbCdEf")
IMAGE = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
STARTED = (NAMES.project, NAMES.test_project("unit"))

DESIRED: dict[str, Callable[[Any], Any]] = {
    "build-role": lambda parts: usual(
        Role,
        name=NAMES.role("build"),
        assume_role_policy=policies.codebuild_trust(SCOPE),
        statements=policies.codebuild(SCOPE, STARTED),
    ),
    "pipeline-role": lambda parts: usual(
        Role,
        name=NAMES.role("pipeline"),
        assume_role_policy=policies.codepipeline_trust(SCOPE),
        statements=policies.codepipeline(SCOPE, STARTED),
    ),
    "build-logs": lambda parts: usual(LogGroup, name=NAMES.build_logs(NAMES.project)),
    "artifacts": lambda parts: usual(Bucket, name=NAMES.bucket),
    "access-logs": lambda parts: usual(LogBucket, name=NAMES.log_bucket),
    "github-credentials": lambda parts: SourceCredentials(token=TOKEN, role=parts["build-role"].name),
    "build": lambda parts: usual(
        BuildProject,
        name=NAMES.project,
        role=parts["build-role"].arn,
        repository=REPOSITORY,
        source_version="main",
        log_group=parts["build-logs"].name,
        image=IMAGE,
        environment_variables=(EnvVar("CONTAINER_NAME", "shop"), EnvVar("AWS_STACK_REGION", REGION)),
        credentials=parts["github-credentials"].arn,
    ),
    "pipeline": lambda parts: usual(
        Pipeline,
        name="shop",
        role=parts["pipeline-role"].arn,
        bucket=parts["artifacts"].name,
        source=GitHubSource("ann", "shop", "main", TOKEN),
        build=parts["build"].name,
        deploys=(Deploy("Deploy", ClusterName("shop"), ServiceName("shop")),),
    ),
    "pipeline-webhook": lambda parts: usual(
        PipelineWebhook, name="shop", repository="ann/shop", pipeline=parts["pipeline"].name, token=TOKEN
    ),
}
ALL = tuple(DESIRED)
DESIRED["repository"] = lambda parts: usual(Repository, name="shop", lifecycle_policy=lifecycle(9))
DESIRED["signing"] = lambda parts: SigningRule(repository=parts["repository"].name, profile=profile("images"))
DESIRED["topic"] = lambda parts: Topic(
    name="shop", policy=publishing("events"), kms_master_key="", emails=frozenset({"ops@example.com"})
)
DESIRED["notify-role"] = lambda parts: usual(
    Role, name=NAMES.role("notify"), assume_role_policy=policies.notify_trust(SCOPE), statements=policies.notify(SCOPE)
)
DESIRED["webhook"] = lambda parts: Webhook(
    name="shop-webhook",
    invocation_endpoint=Secret.of(f"https://chat.example.com/{CANARY}"),
    role=parts["notify-role"].name,
)
DESIRED["failed-runs"] = lambda parts: Rule(
    name="shop-failed-runs",
    enabled=True,
    pattern=json.dumps({"source": ["aws.codepipeline"]}),
    topic=parts["topic"].arn,
    webhook=parts["webhook"].arn,
    role=parts["notify-role"].arn,
    message="run <run> has failed",
    input_paths_map=(("run", "$.detail.execution-id"),),
)
DESIRED["release-events-role"] = lambda parts: usual(
    Role,
    name=NAMES.role("release-events"),
    assume_role_policy=policies.notify_trust(SCOPE),
    statements=policies.starts(SCOPE),
)
DESIRED["release-events"] = lambda parts: BuildRule(
    name="shop-release-events",
    enabled=True,
    pattern=json.dumps({"source": ["aws.codepipeline"]}),
    project=NAMES.reports_project,
    role=parts["release-events-role"].arn,
    variables=(("PIPELINE_RUN", "$.detail.execution-id"),),
)
KEY_ID = "2b3c4d5e-0000-4000-8000-000000000000"
KEY = SCOPE.arn("kms", f"key/{KEY_ID}")
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/limits"
OTHER_BUILD_ROLE, OTHER_PIPELINE_ROLE = (
    RoleArn(f"arn:aws:iam::{ACCOUNT_ID}:role/other-{one}") for one in ("build", "pipeline")
)
OTHER_LOGS, OTHER_BUCKET, OTHER_PROJECT = LogGroupName("/other"), BucketName("other-artifacts"), ProjectName("other")


def publishing(service: str) -> str:
    """A topic's policy that lets an AWS service publish."""
    allowed = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sns:Publish"}
    return json.dumps({"Statement": [{**allowed, "Resource": SCOPE.arn("sns", "shop")}]})


def lifecycle(count: int) -> str:
    """A lifecycle policy that keeps so many images."""
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})


def profile(name: str) -> str:
    """A signing profile's ARN."""
    return SCOPE.arn("signer", f"/signing-profiles/{name}")


class Parts(dict[str, Any]):
    """The ids of the parts; asking for one puts it, and what it needs, into the stack."""

    def __init__(self, stack: Stack, changes: Mapping[str, Any]) -> None:
        super().__init__()
        self.stack, self.changes = stack, changes

    def __missing__(self, name: str) -> Any:
        changed = self.changes.get(name, {})
        desired = DESIRED[name](self)
        desired = replace(
            desired, **{field: value(self) if callable(value) else value for field, value in changed.items()}
        )
        self[name] = self.stack.ensure(name, desired)
        return self[name]


def stack_of(*names: str, **changes: Any) -> Callable[[Stack], None]:
    """A composition of these parts and what they need. `build={"minutes": 5}` changes the desired state of a part."""

    def compose(stack: Stack) -> None:
        parts = Parts(stack, {name.replace("_", "-"): change for name, change in changes.items()})
        for name in names:
            parts[name]

    return compose


def others(cloud: Any) -> None:
    """Make by hand what a changed desired state may turn to."""
    iam = cloud.boto("iam")
    document = policy([Statement("All", ("*",), ("*",))])
    iam.create_policy(PolicyName="limits", PolicyDocument=document)
    for service, role in (("codebuild", OTHER_BUILD_ROLE), ("codepipeline", OTHER_PIPELINE_ROLE)):
        name = role.rpartition("/")[2]
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy(Trust(f"{service}.amazonaws.com")))
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document)
    cloud.boto("logs").create_log_group(logGroupName=OTHER_LOGS)
    a_key(cloud)
    cloud.boto("s3").create_bucket(Bucket=OTHER_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    cloud.clock.sleep(60)
    cloud.boto("codebuild").create_project(
        name=OTHER_PROJECT,
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "ARM_CONTAINER", "image": IMAGE, "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=OTHER_BUILD_ROLE,
    )


def a_key(cloud: Any) -> None:
    """A key with an id that rows can name, whose policy lets everybody do everything."""
    whole = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    made = cloud.boto("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [whole]}))
    held = kms_backends[ACCOUNT_ID][REGION].keys
    key = held.pop(made["KeyMetadata"]["KeyId"])
    key.id, key.arn = KEY_ID, KEY
    held[KEY_ID] = key


def composition(cloud: Any) -> Callable[[Changes], Compose]:
    """Returns what makes a composition of all parts, with these changes of theirs."""
    others(cloud)
    return lambda changes: stack_of(*DESIRED, **{part.replace("-", "_"): one for part, one in changes.items()})


def pushed(token: str = CANARY, branch: str = "main") -> GitHubSource:
    return GitHubSource("ann", "shop", branch, Secret.of(token))


def project(cloud: Any) -> dict[str, Any]:
    """The project as AWS shows it."""
    found: dict[str, Any] = cloud.boto("codebuild").batch_get_projects(names=[NAMES.project])["projects"][0]
    return found


def edit_pipeline(cloud: Any, change: Callable[[dict[str, Any]], Any]) -> None:
    """Do what someone does in the console: read, change, write back, the masked token too."""
    codepipeline = cloud.boto("codepipeline")
    found = codepipeline.get_pipeline(name="shop")["pipeline"]
    change(found)
    codepipeline.update_pipeline(pipeline=found)


def settings(found: dict[str, Any], stage: int) -> dict[str, str]:
    """The settings of a stage's first action."""
    of: dict[str, str] = found["stages"][stage]["actions"][0]["configuration"]
    return of
