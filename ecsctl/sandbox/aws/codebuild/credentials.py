"""CodeBuild's source credentials: one per server type in an account and region, without name, tags or owner."""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult

from ecsctl.sandbox.aws import codeconnections
from ecsctl.sandbox.core import constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal


@dataclass
class _Credentials:
    """Credentials by server type, as ListSourceCredentials returns them. The token itself is not kept."""

    infos: dict[str, dict[str, str]] = field(default_factory=dict)


def asked(response: CodeBuildResponse) -> dict[str, Any]:
    """The request's parameters, checked against the service's model; raises InvalidInputException as CodeBuild does."""
    params: dict[str, Any] = json.loads(response.body or "{}")
    wrong = constraints.violation("codebuild", response._get_action(), params)
    if wrong is not None:
        raise Refusal("InvalidInputException", wrong)
    return params


def credential(backend: Any, server: str) -> dict[str, str] | None:
    """The credential for `server` (such as GITHUB), or None."""
    return overlay.memory(backend, _Credentials).infos.get(server)


def refuse_connection(account_id: str, arn: str) -> None:
    """Refuse a connection that does not exist or is still pending, as CodeBuild does (aws/aws-cdk#31726)."""
    found = codeconnections.connection(account_id, arn)
    if found is None or found.status != "AVAILABLE":
        raise Refusal("InvalidInputException", f"Access denied to connection {arn}")


@overlay.adds(CodeBuildResponse)
def import_source_credentials(response: CodeBuildResponse) -> ActionResult:
    """Set the credential of a server type; `shouldOverwrite` is true by default (API reference).

    The error message is the one that users report. OAUTH cannot be imported (API reference, authType).
    """
    params, backend = asked(response), response.codebuild_backend
    server, kind, token = params["serverType"], params["authType"], params["token"]
    if kind == "OAUTH":
        raise Refusal(
            "InvalidInputException", "authType OAUTH is not supported by the API; use the AWS CodeBuild console"
        )
    if kind == "BASIC_AUTH" and "username" not in params:
        raise Refusal("InvalidInputException", "username is required for authType BASIC_AUTH")
    if kind == "CODECONNECTIONS":
        refuse_connection(response.current_account, token)
    if kind == "SECRETS_MANAGER" and ":secretsmanager:" not in token:
        raise Refusal("InvalidInputException", "token must be the ARN of a secret for authType SECRETS_MANAGER")
    infos = overlay.memory(backend, _Credentials).infos
    if server in infos and params.get("shouldOverwrite") is False:
        message = f"Access token with server type {server} already exists. Delete its source credential and try again."
        raise Refusal("ResourceAlreadyExistsException", message)
    name = server.lower() if kind == "PERSONAL_ACCESS_TOKEN" else f"{server.lower()}-{kind.lower().replace('_', '-')}"
    arn = f"arn:{response.partition}:codebuild:{response.region}:{response.current_account}:token/{name}"
    infos[server] = {"arn": arn, "serverType": server, "authType": kind}
    if kind in ("CODECONNECTIONS", "SECRETS_MANAGER"):
        infos[server]["resource"] = token
    return ActionResult({"arn": arn})


@overlay.adds(CodeBuildResponse)
def list_source_credentials(response: CodeBuildResponse) -> ActionResult:
    """List all credentials, without their tokens."""
    return ActionResult(
        {"sourceCredentialsInfos": list(overlay.memory(response.codebuild_backend, _Credentials).infos.values())}
    )


@overlay.adds(CodeBuildResponse)
def delete_source_credentials(response: CodeBuildResponse) -> ActionResult:
    """Delete a credential, for every project in the account and region. Raises Refusal."""
    arn, infos = asked(response)["arn"], overlay.memory(response.codebuild_backend, _Credentials).infos
    for server, info in infos.items():
        if info["arn"] == arn:
            del infos[server]
            return ActionResult({"arn": arn})
    raise Refusal("ResourceNotFoundException", f"Could not find source credentials with arn: {arn}")
