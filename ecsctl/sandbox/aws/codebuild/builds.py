"""CodeBuild's builds: started, described, stopped.

In process, builds go through their phases by the clock, and their commands are only simulated. In the server, `run`
really runs the commands.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox.aws.codebuild import registering, releasing, reporting
from ecsctl.sandbox.aws.codebuild.credentials import asked, credential
from ecsctl.sandbox.aws.codebuild.images import unpulled
from ecsctl.sandbox.aws.codebuild.projects import found, page
from ecsctl.sandbox.aws.codebuild.state import Build, Builds, Failure, builds
from ecsctl.sandbox.aws.codebuild.time import described, ended
from ecsctl.sandbox.aws.secretsmanager import secret_value
from ecsctl.sandbox.builds import artifacts
from ecsctl.sandbox.core import clock, overlay, permissions
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.github import remote

IDEMPOTENT = 300.0  # seconds for which a token is remembered (API reference, StartBuild)

# Called with the backend and each build that starts and that no script lets fail: `run` registers itself here.
begun: list[Callable[[Any, Build], None]] = []


@overlay.wraps(CodeBuildResponse)
def start_build(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """Start a build; for five minutes, the same token with the same parameters returns the same build.

    Raises Refusal.
    """
    params = asked(response)
    project = found(response, params["projectName"])
    backend = response.codebuild_backend
    held, now = builds(backend), clock.now()
    token, parameters = params.pop("idempotencyToken", None), json.dumps(params, sort_keys=True)
    until, before, build_id = held.tokens.get(token, (0.0, "", ""))
    if token and now < until:
        if before != parameters:  # the code is AWS's (API reference); the wording is an assumption
            raise Refusal(
                "InvalidInputException", "Idempotent parameter mismatch: the token was used with other parameters"
            )
        return ActionResult({"build": described(held.all[build_id], now)})
    initiator = f"user/{response.access_key[-4:].lower()}"
    build = start(backend, project, params, initiator, now)
    if token:
        held.tokens[token] = (now + IDEMPOTENT, parameters, build.id)
    return ActionResult({"build": described(build, now)})


def start(
    backend: Any, project: dict[str, Any], params: dict[str, Any], initiator: str, at: float, **known: Any
) -> Build:
    """Start a build of `project` at the time `at`, with StartBuild's overrides in `params` and `known` facts about it.

    Raises Refusal, whoever starts it, if the account's quota is used up: in new accounts it may be 0 (CodeBuild
    guide, "Troubleshooting AWS CodeBuild").
    """
    facts = _facts(backend, project, params, initiator)
    held, name = builds(backend), project["name"]
    if held.most is not None and sum(ended(one, at) is None for one in held.all.values()) >= held.most:
        message = f"Cannot have more than {held.most} builds in queue for the account"
        raise Refusal("AccountLimitExceededException", message)
    held.numbers[name] = number = held.numbers.get(name, 0) + 1
    build_id = f"{name}:{mock_random.uuid4()}"
    facts["arn"] = f"arn:{backend.partition}:codebuild:{backend.region_name}:{backend.account_id}:build/{build_id}"
    facts["logs"] = _logs(backend, facts, build_id)
    build = Build(build_id, number, at, facts | known)
    failing = held.failing.get(build.facts.get("resolvedSourceVersion", ""))
    build.failure = held.failures.pop(0) if held.failures else failing
    held.all[build_id] = build
    unable = unpulled(backend.account_id, facts["environment"], facts["serviceRole"])
    if unable and build.failure is None:
        build.failure = Failure("PROVISIONING", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", unable)
    own = releasing.Releasing if releasing.is_release_command(build) else None
    own = registering.Registering if registering.is_registering(build) else own
    own = reporting.Reporting if reporting.is_reporting(build) else own
    if build.failure is None and own:
        build.failure = unfetched(backend.account_id, build)
        if build.failure is None:
            own(backend.account_id, backend.region_name, backend.partition).begin(build)
        return build
    for begin in begun if build.failure is None else ():
        begin(backend, build)
    if build.commands is None and build.failure is None:
        build.failure = unfetched(backend.account_id, build) or _scripted_failure(held, build)
        build.failure = build.failure or undelivered(backend.account_id, build)
    return build


def _scripted_failure(held: Builds, build: Build) -> Failure | None:
    if build.facts.get("resolvedSourceVersion") not in held.failing_commits:
        return None
    command = "Error while executing command: docker build. Reason: exit status 1"
    return Failure("BUILD", "COMMAND_EXECUTION_ERROR", command)


def unfetched(account: str, build: Build) -> Failure | None:
    """Returns why a build cannot get its source; None if it can.

    For a pipeline's source: awslabs/aws-refarch-cross-account-pipeline#5. For GitHub with the account's token only:
    CodeBuild guide, "Troubleshooting AWS CodeBuild", "authentication required for primary source".
    """
    declared, source = build.facts["source"], build.facts.get("sourceVersion") or ""
    if declared["type"] == "GITHUB" and not (declared.get("auth") or {}).get("resource"):
        region = build.facts["arn"].split(":")[3]
        held = credential(codebuild_backends[account][region], "GITHUB")
        if held is not None and not remote.is_token_valid(account, region):
            message = f"authentication required for primary source and source version {source}"
            return Failure("DOWNLOAD_SOURCE", "CLIENT_ERROR", message)
    if declared["type"] == "GITHUB" and (auth := declared.get("auth") or {}).get("type") == "SECRETS_MANAGER":
        return _locked(account, build, auth["resource"])
    if declared["type"] != "CODEPIPELINE" or not source:
        return None
    try:
        artifacts.get(account, build.facts["serviceRole"], source)
    except Refusal as refusal:
        message = f"{_worded(refusal)} for primary source and source version {source}"
        return Failure("DOWNLOAD_SOURCE", "CLIENT_ERROR", message)
    return None


def _locked(account: str, build: Build, secret: str) -> Failure | None:
    """Returns why a build cannot get its source with the secret of its project; None if it can.

    CodeBuild guide, "Create and store a token in a Secrets Manager secret": the role reads it, and it has three keys.
    The wording is an assumption.
    """
    region, role = build.facts["arn"].split(":")[3], build.facts["serviceRole"]
    value = secret_value(secretsmanager_backends[account][region], secret)
    try:
        body = json.loads(value or "")
    except ValueError:
        body = None
    keys = body if isinstance(body, dict) else {}
    if not permissions.is_allowed(account, role, "secretsmanager:GetSecretValue", secret):
        message = (
            f"AccessDeniedException: {role} is not authorized to perform: secretsmanager:GetSecretValue on {secret}"
        )
    elif not {"ServerType", "AuthType", "Token"} <= keys.keys():
        message = f"Invalid secret {secret}: it must hold ServerType, AuthType and Token"
    elif not remote.is_token_valid(account, region):
        message = (
            f"authentication required for primary source and source version {build.facts.get('sourceVersion', '')}"
        )
    else:
        return None
    return Failure("DOWNLOAD_SOURCE", "CLIENT_ERROR", message)


def undelivered(account: str, build: Build, files: dict[str, bytes] | None = None) -> Failure | None:
    """Returns why a pipeline's build cannot upload its artifact; None if it can. If `files` are given, uploads them."""
    role, location = build.facts["serviceRole"], build.facts["artifacts"]["location"]
    key = "" if ":alias/" in build.facts["encryptionKey"] else build.facts["encryptionKey"]
    if not location:
        return None
    try:
        if files is None:
            artifacts.check_put(account, role, location, key)
        else:
            artifacts.put(account, role, location, artifacts.packed(files), key)
    except Refusal as refusal:  # S3's part of the message is as in public logs; what precedes it is an assumption
        return Failure("UPLOAD_ARTIFACTS", "CLIENT_ERROR", f"Error uploading artifacts: {_worded(refusal)}")
    return None


def _worded(refusal: Refusal) -> str:
    status = 403 if refusal.code == "AccessDenied" else 404
    return f"{refusal.code}: {refusal.message} status code: {status}"


@overlay.wraps(CodeBuildResponse)
def batch_get_builds(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """Return the builds with these ids, and the ids that do not exist. Raises Refusal."""
    ids, held = asked(response)["ids"], builds(response.codebuild_backend).all
    if any(":" not in build_id for build_id in ids):
        raise Refusal("InvalidInputException", "Invalid build ID provided")
    ids = [build_id.rpartition(":build/")[2] for build_id in ids]
    return ActionResult(
        {
            "builds": [described(held[build_id], clock.now()) for build_id in ids if build_id in held],
            "buildsNotFound": [build_id for build_id in ids if build_id not in held],
        }
    )


@overlay.wraps(CodeBuildResponse)
def stop_build(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """Stop a build in its current phase; a build that has ended is unchanged. Raises Refusal."""
    build_id, held = asked(response)["id"].rpartition(":build/")[2], builds(response.codebuild_backend).all
    if ":" not in build_id:
        raise Refusal("InvalidInputException", "Invalid build ID provided")
    if build_id not in held:
        raise Refusal("ResourceNotFoundException", f"Build {build_id} does not exist")
    build = held[build_id]
    if ended(build, clock.now()) is None:
        build.stopped = clock.now()
    return ActionResult({"build": described(build, clock.now())})


def _in_order(params: dict[str, Any], ids: list[str]) -> None:
    """Refuse a sort order as AWS does: together with a token (aws/aws-cli#5863), and for more than one page of builds.

    API reference, ListBuildsForProject, sortOrder: "if the project has more than 100 builds, setting the sort order
    will result in an error". The wording of that error is an assumption.
    """
    if params.get("sortOrder") and params.get("nextToken"):
        raise Refusal("InvalidInputException", "Sort order can't be specified when passing a nextToken")
    if params.get("sortOrder") and len(ids) > 100:
        raise Refusal("InvalidInputException", "Sort order can't be specified for more than 100 builds")


@overlay.wraps(CodeBuildResponse)
def list_builds_for_project(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """The ids of a project's builds, the newest first unless asked otherwise."""
    params = asked(response)
    name = found(response, params["projectName"], "The provided project does not exist")["name"]
    held = builds(response.codebuild_backend).all
    ids = [one.id for one in held.values() if one.facts["projectName"] == name]
    _in_order(params, ids)
    return ActionResult(page("ids", ids if params.get("sortOrder") == "ASCENDING" else ids[::-1], params))


@overlay.wraps(CodeBuildResponse)
def list_builds(_original: Callable[..., Any], response: CodeBuildResponse) -> ActionResult:
    """The ids of all builds, the newest first unless asked otherwise."""
    params, ids = asked(response), list(builds(response.codebuild_backend).all)
    _in_order(params, [])
    return ActionResult(page("ids", ids if params.get("sortOrder") == "ASCENDING" else ids[::-1], params))


def _facts(backend: Any, project: dict[str, Any], params: dict[str, Any], initiator: str) -> dict[str, Any]:
    facts = copy.deepcopy({name: project[name] for name in _TAKEN if name in project})
    source, environment = facts["source"], facts["environment"]
    for overridden, names in ((source, _SOURCE_OVERRIDES), (environment, _ENVIRONMENT_OVERRIDES)):
        overridden |= {name: params[override] for override, name in names.items() if override in params}
    variables = {one["name"]: one for one in environment["environmentVariables"]}
    variables |= {one["name"]: {"type": "PLAINTEXT"} | one for one in params.get("environmentVariablesOverride", [])}
    environment["environmentVariables"] = list(variables.values())
    if project["artifacts"]["type"] == "CODEPIPELINE" and "artifactsOverride" not in params:
        # aws-actions/aws-codebuild-run-build#114
        raise Refusal("InvalidInputException", "ArtifactsOverride must be set when using artifacts type CodePipelines")
    for override in ("serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes", "logsConfig", "cache"):
        facts[override] = params.get(f"{override}Override", facts.get(override))
    facts["artifacts"] = {"location": ""}
    version = params.get("sourceVersion") or project.get("sourceVersion")
    if version:
        facts["sourceVersion"] = version
    if source["type"] == "GITHUB":
        repository = source["location"].removesuffix(".git").rpartition("github.com/")[2]
        ref = (version or "HEAD").removeprefix("refs/heads/")
        facts["resolvedSourceVersion"] = remote.commit(backend.account_id, backend.region_name, repository, ref)
    key = f"arn:{backend.partition}:kms:{backend.region_name}:{backend.account_id}:alias/aws/s3"
    return facts | {
        "projectName": project["name"],
        "initiator": initiator,
        "encryptionKey": project.get("encryptionKey", key),
    }


_SOURCE_OVERRIDES = {
    "sourceTypeOverride": "type",
    "sourceLocationOverride": "location",
    "sourceAuthOverride": "auth",
    "buildspecOverride": "buildspec",
}
_ENVIRONMENT_OVERRIDES = {
    "environmentTypeOverride": "type",
    "imageOverride": "image",
    "computeTypeOverride": "computeType",
    "privilegedModeOverride": "privilegedMode",
    "imagePullCredentialsTypeOverride": "imagePullCredentialsType",
    "registryCredentialOverride": "registryCredential",
}
_TAKEN = ("source", "environment", "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes", "logsConfig", "cache",
          "vpcConfig", "secondarySources", "secondarySourceVersions")  # fmt: skip


def _logs(backend: Any, facts: dict[str, Any], build_id: str) -> dict[str, Any]:
    wanted, region = facts.pop("logsConfig") or {}, backend.region_name
    cloud = wanted.get("cloudWatchLogs", {"status": "ENABLED"})
    logs = {"cloudWatchLogs": cloud, "s3Logs": wanted.get("s3Logs", {"status": "DISABLED"})}
    if cloud["status"] == "DISABLED":
        return logs
    group = cloud.get("groupName") or f"/aws/codebuild/{facts['projectName']}"
    stream = "/".join(filter(None, [cloud.get("streamName"), build_id.partition(":")[2]]))
    console = f"https://console.aws.amazon.com/cloudwatch/home?region={region}#logEvent:group={group};stream={stream}"
    arn = f"arn:{backend.partition}:logs:{region}:{backend.account_id}:log-group:{group}:log-stream:{stream}"
    return logs | {"groupName": group, "streamName": stream, "deepLink": console, "cloudWatchLogsArn": arn}
