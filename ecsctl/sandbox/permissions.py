"""Whether a role's own policies allow an action: for the services that act through a role somebody gave them."""

import fnmatch
import json
from collections.abc import Iterator
from typing import Any

from moto.iam.models import Role, iam_backends


def allowed(account_id: str, role_arn: str, action: str, resource: str) -> bool:
    """Whether the role may do `action` (such as `s3:GetObject`) on `resource`, an ARN.

    An explicit deny wins; a missing role may nothing. Conditions are taken to hold, boundaries are not looked at:
    the sandbox is kinder than AWS here.
    """
    backend = iam_backends[account_id]["aws"]
    role = next((one for one in backend.get_roles() if one.arn == role_arn), None)
    if role is None:
        return False
    effects = {one["Effect"] for one in _statements(role) if _concerns(one, action, resource)}
    return "Allow" in effects and "Deny" not in effects


def _statements(role: Role) -> Iterator[dict[str, Any]]:
    documents: list[Any] = list(role.policies.values())
    for policy in role.managed_policies.values():
        documents += [version.document for version in policy.versions if version.is_default]
    for document in documents:
        statements = json.loads(document)["Statement"]
        yield from statements if isinstance(statements, list) else [statements]


def _concerns(statement: dict[str, Any], action: str, resource: str) -> bool:
    if "NotAction" in statement or "NotResource" in statement:
        return bool(statement["Effect"] == "Deny")  # read as strictly as may be
    return _matches(statement["Action"], action.lower(), str.lower) and _matches(statement["Resource"], resource, str)


def _matches(patterns: Any, value: str, spelled: Any) -> bool:
    many = patterns if isinstance(patterns, list) else [patterns]
    return any(fnmatch.fnmatchcase(value, spelled(pattern)) for pattern in many)
