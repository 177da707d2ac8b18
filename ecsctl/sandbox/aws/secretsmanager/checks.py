"""What Secrets Manager refuses: invalid names, and nearly every call about a secret that is being deleted."""

import re
from collections.abc import Callable
from typing import Any

from moto.secretsmanager.responses import SecretsManagerResponse

from ecsctl.sandbox.aws.secretsmanager.state import found
from ecsctl.sandbox.aws.secretsmanager.time import FORCED, Going
from ecsctl.sandbox.core import clock, constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
MARKED = "You can't perform this operation on the secret because it was marked for deletion."
_TAKEN = "You can't create this secret because a secret with this name is already scheduled for deletion."
_MISSING = "Secrets Manager can't find the specified secret."


@overlay.wraps(SecretsManagerResponse)
def create_secret(original: Callable[..., Any], response: SecretsManagerResponse) -> Any:
    """Refuse a name during its recovery window, and for a while after a deletion without recovery."""
    name, backend = response._get_param("Name"), response.backend
    if not _NAME.fullmatch(name):
        message = (
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
        )
        raise Refusal("ValidationException", message)
    wrong = constraints.violation("secretsmanager", "CreateSecret", {"Name": name})
    if wrong is not None:
        raise Refusal("ValidationException", wrong)
    held = dict.get(backend.secrets, name)
    going = overlay.memory(backend, Going).until.get(name, 0.0)
    if (held is not None and held.is_deleted()) or clock.now() < going:
        raise Refusal("InvalidRequestException", _TAKEN)
    return original()


@overlay.wraps(SecretsManagerResponse)
def delete_secret(original: Callable[..., Any], response: SecretsManagerResponse) -> Any:
    """Refuse a second deletion, unless it is one without recovery."""
    forced = response._get_param("ForceDeleteWithoutRecovery")
    window = response._get_param("RecoveryWindowInDays")
    if forced and window is not None:
        message = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        raise Refusal("InvalidParameterException", message)
    if window is not None and not 7 <= window <= 30:
        message = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
        raise Refusal("InvalidParameterException", message)
    secret = found(response)
    if not forced:
        if secret is None:
            raise Refusal("ResourceNotFoundException", _MISSING)
        if secret.is_deleted():
            raise Refusal("InvalidRequestException", MARKED)
    answer = original()
    if forced and secret is not None:
        overlay.memory(response.backend, Going).until[secret.name] = clock.now() + FORCED
    return answer


@overlay.wraps(SecretsManagerResponse)
def restore_secret(original: Callable[..., Any], response: SecretsManagerResponse) -> Any:
    """Refuse after the recovery window."""
    _living(response, may_be_marked=True)
    return original()


@overlay.wraps(SecretsManagerResponse)
def describe_secret(original: Callable[..., Any], response: SecretsManagerResponse) -> Any:
    """Allow it for a secret that is marked for deletion, with its DeletedDate."""
    _living(response, may_be_marked=True)
    return original()


@overlay.wraps(SecretsManagerResponse)
def list_secret_version_ids(original: Callable[..., Any], response: SecretsManagerResponse) -> Any:
    """Allow it for a secret that is marked for deletion."""
    _living(response, may_be_marked=True)
    return original()


def _refusing_marked(original: Callable[..., Any], response: SecretsManagerResponse) -> Any:
    """Refuse any other call for a secret that is marked for deletion."""
    _living(response)
    return original()


for _operation in ("get_secret_value", "put_secret_value", "update_secret", "tag_resource", "untag_resource",
                   "rotate_secret", "update_secret_version_stage", "put_resource_policy"):  # fmt: skip
    overlay.wraps(SecretsManagerResponse, _operation)(_refusing_marked)


def _living(response: SecretsManagerResponse, may_be_marked: bool = False) -> None:
    secret = found(response)
    if secret is None:
        raise Refusal("ResourceNotFoundException", _MISSING)
    if secret.is_deleted() and not may_be_marked:
        raise Refusal("InvalidRequestException", MARKED)
