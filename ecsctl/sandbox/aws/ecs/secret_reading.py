"""Whether a task can read its secrets and parameters, and ECS's messages if it cannot."""

import json
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox.aws import secretsmanager
from ecsctl.sandbox.aws.ecs.state import Script, Task
from ecsctl.sandbox.core import principals

_NO_SECRET = "ResourceNotFoundException: Secrets Manager can't find the specified secret."  # noqa: S105 - a message
_UNREAD = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve secret from asm: service call has been retried 1 time(s): "
)
_NAMELESS = "arn:aws:secretsmanager:scripted"  # for an app without secrets


def trouble(task: Task, script: Script) -> str | None:
    """The stoppedReason of a task that cannot read one of its secrets; None if it can read them all."""
    asked = [secret["valueFrom"] for one in task.definition.containers for secret in one.get("secrets") or ()]
    if script.kind in ("secret", "secret-denied"):
        lost = script.options.setdefault("secret", asked[0] if asked else _NAMELESS)
        if lost in asked or not asked:
            return _failed(lost, _NO_SECRET if script.kind == "secret" else _denied(task, lost))
    return next((why for why in map(_one, asked) if why), None)


def _one(reference: str) -> str:
    if parameter := _missing_parameter(reference):
        return (
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
            "failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm "
            f"parameters: {parameter}"
        )
    if why := _gone(reference):
        return _failed(reference, why)
    if why := _unusable(reference):
        return f"{_UNREAD}{why}"  # it was read, but the agent cannot use the value
    return ""


def _denied(task: Task, resource: str) -> str:
    action = "secretsmanager:GetSecretValue"
    role = task.definition.document.get("executionRoleArn", "arn:aws:iam::000000000000:role/none")
    user = principals.session(role, task.id)
    return (
        f"api error AccessDeniedException: User: {user} is not authorized to perform: {action} on resource: "
        f"{resource} because no identity-based policy allows the {action} action"
    )


def _failed(reference: str, why: str) -> str:
    arn = ":".join(reference.split(":")[:7])  # the agent requests it without key, stage and version
    return (
        f"{_UNREAD}failed to fetch secret {arn} from secrets manager: operation error Secrets Manager: GetSecretValue, "
        f"https response error StatusCode: 400, {why}"
    )


def _missing_parameter(reference: str) -> str:
    """The name of a parameter of Systems Manager that does not exist (HHS/simpler-grants-gov#4330); empty if none."""
    parts = reference.split(":", 5)
    if len(parts) < 6 or parts[2] != "ssm":
        return ""
    from moto.ssm.models import ssm_backends  # imported only for tasks that read a parameter

    path = parts[5].removeprefix("parameter")
    found = ssm_backends[parts[4]][parts[3]].get_parameters([path, path.removeprefix("/")])
    return "" if found else path


def _gone(reference: str) -> str:
    """Why a secret cannot be read, with the AWS error; empty if it can. Other references are assumed to exist.

    The form is `arn:aws:secretsmanager:region:account:secret:name-suffix:key:stage:version`. ansible/ansible#69710 has
    the message for a secret without a value.
    """
    parts = reference.split(":")
    if len(parts) < 7 or parts[2] != "secretsmanager":
        return ""
    store: Any = secretsmanager_backends[parts[4]][parts[3]].secrets
    arn = ":".join(parts[:7])
    if arn not in store:
        return _NO_SECRET
    if store.get(arn).is_deleted():
        return f"InvalidRequestException: {secretsmanager.MARKED}"
    if _value(parts) is None:
        message = f"can't find the specified secret value for staging label: {''.join(parts[8:9]) or 'AWSCURRENT'}"
        return f"ResourceNotFoundException: Secrets Manager {message}"
    return ""


def _unusable(reference: str) -> str:
    """Returns what is wrong with the value that was read, as worded in public threads; empty if nothing is.

    rileydakota/valheim-ecs-fargate-cdk#9: it is not JSON; aws/containers-roadmap#385: it lacks the key.
    """
    parts = reference.split(":")
    if len(parts) < 8 or parts[2] != "secretsmanager" or not parts[7]:
        return ""
    key, value = parts[7], str(_value(parts))
    try:
        keys = json.loads(value)
    except ValueError:
        return f"invalid character '{value[:1]}' looking for beginning of value"
    return "" if key in keys else f"retrieved secret from Secrets Manager did not contain json key {key}"


def _value(parts: list[str]) -> str | None:
    stage, version = (*parts[8:10], "", "")[:2]
    backend = secretsmanager_backends[parts[4]][parts[3]]
    return secretsmanager.secret_value(backend, ":".join(parts[:7]), stage, version)
