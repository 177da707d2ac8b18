"""What CloudWatch Logs refuses: invalid names, retention and ARNs, and deleting a protected group."""

import re
from typing import Any

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException, ValidationException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from ecsctl.sandbox.aws.logs.keys import check_key
from ecsctl.sandbox.aws.logs.state import Protection
from ecsctl.sandbox.core import overlay

# API reference, PutRetentionPolicy: the possible values, in days.
RETENTION = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


@overlay.wraps(LogsBackend)
def create_log_group(original: Any, self: LogsBackend, log_group_name: str, *args: Any, **kwargs: Any) -> Any:
    """Refuse a name with characters that the API reference, CreateLogGroup, does not allow, and an unusable key."""
    if not re.fullmatch(r"[.\-_/#A-Za-z0-9]+", log_group_name):
        constraint = r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"
        raise InvalidParameterException(constraint=constraint, parameter="logGroupName", value=log_group_name)
    if kwargs.get("kmsKeyId"):
        check_key(self, log_group_name, kwargs["kmsKeyId"])
    return original(log_group_name, *args, **kwargs)


@overlay.wraps(LogsBackend, "delete_log_group")
def unprotected(original: Any, self: LogsBackend, log_group_name: str) -> None:
    """Refuse to delete a protected group.

    CloudWatch Logs guide, "Protecting log groups from deletion", has the code and the message.
    """
    group = self.groups.get(log_group_name)
    if group is not None and overlay.memory(group, Protection).on:
        raise ValidationException(
            "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
        )
    original(log_group_name)


@overlay.wraps(LogsBackend)
def put_retention_policy(original: Any, _self: LogsBackend, log_group_name: str, retention_in_days: Any) -> None:
    """Refuse a number of days that AWS does not offer."""
    if retention_in_days not in RETENTION:
        constraint = f"Member must satisfy enum value set: [{', '.join(map(str, RETENTION))}]"
        raise InvalidParameterException(constraint=constraint, parameter="retentionInDays", value=retention_in_days)
    original(log_group_name, retention_in_days)


def _check_arn(response: LogsResponse) -> None:
    """Refuse other ARNs than a group's, without the `:*` that DescribeLogGroups appends to its `arn`.

    API reference, TagResource; the error for the other form is an assumption.
    """
    arn = response._get_param("resourceArn")
    if ":log-group:" not in arn:
        return
    if arn.endswith(":*"):
        raise InvalidParameterException(f"The specified ARN is invalid: {arn}")
    if arn not in [group.arn for group in response.logs_backend.groups.values()]:
        raise ResourceNotFoundException


@overlay.wraps(LogsResponse)
def tag_resource(original: Any, self: LogsResponse) -> Any:
    """Refuse for a log group that does not exist."""
    _check_arn(self)
    return original()


@overlay.wraps(LogsResponse)
def untag_resource(original: Any, self: LogsResponse) -> Any:
    """Refuse for a log group that does not exist."""
    _check_arn(self)
    return original()


@overlay.wraps(LogsResponse)
def list_tags_for_resource(original: Any, self: LogsResponse) -> Any:
    """Refuse for a log group that does not exist."""
    _check_arn(self)
    return original()
