"""CodeBuild's projects: filled with AWS's defaults, and updated field by field."""

import copy
from collections.abc import Callable
from typing import Any

from moto.codebuild.models import CodeBuild
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult

from ecsctl.sandbox.aws.codebuild.checks import check
from ecsctl.sandbox.aws.codebuild.credentials import asked
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.overlay import Refusal

_FIELDS = (
    "description", "source", "secondarySources", "sourceVersion", "secondarySourceVersions", "artifacts",
    "secondaryArtifacts", "cache", "environment", "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes",
    "encryptionKey", "tags", "vpcConfig", "logsConfig", "fileSystemLocations", "buildBatchConfig",
    "concurrentBuildLimit", "autoRetryLimit",
)  # fmt: skip
_FROM_GIT = ("GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET", "GITLAB", "GITLAB_SELF_MANAGED")


def found(response: CodeBuildResponse, name: str, message: str = "Project cannot be found") -> dict[str, Any]:
    """The project with this name. Raises a refusal with `message` if there is none."""
    projects = response.codebuild_backend.codebuild_projects
    if name not in projects:
        raise Refusal("ResourceNotFoundException", f"{message}: {_arn(response, name)}")
    return projects[name].project_metadata


def shown(project: dict[str, Any]) -> dict[str, Any]:
    """A project as AWS returns it: the webhook's secret is returned only once, when the webhook is created."""
    answer = copy.deepcopy(project)
    answer.get("webhook", {}).pop("secret", None)
    return answer


@overlay.wraps(CodeBuildResponse)
def create_project(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """Create a project, after all checks. Raises Refusal."""
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
    check(response, project)
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
    """Replace each field that is sent as a whole, and keep the others (API reference: only `name` is required)."""
    params = asked(response)
    before = found(response, params["name"])
    project = _filled(copy.deepcopy(before), params) | {"lastModified": clock.today()}
    project["encryptionKey"] = _key(response, project["encryptionKey"])
    if "badgeEnabled" in params:
        project["badge"] = {"badgeEnabled": params["badgeEnabled"]}
    check(response, project)
    held = response.codebuild_backend.codebuild_projects[params["name"]]
    held.project_metadata, held.tags, held.service_role = project, project["tags"], project["serviceRole"]
    return ActionResult({"project": shown(project)})


@overlay.wraps(CodeBuildResponse)
def batch_get_projects(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """Return the projects with these names or ARNs, and the names that do not exist."""
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
    """List all names, a hundred per page."""
    params = asked(response)
    names = sorted(response.codebuild_backend.codebuild_projects, reverse=params.get("sortOrder") == "DESCENDING")
    return ActionResult(page("projects", names, params))


@overlay.wraps(CodeBuildResponse)
def delete_project(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """Delete a project; a missing one is no error (API reference). Its builds and its log group stay."""
    name = asked(response)["name"]
    response.codebuild_backend.codebuild_projects.pop(name.rpartition(":project/")[2], None)
    return ActionResult({})


def page(member: str, items: list[Any], params: dict[str, Any]) -> dict[str, Any]:
    """A page of a hundred `items`, and the token of the next page."""
    begin = int(params.get("nextToken") or 0)
    answer: dict[str, Any] = {member: items[begin : begin + 100]}
    if begin + 100 < len(items):
        answer["nextToken"] = str(begin + 100)
    return answer


def _key(response: CodeBuildResponse, key: str) -> str:
    """The ARN of a key, even if it was given by its alias."""
    alias = key.startswith("alias/")
    return f"arn:{response.partition}:kms:{response.region}:{response.current_account}:{key}" if alias else key


def _arn(response: CodeBuildResponse, name: str) -> str:
    return f"arn:{response.partition}:codebuild:{response.region}:{response.current_account}:project/{name}"


def _filled(project: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """The project with AWS's defaults, as recorded by go-to-k/cdk-real-drift (c00ed982); it may have no logsConfig."""
    project |= {field: copy.deepcopy(params[field]) for field in _FIELDS if params.get(field) is not None}
    if not project.get("vpcConfig"):
        project.pop("vpcConfig", None)  # an empty one removes the project from its VPC
    environment = project.get("environment") or {}
    project.setdefault("tags", [])
    project.setdefault("cache", {"type": "NO_CACHE"})
    if "LAMBDA" in environment.get("type", ""):
        project.setdefault("timeoutInMinutes", 15)  # such a build is never queued
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
