"""CodeBuild's curated images, the environments they run in, and whether a build may pull its own image."""

import json
import re
from typing import Any

from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult
from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox.aws import secretsmanager
from ecsctl.sandbox.core import overlay, permissions

# CodeBuild guide, "Docker images provided by CodeBuild", and the README of github.com/aws/aws-codebuild-docker-images.
_CURATED = {
    "AMAZON_LINUX": [
        ("aws/codebuild/amazonlinux-x86_64-standard:4.0", "AL2023 x86_64"),
        ("aws/codebuild/amazonlinux-x86_64-standard:5.0", "AL2023 x86_64"),
        ("aws/codebuild/amazonlinux-aarch64-standard:2.0", "AL2 aarch64"),
        ("aws/codebuild/amazonlinux-aarch64-standard:3.0", "AL2023 aarch64"),
        ("aws/codebuild/amazonlinux-aarch64-standard:4.0", "AL2023 aarch64"),
        ("aws/codebuild/amazonlinux2-aarch64-standard:2.0", "AL2 aarch64"),
        ("aws/codebuild/amazonlinux2-aarch64-standard:3.0", "AL2023 aarch64"),
        ("aws/codebuild/amazonlinux2-x86_64-standard:4.0", "AL2 x86_64"),
        ("aws/codebuild/amazonlinux2-x86_64-standard:5.0", "AL2023 x86_64"),
    ],
    "UBUNTU": [
        ("aws/codebuild/standard:6.0", "Ubuntu 22.04 x86_64"),
        ("aws/codebuild/standard:7.0", "Ubuntu 22.04 x86_64"),
    ],
}


def can_run(image: str, environment: str) -> bool:
    """Whether a curated image runs in an environment of this type; True for any other image, since nothing is known."""
    if not image.startswith("aws/codebuild/"):
        return True
    name, _, version = image.partition(":")
    known = {curated for found in _CURATED.values() for curated, _ in found}
    if f"{name}:{version.partition('-')[0]}" not in known:  # a version may be pinned: …:3.0-24.01.15
        return False
    return ("aarch64" in name) == environment.startswith("ARM") and "WINDOWS" not in environment


_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[a-z0-9._/-]+)"
)
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def unpulled(account: str, environment: dict[str, Any], role: str) -> str | None:
    """Returns why a build cannot pull its image, None if it can: an image in ECR needs a role that may pull it.

    CodeBuild itself may pull it only if the repository's policy allows that, which the sandbox does not simulate
    (CodeBuild guide, "Amazon ECR sample"). The message is that of public reports; that it is the same for both ways is
    an assumption.
    """
    if login := (environment.get("registryCredential") or {}).get("credential"):
        return _locked(account, login, role)
    place = _ECR.match(environment["image"])
    if place is None:
        return None
    message = f"pull access denied for {environment['image']}, repository does not exist or may require 'docker login'"
    if environment["imagePullCredentialsType"] == "SERVICE_ROLE":
        repository = f"arn:aws:ecr:{place['region']}:{place['account']}:repository/{place['repository']}"
        needed = dict.fromkeys(_PULL, repository) | {"ecr:GetAuthorizationToken": "*"}
        denied = [action for action, on in needed.items() if not permissions.is_allowed(account, role, action, on)]
        if not denied:
            return None
        message = f"{role} is not authorized to perform: {denied[0]} on resource: {needed[denied[0]]}"
    return f"Unable to pull customer's container image. CannotPullContainerError: Error response from daemon: {message}"


def _locked(account: str, login: str, role: str) -> str | None:
    """Returns why a registry login fails: the secret does not exist, the role may not read it, or it has no name and
    password.

    CodeBuild guide, "Private registry with AWS Secrets Manager sample"; the wording is an assumption.
    """
    message = "Unable to pull customer's container image. Failed to get the registry credential"
    action = "secretsmanager:GetSecretValue"
    if not permissions.is_allowed(account, role, action, login):
        return f"{message}: {role} is not authorized to perform: {action} on resource: {login}"
    try:
        store = secretsmanager_backends[account][login.split(":")[3]]
        held = json.loads(secretsmanager.secret_value(store, login) or "")
    except (KeyError, ValueError):
        held = None
    if isinstance(held, dict) and {"username", "password"} <= held.keys():
        return None
    return f"{message}: {login} holds no username and password"


@overlay.adds(CodeBuildResponse)
def list_curated_environment_images(_response: CodeBuildResponse) -> ActionResult:
    """List the curated images, by platform."""
    platforms = []
    for platform, found in _CURATED.items():
        images = [{"name": name, "description": description, "versions": [name]} for name, description in found]
        platforms.append({"platform": platform, "languages": [{"language": "BASE", "images": images}]})
    return ActionResult({"platforms": platforms})
