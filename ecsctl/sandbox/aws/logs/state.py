"""Deletion protection of log groups, and other members that AWS returns."""

from dataclasses import dataclass
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogGroup
from moto.logs.responses import LogsResponse

from ecsctl.sandbox.core import overlay


@dataclass
class Protection:
    """Whether a log group is protected from deletion."""

    on: bool = False


@overlay.wraps(LogGroup)
def to_describe_dict(original: Any, self: LogGroup) -> dict[str, Any]:
    """Add what AWS returns for every group (recorded by go-to-k/cdk-real-drift, commit c00ed982; the SDK's model)."""
    answer: dict[str, Any] = original()
    return {
        **answer,
        "logGroupArn": answer["arn"].removesuffix(":*"),
        "logGroupClass": answer.get("logGroupClass") or "STANDARD",
        "deletionProtectionEnabled": overlay.memory(self, Protection).on,
        "bearerTokenAuthenticationEnabled": False,
    }


@overlay.adds(LogsResponse)
def put_log_group_deletion_protection(self: LogsResponse) -> str:
    """Set a group's protection, by name or ARN; returns nothing (API reference)."""
    name = self._get_param("logGroupIdentifier").rpartition(":log-group:")[2].removesuffix(":*")
    if (group := self.logs_backend.groups.get(name)) is None:
        raise ResourceNotFoundException
    overlay.memory(group, Protection).on = self._get_param("deletionProtectionEnabled")
    return ""
