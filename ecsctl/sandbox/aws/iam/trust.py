"""Evaluates a role's trust policy for a service."""

import fnmatch
import json
from typing import Any

from moto.iam.models import Role


def many(value: Any) -> list[Any]:
    """A policy's value as a list, even if it is a single one."""
    return value if isinstance(value, list) else [value]


def statements(role: Role) -> list[dict[str, Any]]:
    """The statements of a role's trust policy."""
    return many(json.loads(role.assume_role_policy_document)["Statement"])


def allows_service(statement: dict[str, Any], service: str) -> bool:
    """Whether a statement allows a service to assume the role, conditions aside."""
    principal = statement.get("Principal", {})
    services = ["*"] if principal == "*" else many(principal.get("Service", []))
    return bool({service, "*"} & set(services)) and "sts:AssumeRole" in many(statement["Action"])


def is_met_by(statement: dict[str, Any], account_id: str, source_arn: str | None) -> bool:
    """Whether a statement's conditions on the source are met. Other conditions are assumed to be."""
    given = {"aws:sourceaccount": account_id, "aws:sourcearn": source_arn}
    for operator, tests in statement.get("Condition", {}).items():
        for key, patterns in tests.items():
            value = given.get(key.lower())
            if value is None:
                continue
            matches: Any = fnmatch.fnmatchcase if "Like" in operator else str.__eq__
            if not any(matches(value, str(pattern)) for pattern in many(patterns)):
                return False
    return True
