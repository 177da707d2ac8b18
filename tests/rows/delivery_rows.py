"""The rows of the kinds of delivery: another value for each field, and what others may do by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ecsctl.engine.secret import Secret
from ecsctl.ensure import policies
from ecsctl.ids import (
    BucketName,
    ClusterName,
    LogGroupName,
    PipelineName,
    ProjectName,
    RoleName,
    ServiceName,
    TopicArn,
)
from ecsctl.resources.bucket import Bucket, LogBucket
from ecsctl.resources.build_project import BuildProject, EnvVar, SourceAuth
from ecsctl.resources.build_rule import BuildRule
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.pipeline_webhook import PipelineWebhook
from ecsctl.resources.repository import Repository
from ecsctl.resources.role import Role
from ecsctl.resources.rule import Rule
from ecsctl.resources.signing_rule import SigningRule
from ecsctl.resources.source_credentials import SourceCredentials
from ecsctl.resources.support.pipeline_structure import Approval, Check, Deploy
from ecsctl.resources.support.policy_document import Statement, Trust, policy, trust_policy
from ecsctl.resources.topic import Topic
from ecsctl.resources.webhook import Webhook
from tests.rows.delivery import (
    BOUNDARY,
    KEY,
    NAMES,
    NEXT,
    OTHER_BUCKET,
    OTHER_BUILD_ROLE,
    OTHER_LOGS,
    OTHER_PIPELINE_ROLE,
    OTHER_PROJECT,
    SCOPE,
    SECRET,
    STARTED,
    edit_pipeline,
    lifecycle,
    profile,
    project,
    publishing,
    pushed,
)
from tests.rows.row import Row


def _elsewhere(cloud: Any, ids: dict[str, Any]) -> None:
    """Someone lets it lead to a place of his own."""
    events = cloud.boto("events")
    arn = events.describe_connection(Name="shop-webhook")["ConnectionArn"]
    events.update_api_destination(Name="shop-webhook", ConnectionArn=arn, InvocationEndpoint="https://x.example.com")


def _edit_project(**changes: Any) -> Any:
    return lambda cloud, ids: cloud.boto("codebuild").update_project(name=NAMES.project, **changes)


def _edited(change: Callable[[dict[str, Any]], Any]) -> Any:
    return lambda cloud, ids: edit_pipeline(cloud, change)


def _other_rights(cloud: Any, ids: Any) -> None:
    more = policy([Statement("All", ("s3:GetObject",), ("*",))])
    cloud.boto("iam").put_role_policy(RoleName=NAMES.role("build"), PolicyName="ecsctl", PolicyDocument=more)


def _other_trust(cloud: Any, ids: Any) -> None:
    trust = trust_policy(Trust("codebuild.amazonaws.com"))
    cloud.boto("iam").update_assume_role_policy(RoleName=NAMES.role("build"), PolicyDocument=trust)


def _untagged_project(cloud: Any, ids: Any) -> None:
    tags = [tag for tag in project(cloud)["tags"] if tag["key"] != "owner"]
    cloud.boto("codebuild").update_project(name=NAMES.project, tags=tags)


def _other_environment(cloud: Any, ids: Any) -> None:
    machine = project(cloud)["environment"]
    machine |= {"privilegedMode": False, "environmentVariables": [{"name": "CONTAINER_NAME", "value": "other"}]}
    cloud.boto("codebuild").update_project(name=NAMES.project, environment=machine)


def _other_filter(cloud: Any, ids: Any) -> None:
    definition = cloud.boto("codepipeline").list_webhooks()["webhooks"][0]["definition"]
    definition |= {"filters": [{"jsonPath": "$.ref"}], "authenticationConfiguration": {"SecretToken": "x"}}
    cloud.boto("codepipeline").put_webhook(webhook=definition)


def _other_words(cloud: Any, ids: Any) -> None:
    """Someone wants the event itself, and adds a target of their own."""
    posted = {"Id": "ecsctl-webhook", "Arn": ids["webhook"].arn, "RoleArn": ids["notify-role"].arn}
    for target in (posted, {"Id": "theirs", "Arn": ids["topic"].arn}):
        cloud.boto("events").put_targets(Rule="shop-failed-runs", Targets=[target])


def _their_policy(cloud: Any, ids: Any) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    cloud.boto("iam").put_role_policy(
        RoleName=ids["build-role"].name, PolicyName="theirs", PolicyDocument=json.dumps(document)
    )


def _has_their_policy(cloud: Any, ids: Any) -> bool:
    return "theirs" in cloud.boto("iam").list_role_policies(RoleName=ids["build-role"].name)["PolicyNames"]


def _their_target(cloud: Any, ids: Any) -> None:
    queue = SCOPE.arn("sqs", "theirs")
    cloud.boto("events").put_targets(Rule=ids["failed-runs"].name, Targets=[{"Id": "theirs", "Arn": queue}])


def _has_their_target(cloud: Any, ids: Any) -> bool:
    targets = cloud.boto("events").list_targets_by_rule(Rule=ids["failed-runs"].name)["Targets"]
    return any(one["Id"] == "theirs" for one in targets)


ROWS = (
    Row(
        Repository,
        "delivery",
        "repository",
        {
            "image_tag_mutability": "MUTABLE_WITH_EXCLUSION",
            "image_tag_mutability_exclusion_filters": ("v*",),
            "scan_on_push": False,
            "lifecycle_policy": lifecycle(8),
        },
        {"name": "other", "kms_key": KEY},
        withheld=frozenset({"ecr:DeleteLifecyclePolicy"}),
    ),
    Row(SigningRule, "delivery", "signing", {"profile": profile("others")}, {"repository": "other"}),
    Row(
        Role,
        "delivery",
        "build-role",
        {
            "statements": policies.codebuild(SCOPE, STARTED, secret=SECRET),
            "assume_role_policy": Trust("codebuild.amazonaws.com"),
            "permissions_boundary": BOUNDARY,
            "policies": frozenset({"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}),
        },
        {"name": RoleName("other"), "path": "/service/"},
        withheld=frozenset(
            {
                "iam:AttachRolePolicy",
                "iam:PutRolePermissionsBoundary",
                "iam:DeleteRolePermissionsBoundary",
                "iam:RemoveRoleFromInstanceProfile",
            }
        ),
        by_hand={"statements": _other_rights, "assume_role_policy": _other_trust},
        beside=_their_policy,
        kept=_has_their_policy,
    ),
    Row(
        LogGroup,
        "delivery",
        "build-logs",
        {"retention_in_days": 7, "kms_key": KEY},
        {"name": LogGroupName("/other")},
        withheld=frozenset({"logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey"}),
        by_hand={
            "retention_in_days": lambda cloud, ids: cloud.boto("logs").delete_retention_policy(
                logGroupName=ids["build-logs"].name
            )
        },
    ),
    Row(
        Bucket,
        "delivery",
        "artifacts",
        {
            "public_access_block": False,
            "encryption": KEY,
            "tls_only": False,
            "expiration_days": 3,
            "abort_incomplete_multipart_upload_days": 1,
        },
        {"name": BucketName("other-artifacts")},
        withheld=frozenset({"s3:DeleteBucketPolicy", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"}),
        by_hand={"tls_only": lambda cloud, ids: cloud.boto("s3").delete_bucket_policy(Bucket=NAMES.bucket)},
    ),
    Row(
        LogBucket,
        "delivery",
        "access-logs",
        {
            "public_access_block": False,
            "encryption": "aws:kms",
            "tls_only": False,
            "expiration_days": 3,
            "abort_incomplete_multipart_upload_days": 1,
            "delivery": False,
        },
        {"name": BucketName("other-logs")},
        withheld=frozenset({"s3:DeleteBucketPolicy"}),
        by_hand={"delivery": lambda cloud, ids: cloud.boto("s3").delete_bucket_policy(Bucket=NAMES.log_bucket)},
    ),
    Row(
        SourceCredentials,
        "delivery",
        "github-credentials",
        {"token": Secret.of(NEXT)},
        {"role": RoleName("other")},
        apart="an account has one for all its apps: others use it as it is",
    ),
    Row(
        BuildProject,
        "delivery",
        "build",
        {
            "role": OTHER_BUILD_ROLE,
            "repository": "https://github.com/ann/other.git",
            "source_version": "release/1.x",
            "log_group": OTHER_LOGS,
            "image": "registry.example.com/tools:1",
            "registry_credential": SECRET,
            "environment_variables": (EnvVar("TOKEN", "github/token", "SECRETS_MANAGER"),),
            "environment_type": "LINUX_CONTAINER",
            "compute_type": "BUILD_GENERAL1_LARGE",
            "image_pull_credentials_type": "SERVICE_ROLE",
            "privileged_mode": False,
            "buildspec": "ci/buildspec.yml",
            "timeout_in_minutes": 5,
            "source_auth": SourceAuth("SECRETS_MANAGER", SECRET),
            "webhook_branch": "release/1.x",
            "more": (("queuedTimeoutInMinutes", "60"), ("source.gitCloneDepth", "0")),
        },
        {"name": ProjectName("other"), "artifacts": "CODEPIPELINE"},
        {"vpc_config": "it takes a network: tests/stack/test_builds_inside.py"},
        by_hand={
            "environment_variables": _other_environment,
            "timeout_in_minutes": _edit_project(timeoutInMinutes=480),
            "tags": _untagged_project,
        },
    ),
    Row(
        Pipeline,
        "delivery",
        "pipeline",
        {
            "role": OTHER_PIPELINE_ROLE,
            "bucket": OTHER_BUCKET,
            "encryption_key": KEY,
            "source": pushed(branch="release/1.x"),
            "build": OTHER_PROJECT,
            "release": OTHER_PROJECT,
            "jobs": OTHER_PROJECT,
            "deploys": (Deploy("Deploy", ClusterName("shop"), ServiceName("shop"), "images.json", 30),),
            "tests": (Check("Unit", OTHER_PROJECT),),
            "approvals": (Approval("Ann", "Is it good?"), Approval("Bob")),
        },
        {"name": PipelineName("other")},
        {
            "exact": "always desired; what somebody else puts in is in tests/resources/test_pipeline.py",
            "first_run": "what is still to do about a run; tests/resources/test_pipeline.py",
        },
        by_hand={
            "exact": _edited(
                lambda found: found["stages"][0]["actions"][0]["configuration"].pop("PollForSourceChanges")
            ),
            "deploys": _edited(
                lambda found: found["stages"][-1]["actions"][0]["configuration"].update(ClusterName="x")
            ),
            "tags": lambda cloud, ids: cloud.boto("codepipeline").untag_resource(
                resourceArn=ids["pipeline"].arn, tagKeys=["owner"]
            ),
        },
    ),
    Row(
        PipelineWebhook,
        "delivery",
        "pipeline-webhook",
        {"token": Secret.of(NEXT), "filters": (("$.ref", "refs/heads/other"),)},
        {"name": "other", "repository": "ann/other", "pipeline": PipelineName("other"), "target_action": "Other"},
        {"registered": "always true in the desired state; tests/resources/test_pipeline_webhook.py"},
        by_hand={
            "filters": _other_filter,
            "tags": lambda cloud, ids: cloud.boto("codepipeline").untag_resource(
                resourceArn=ids["pipeline-webhook"].arn, tagKeys=["owner"]
            ),
        },
    ),
    Row(
        Topic,
        "delivery",
        "topic",
        {
            "policy": publishing("cloudwatch"),
            "kms_master_key": KEY,
            "emails": frozenset({"ops@example.com", "ann@example.com"}),
        },
        {"name": "other"},
        leaves=frozenset({"emails"}),  # nobody can take back an e-mail that asks for confirmation
    ),
    Row(
        Webhook,
        "delivery",
        "webhook",
        {"invocation_endpoint": Secret.of(f"https://chat.example.com/{NEXT}")},
        {"name": "other-webhook"},
        by_hand={"invocation_endpoint": _elsewhere},
    ),
    Row(
        Rule,
        "delivery",
        "failed-runs",
        {
            "enabled": False,
            "pattern": json.dumps({"source": ["aws.ecs"], "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}}),
            "topic": TopicArn(SCOPE.arn("sns", "other")),
            "webhook": "",
            "role": "",
            "message": 'the run "<which>" of <app>',
            "input_paths_map": (("which", "$.detail.execution-id"), ("app", "$.detail.pipeline")),
        },
        {"name": "other"},
        by_hand={
            "message": _other_words,
            "topic": lambda cloud, ids: cloud.boto("events").remove_targets(Rule="shop-failed-runs", Ids=["ecsctl"]),
            "tags": lambda cloud, ids: cloud.boto("events").untag_resource(
                ResourceARN=ids["failed-runs"].arn, TagKeys=["owner"]
            ),
        },
        beside=_their_target,
        kept=_has_their_target,
    ),
    Row(
        BuildRule,
        "delivery",
        "release-events",
        {
            "enabled": False,
            "pattern": json.dumps({"source": ["aws.ecs"]}),
            "project": OTHER_PROJECT,
            "role": OTHER_BUILD_ROLE,
            "variables": (("RUN", "$.detail.execution-id"), ("STATE", "$.detail.state")),
        },
        {"name": "other"},
        by_hand={
            "project": lambda cloud, ids: cloud.boto("events").remove_targets(
                Rule="shop-release-events", Ids=["ecsctl-build"]
            ),
            "tags": lambda cloud, ids: cloud.boto("events").untag_resource(
                ResourceARN=ids["release-events"].arn, TagKeys=["owner"]
            ),
        },
    ),
)
