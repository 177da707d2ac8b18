"""CodeBuild's projects: checked as AWS checks them, and updated field by field."""

import copy
import re
from collections.abc import Callable
from typing import Any

from moto.codebuild.models import CodeBuild
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends

from ecsctl.sandbox.aws import codeconnections
from ecsctl.sandbox.aws.codebuild.credentials import asked, credential
from ecsctl.sandbox.aws.codebuild.images import runs
from ecsctl.sandbox.core import clock, overlay, permissions
from ecsctl.sandbox.core.overlay import Refusal

_FIELDS = (
    "description", "source", "secondarySources", "sourceVersion", "secondarySourceVersions", "artifacts",
    "secondaryArtifacts", "cache", "environment", "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes",
    "encryptionKey", "tags", "vpcConfig", "logsConfig", "fileSystemLocations", "buildBatchConfig",
    "concurrentBuildLimit", "autoRetryLimit",
)  # fmt: skip
_GITHUB = re.compile(r"https://([^@/]+@)?github\.com/[^/\s]+/[^/\s]+|CODEBUILD_DEFAULT_WEBHOOK_SOURCE_LOCATION")
_FROM_GIT = ("GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET", "GITLAB", "GITLAB_SELF_MANAGED")
_CONNECTION_ACTIONS = ("GetConnectionToken", "GetConnection")


def found(response: CodeBuildResponse, name: str, message: str = "Project cannot be found") -> dict[str, Any]:
    """The project of this name, or a refusal."""
    projects = response.codebuild_backend.codebuild_projects
    if name not in projects:
        raise Refusal("ResourceNotFoundException", f"{message}: {_arn(response, name)}")
    return projects[name].project_metadata


def shown(project: dict[str, Any]) -> dict[str, Any]:
    """A project as it is answered: the webhook's secret is returned only once, when the webhook is made."""
    answer = copy.deepcopy(project)
    answer.get("webhook", {}).pop("secret", None)
    return answer


@overlay.wraps(CodeBuildResponse)
def create_project(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """A project, if all about it is right."""
    params, backend = asked(response), response.codebuild_backend
    name = params["name"]
    if name in backend.codebuild_projects:
        raise Refusal("ResourceAlreadyExistsException", f"Project already exists: {_arn(response, name)}")
    if not params.get("serviceRole"):
        raise Refusal("InvalidInputException", "Invalid service role: Service role is required")
    now = clock.today()
    project = _filled({"name": name, "arn": _arn(response, name), "created": now, "lastModified": now}, params)
    project["badge"] = {"badgeEnabled": bool(params.get("badgeEnabled"))}
    project["encryptionKey"] = _key(response, params.get("encryptionKey") or "alias/aws/s3")
    _check(response, project)
    role, source = project["serviceRole"], project["source"]
    made = CodeBuild(
        response.current_account,
        response.region,
        name,
        None,
        source,
        project["artifacts"],
        project["environment"],
        role,
    )
    made.project_metadata, made.tags = project, project["tags"]
    backend.codebuild_projects[name] = made
    return ActionResult({"project": shown(project)})


@overlay.adds(CodeBuildResponse)
def update_project(response: CodeBuildResponse) -> ActionResult:
    """Each field that is sent is replaced whole, the others stay (API reference: only `name` is required)."""
    params = asked(response)
    before = found(response, params["name"])
    project = _filled(copy.deepcopy(before), params) | {"lastModified": clock.today()}
    project["encryptionKey"] = _key(response, project["encryptionKey"])
    if "badgeEnabled" in params:
        project["badge"] = {"badgeEnabled": params["badgeEnabled"]}
    _check(response, project)
    held = response.codebuild_backend.codebuild_projects[params["name"]]
    held.project_metadata, held.tags, held.service_role = project, project["tags"], project["serviceRole"]
    return ActionResult({"project": shown(project)})


@overlay.wraps(CodeBuildResponse)
def batch_get_projects(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """The projects of these names or ARNs, and the names of those that are not there."""
    projects, missing, backend = [], [], response.codebuild_backend
    for name in dict.fromkeys(asked(response)["names"]):
        held = backend.codebuild_projects.get(name.rpartition(":project/")[2] if name.startswith("arn:") else name)
        if held is None:
            missing.append(name)
        else:
            projects.append(shown(held.project_metadata))
    return ActionResult({"projects": projects, "projectsNotFound": missing})


@overlay.wraps(CodeBuildResponse)
def list_projects(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """All names, a hundred at a time."""
    params = asked(response)
    names = sorted(response.codebuild_backend.codebuild_projects, reverse=params.get("sortOrder") == "DESCENDING")
    return ActionResult(page("projects", names, params))


@overlay.wraps(CodeBuildResponse)
def delete_project(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """Gone, or was not there (API reference: no such error). Its builds and its log group stay."""
    name = asked(response)["name"]
    response.codebuild_backend.codebuild_projects.pop(name.rpartition(":project/")[2], None)
    return ActionResult({})


def page(member: str, items: list[Any], params: dict[str, Any]) -> dict[str, Any]:
    """A hundred of `items`, and the token for the next hundred."""
    begin = int(params.get("nextToken") or 0)
    answer: dict[str, Any] = {member: items[begin : begin + 100]}
    if begin + 100 < len(items):
        answer["nextToken"] = str(begin + 100)
    return answer


def _key(response: CodeBuildResponse, key: str) -> str:
    """A key as its ARN, also when it was given by its alias."""
    alias = key.startswith("alias/")
    return f"arn:{response.partition}:kms:{response.region}:{response.current_account}:{key}" if alias else key


def _arn(response: CodeBuildResponse, name: str) -> str:
    return f"arn:{response.partition}:codebuild:{response.region}:{response.current_account}:project/{name}"


def _filled(project: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """With AWS's defaults, as recorded by go-to-k/cdk-real-drift (c00ed982); a project may have no logsConfig."""
    project |= {field: copy.deepcopy(params[field]) for field in _FIELDS if params.get(field) is not None}
    if not project.get("vpcConfig"):
        project.pop("vpcConfig", None)  # an empty one takes the project out of its VPC
    environment = project.get("environment") or {}
    project.setdefault("tags", [])
    project.setdefault("cache", {"type": "NO_CACHE"})
    if "LAMBDA" in environment.get("type", ""):
        project.setdefault("timeoutInMinutes", 15)  # it waits in no queue
    project.setdefault("timeoutInMinutes", 60)
    if "LAMBDA" not in environment.get("type", ""):
        project.setdefault("queuedTimeoutInMinutes", 480)
    project.setdefault("projectVisibility", "PRIVATE")
    for source in (project["source"], *project.get("secondarySources", [])):
        source.setdefault("insecureSsl", False)
        if source["type"] in _FROM_GIT:
            source.setdefault("reportBuildStatus", False)
    for artifacts in (project["artifacts"], *project.get("secondaryArtifacts", [])):
        if artifacts["type"] == "S3":
            artifacts.setdefault("encryptionDisabled", False)
    environment.setdefault("environmentVariables", [])
    environment.setdefault("privilegedMode", False)
    environment.setdefault("imagePullCredentialsType", "CODEBUILD")
    for variable in environment["environmentVariables"]:
        variable.setdefault("type", "PLAINTEXT")
    return project


def _check(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    _check_source(response, project)
    _check_environment(project["environment"])
    for tag in project["tags"]:
        if tag.get("key", "").startswith("aws:"):
            raise Refusal("InvalidInputException", "Tag keys must not start with aws:")
    _check_role(response, project)
    _check_vpc(response, project)


def _check_vpc(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    """The VPC's parts are read with the rights of the project's role.

    hashicorp/terraform-provider-aws, codebuild/project.go, knows the refusal of a role whose rights have not arrived.
    """
    declared = project.get("vpcConfig")
    if not declared:
        return
    if not all(declared.get(field) for field in ("vpcId", "subnets", "securityGroupIds")):
        raise Refusal("InvalidInputException", "Invalid vpc config: vpcId, subnets and securityGroupIds are required")
    account, role = response.current_account, project["serviceRole"]
    for what in ("SecurityGroups", "Subnets", "Vpcs"):
        if not permissions.allowed(account, role, f"ec2:Describe{what}", "*"):
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
        # The role must be able to go through the connection when the project is made (aws/aws-cdk#38504, and the
        # CodeBuild guide, "GitHub and GitHub Enterprise Server access in CodeBuild"); IAM goes by the ARN's prefix.
        arn = auth["resource"]
        prefix, connection = arn.split(":")[2], codeconnections.connection(response.current_account, arn)
        repository = project["source"].get("location", "").removeprefix("https://github.com/").removesuffix(".git")
        about = {f"{prefix}:FullRepositoryId": (repository,)}
        granted = all(
            permissions.allowed(response.current_account, project["serviceRole"], f"{prefix}:{action}", arn, about)
            for action in _CONNECTION_ACTIONS
        )
        if connection is None or connection.status != "AVAILABLE" or not granted:
            raise Refusal("OAuthProviderException", f"Access denied to connection {arn}")


def _check_environment(environment: dict[str, Any]) -> None:
    image, kind, compute = environment["image"], environment["type"], environment["computeType"]
    if ("LAMBDA" in kind) != ("LAMBDA" in compute) or not runs(image, kind):
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
        # refuses it, and in which words, is an assumption.
        if variable["name"].startswith("CODEBUILD_"):
            raise Refusal("InvalidInputException", f"Environment variable name {variable['name']} is reserved")


def _check_role(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    """The role must be assumable now (hashicorp/terraform-provider-aws, internal/service/codebuild/project.go)."""
    from ecsctl.sandbox.aws.iam import assumable

    role, account = project["serviceRole"], response.current_account
    if not role.startswith(f"arn:{response.partition}:iam::{account}:role/"):
        message = "Invalid service role: Service role account ID does not match caller's account"
        raise Refusal("InvalidInputException", message)
    if not assumable(account, role, "codebuild.amazonaws.com", project["arn"]):
        raise Refusal("InvalidInputException", f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}")
