"""Says what a role's trust policy says of a service."""

import fnmatch
import json
from typing import Any

from moto.iam.models import Role


def many(value: Any) -> list[Any]:
    """A value of a policy, which may be one or a list, as a list."""
    return value if isinstance(value, list) else [value]


def statements(role: Role) -> list[dict[str, Any]]:
    """The statements of a role's trust policy."""
    return many(json.loads(role.assume_role_policy_document)["Statement"])


def trusts(statement: dict[str, Any], service: str) -> bool:
    """Whether a statement is about a service that assumes the role."""
    principal = statement.get("Principal", {})
    services = ["*"] if principal == "*" else many(principal.get("Service", []))
    return bool({service, "*"} & set(services)) and "sts:AssumeRole" in many(statement["Action"])


def holds(statement: dict[str, Any], account_id: str, source_arn: str | None) -> bool:
    """Whether a statement's conditions on the source hold; all others are taken to."""
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
