"""CodeBuild's webhooks: one per project, created on GitHub with the project's credential."""

import re
from typing import Any

from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from ecsctl.sandbox.aws.codebuild.credentials import asked, credential, refuse_connection
from ecsctl.sandbox.aws.codebuild.projects import found, shown
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.github import remote

_EVENTS = {
    "PUSH", "PULL_REQUEST_CREATED", "PULL_REQUEST_UPDATED", "PULL_REQUEST_REOPENED", "PULL_REQUEST_MERGED",
    "PULL_REQUEST_CLOSED", "RELEASED", "PRERELEASED", "WORKFLOW_JOB_QUEUED",
}  # fmt: skip
_SERVERS = {"GITHUB": "github", "GITHUB_ENTERPRISE": "github_enterprise", "BITBUCKET": "bitbucket", "GITLAB": "gitlab"}


@overlay.adds(CodeBuildResponse)
def create_webhook(response: CodeBuildResponse) -> ActionResult:
    """Create a webhook; its secret is returned only here. Raises Refusal."""
    params = asked(response)
    project = found(response, params["projectName"])
    _check_filters(params)
    _refuse_without_access(response, project)
    if "webhook" in project:
        raise Refusal("ResourceAlreadyExistsException", f"Webhook already exists for project: {project['name']}")
    manual = bool(params.get("manualCreation"))
    if not manual:
        _refuse_revoked(response, "create")
    repository = _repository(project)
    webhook = {
        "payloadUrl": f"https://codebuild.{response.region}.amazonaws.com/webhooks?t={mock_random.uuid4()}&v=1",
        "secret": str(mock_random.uuid4()),
        "buildType": params.get("buildType", "BUILD"),
        "manualCreation": manual,
        "lastModifiedSecret": clock.today(),
        "status": "ACTIVE",
    }
    if not manual:
        remote.add_hook(response.current_account, response.region, repository, webhook["payloadUrl"])
        webhook["url"] = f"https://api.github.com/repos/{repository}/hooks/{mock_random.randint(10**8, 10**9)}"
    _set_filters(webhook, params)
    project["webhook"] = webhook
    return ActionResult({"webhook": webhook})


@overlay.adds(CodeBuildResponse)
def update_webhook(response: CodeBuildResponse) -> ActionResult:
    """Replace a webhook's filters, or renew its secret."""
    params = asked(response)
    project = found(response, params["projectName"])
    webhook = _webhook(project)
    _check_filters(params)
    _refuse_revoked(response, "update")
    _set_filters(webhook, params)
    if "buildType" in params:
        webhook["buildType"] = params["buildType"]
    if params.get("rotateSecret"):
        webhook |= {"secret": str(mock_random.uuid4()), "lastModifiedSecret": clock.today()}
        return ActionResult({"webhook": webhook})
    return ActionResult({"webhook": shown(project)["webhook"]})


@overlay.adds(CodeBuildResponse)
def delete_webhook(response: CodeBuildResponse) -> ActionResult:
    """Delete a webhook here and on GitHub, which requires a valid token."""
    project = found(response, asked(response)["projectName"])
    webhook = _webhook(project)
    _refuse_revoked(response, "delete")
    remote.remove_hook(response.current_account, response.region, _repository(project), webhook["payloadUrl"])
    del project["webhook"]
    return ActionResult({})


def _repository(project: dict[str, Any]) -> str:
    location: str = project["source"]["location"]
    return location.removesuffix(".git").rpartition("github.com/")[2]


def _webhook(project: dict[str, Any]) -> dict[str, Any]:
    if "webhook" not in project:
        raise Refusal("ResourceNotFoundException", f"Could not find webhook for project: {project['name']}")
    webhook: dict[str, Any] = project["webhook"]
    return webhook


def _set_filters(webhook: dict[str, Any], params: dict[str, Any]) -> None:
    if "filterGroups" in params:
        groups = params["filterGroups"]
        webhook["filterGroups"] = [[{"excludeMatchedPattern": False} | one for one in group] for group in groups]
    if "branchFilter" in params:
        webhook["branchFilter"] = params["branchFilter"]


def _check_filters(params: dict[str, Any]) -> None:
    """API reference, WebhookFilter: each group needs an EVENT; the rest are regular expressions. Assumed wording."""
    if params.get("filterGroups") and params.get("branchFilter"):
        raise Refusal("InvalidInputException", "filterGroups and branchFilter cannot both be given")
    for group in params.get("filterGroups", []):
        events = [one["pattern"] for one in group if one["type"] == "EVENT"]
        if len(events) != 1:
            raise Refusal("InvalidInputException", "Each filter group must have exactly one filter of type EVENT")
        unknown = {event.strip() for event in events[0].split(",")} - _EVENTS
        if unknown:
            raise Refusal("InvalidInputException", f"Invalid EVENT pattern: {', '.join(sorted(unknown))}")
        for one in group:
            try:
                re.compile(one["pattern"])
            except re.error:
                raise Refusal("InvalidInputException", f"Invalid regular expression: {one['pattern']}") from None


def _refuse_without_access(response: CodeBuildResponse, project: dict[str, Any]) -> None:
    """Refuse without a usable credential. hashicorp/terraform-provider-aws#2814 has the message if there is none."""
    source = project["source"]
    if source["type"] not in _SERVERS:
        raise Refusal("InvalidInputException", f"Webhooks are not supported for source type {source['type']}")
    auth = source.get("auth") or {}
    held = credential(response.codebuild_backend, source["type"]) or {}
    if not held and not auth.get("resource"):
        message = f"Could not find access token for server type {_SERVERS[source['type']]}"
        raise Refusal("ResourceNotFoundException", message)
    used = auth if auth.get("resource") else {"type": held.get("authType"), "resource": held.get("resource")}
    if used["type"] == "CODECONNECTIONS":
        refuse_connection(response.current_account, str(used["resource"]))


def _refuse_revoked(response: CodeBuildResponse, verb: str) -> None:
    """Refuse if the token was revoked. The message is that of rust-lang/simpleinfra#677: a token without access."""
    if not remote.is_token_valid(response.current_account, response.region):
        message = (
            f"Failed to {verb} webhook. Repository not found or permission denied. Please make sure the source "
            f"credentials associated with your project have the permission to {verb} webhook."
        )
        raise Refusal("OAuthProviderException", message)
