"""What CodeBuild checks about a project: sources, environments, roles, VPCs."""

import re
from typing import Any

from moto.codebuild.responses import CodeBuildResponse
from moto.ec2.models import ec2_backends

from ecsctl.sandbox.aws import codeconnections, iam
from ecsctl.sandbox.aws.codebuild.credentials import credential
from ecsctl.sandbox.aws.codebuild.images import can_run
from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.overlay import Refusal

_GITHUB = re.compile(r"https://([^@/]+@)?github\.com/[^/\s]+/[^/\s]+|CODEBUILD_DEFAULT_WEBHOOK_SOURCE_LOCATION")
_CONNECTION_ACTIONS = ("GetConnectionToken", "GetConnection")


def check(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    """Refuse a project that AWS would refuse, once its defaults are filled in."""
    _check_source(response, project)
    _check_environment(project["environment"])
    for tag in project["tags"]:
        if tag.get("key", "").startswith("aws:"):
            raise Refusal("InvalidInputException", "Tag keys must not start with aws:")
    _check_role(response, project)
    _check_vpc(response, project)


def _check_vpc(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    """CodeBuild describes the VPC with the permissions of the project's role.

    hashicorp/terraform-provider-aws, codebuild/project.go, retries when the role's permissions have not propagated yet.
    """
    declared = project.get("vpcConfig")
    if not declared:
        return
    if not all(declared.get(field) for field in ("vpcId", "subnets", "securityGroupIds")):
        raise Refusal("InvalidInputException", "Invalid vpc config: vpcId, subnets and securityGroupIds are required")
    account, role = response.current_account, project["serviceRole"]
    for what in ("SecurityGroups", "Subnets", "Vpcs"):
        if not permissions.is_allowed(account, role, f"ec2:Describe{what}", "*"):
            raise Refusal("InvalidInputException", f"Not authorized to perform Describe{what}")
    ec2 = ec2_backends[account][response.region]
    known = [subnet.id for subnet in ec2.describe_subnets() if subnet.vpc_id == declared["vpcId"]]
    if missing := [one for one in declared["subnets"] if one not in known]:
        raise Refusal("InvalidInputException", f"Invalid vpc config: the subnet {missing[0]} is not in the VPC")
    groups = [group.id for group in ec2.describe_security_groups() if group.vpc_id == declared["vpcId"]]
    if missing := [one for one in declared["securityGroupIds"] if one not in groups]:
        raise Refusal("InvalidInputException", f"Invalid vpc config: the security group {missing[0]} is not in the VPC")


def _check_source(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    source, artifacts = project["source"], project["artifacts"]
    if (source["type"] == "CODEPIPELINE") != (artifacts["type"] == "CODEPIPELINE"):
        pairing = "when using CodePipeline both sourceType, and artifactType must be set to: CODEPIPELINE"
        raise Refusal("InvalidInputException", f"Invalid input: {pairing}")  # cloudposse/terraform-aws-codebuild#23
    if source["type"] == "NO_SOURCE" and not source.get("buildspec"):
        raise Refusal("InvalidInputException", "Invalid project source: NO_SOURCE needs a buildspec")
    if source["type"] not in ("CODEPIPELINE", "NO_SOURCE") and not source.get("location"):
        raise Refusal("InvalidInputException", "Project source location is required")
    if source["type"] == "GITHUB":
        if not _GITHUB.fullmatch(source["location"]):
            raise Refusal(
                "InvalidInputException", "Invalid project source: location must be a valid GitHub repository URL"
            )
        _check_auth(response, project)
    if artifacts["type"] == "NO_ARTIFACTS":
        for field, called in (
            ("location", "location"),
            ("name", "output name"),
        ):  # cloudposse/terraform-aws-codebuild#63
            if artifacts.get(field):
                refused = f"Invalid artifacts: artifact type NO_ARTIFACTS should have null {called}"
                raise Refusal("InvalidInputException", refused)
    if artifacts["type"] == "S3" and not artifacts.get("location"):
        raise Refusal("InvalidInputException", "Invalid artifacts: location must not be null for artifact type S3")


def _check_auth(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    auth = project["source"].get("auth") or {}
    if auth.get("type") == "OAUTH" and credential(response.codebuild_backend, "GITHUB") is None:
        message = "No Access token found, please visit AWS CodeBuild console to connect to GitHub"  # aws/aws-cdk#1844
        raise Refusal("InvalidInputException", message)
    if auth.get("type") in ("CODECONNECTIONS", "SECRETS_MANAGER") and not auth.get("resource"):
        raise Refusal("InvalidInputException", f"Invalid project source: auth type {auth['type']} needs a resource")
    if auth.get("type") == "CODECONNECTIONS":
        # The role must be able to use the connection when the project is created (aws/aws-cdk#38504, and the CodeBuild
        # guide, "GitHub and GitHub Enterprise Server access in CodeBuild"); the ARN's prefix decides the IAM action.
        arn = auth["resource"]
        prefix, connection = arn.split(":")[2], codeconnections.connection(response.current_account, arn)
        repository = project["source"].get("location", "").removeprefix("https://github.com/").removesuffix(".git")
        about = {f"{prefix}:FullRepositoryId": (repository,)}
        granted = all(
            permissions.is_allowed(response.current_account, project["serviceRole"], f"{prefix}:{action}", arn, about)
            for action in _CONNECTION_ACTIONS
        )
        if connection is None or connection.status != "AVAILABLE" or not granted:
            raise Refusal("OAuthProviderException", f"Access denied to connection {arn}")


def _check_environment(environment: dict[str, Any]) -> None:
    image, kind, compute = environment["image"], environment["type"], environment["computeType"]
    if ("LAMBDA" in kind) != ("LAMBDA" in compute) or not can_run(image, kind):
        where = f"projects with environment type {kind} and compute type {compute}"  # aws/copilot-cli#3110
        raise Refusal("InvalidInputException", f"AWS CodeBuild curated image {image} is not supported for {where}")
    if image.startswith("aws/codebuild/") and environment["imagePullCredentialsType"] != "CODEBUILD":
        # API reference, ProjectEnvironment: curated images need CODEBUILD credentials. The wording is an assumption.
        raise Refusal("InvalidInputException", "Curated images must be pulled with CODEBUILD credentials")
    if environment.get("registryCredential"):
        # "imagePullCredentialsType must be set to SERVICE_ROLE; images cannot be curated or an Amazon ECR image" (API
        # reference, ProjectEnvironment: registryCredential). The wording is an assumption.
        if environment["imagePullCredentialsType"] != "SERVICE_ROLE":
            raise Refusal("InvalidInputException", "Registry credentials need SERVICE_ROLE credentials to pull images")
        if image.startswith("aws/codebuild/") or ".dkr.ecr." in image.partition("/")[0]:
            raise Refusal("InvalidInputException", "Registry credentials are for no image of AWS nor of ECR")
    for variable in environment["environmentVariables"]:
        # CodeBuild guide, "Environment variables in build environments": the prefix is reserved. That the API
        # refuses it, and its message, are assumptions.
        if variable["name"].startswith("CODEBUILD_"):
            raise Refusal("InvalidInputException", f"Environment variable name {variable['name']} is reserved")


def _check_role(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    """The role must be assumable now (hashicorp/terraform-provider-aws, internal/service/codebuild/project.go)."""
    role, account = project["serviceRole"], response.current_account
    if not role.startswith(f"arn:{response.partition}:iam::{account}:role/"):
        message = "Invalid service role: Service role account ID does not match caller's account"
        raise Refusal("InvalidInputException", message)
    if not iam.can_be_assumed(account, role, "codebuild.amazonaws.com", project["arn"]):
        raise Refusal("InvalidInputException", f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}")
