"""Callers with the credentials of a role, such as an app's containers: what the role's own policies allow them.

Evaluated at each use of such credentials. The sandbox allows more than AWS if it does not know what a call is about:
then only the action is evaluated, on whatever resource, and conditions with unknown keys are assumed to be met.
"""

import fnmatch
import json
from dataclasses import replace
from typing import Any

from moto.core.responses import BaseResponse
from moto.iam.models import Role, iam_backends
from moto.sts.models import sts_backends

from ecsctl.sandbox.core import app_call_resources, permissions
from ecsctl.sandbox.core.permissions import Asked, Statements
from ecsctl.sandbox.core.requirements import Call, needed

_TEMPORARY = "ASIA"  # how the key ids of sessions begin (IAM guide, "IAM identifiers")


def role(response: BaseResponse) -> str | None:
    """The ARN of the role whose session calls; None for everybody else."""
    key = str(response.access_key or "")
    if not key.startswith(_TEMPORARY):
        return None
    known = sts_backends[response.current_account][response.partition].get_assumed_role_from_access_key(key)
    return str(known.role_arn) if known is not None else None


def layers(response: BaseResponse, arn: str, asked: Asked) -> dict[str, Statements]:
    """The kinds of policies that hold for a role, as far as they bear upon what is asked."""
    iam = iam_backends[response.current_account][response.partition]
    held: Role | None = next((one for one in iam.get_roles() if one.arn == arn), None)
    if held is None:
        return {"identity": []}
    found = {"identity": _bearing(permissions.documents(held), asked)}
    if boundary := held.permissions_boundary_arn:
        policy: Any = iam.managed_policies.get(boundary)
        found["boundary"] = _bearing(permissions.current(policy) if policy else (), asked)
    return found


def known(response: BaseResponse, arn: str) -> dict[str, tuple[str, ...]]:
    """The condition keys that every call has (IAM guide, "AWS global condition context keys").

    The sandbox is spoken to over plain HTTP; it counts as TLS.
    """
    return {
        "aws:PrincipalArn": (arn,),
        "aws:PrincipalAccount": (response.current_account,),
        "aws:RequestedRegion": (response.region,),
        "aws:SecureTransport": ("true",),
    }


def needs(call: Call) -> list[Asked]:
    """All that must be allowed for a call of an app: without a resource where it is not known which.

    Neither is it where the call leaves out what names it.
    """
    if call.operation in ("TransactGetItems", "TransactWriteItems"):
        parts = [part for one in call.parameters.get("TransactItems") or () for part in one.items()]
        tables = [
            (app_call_resources.TRANSACTIONS[kind], about["TableName"].rpartition("/")[2]) for kind, about in parts
        ]
        return [Asked(f"dynamodb:{action}", call.arn(f"table/{table}")) for action, table in tables]
    found = needed(call)
    action = app_call_resources.ACTIONS.get((call.service, call.operation))
    if action is not None:
        found = [replace(found[0], action=f"{call.prefix}:{action}"), *found[1:]]
    if call.service == "dynamodb" and (index := call.parameters.get("IndexName")):
        found = [replace(one, resource=f"{one.resource}/index/{index}") for one in found]
    return [replace(one, resource="") if "*" in one.resource else one for one in found]


def _bearing(documents: Any, asked: Asked) -> Statements:
    """The statements, without conditions that cannot be evaluated here: they are assumed to be met in an Allow, and not
    in a Deny.
    """
    found: Statements = []
    keys = {key.lower() for key in asked.context}
    for one in permissions.statements(documents):
        allows, statement = one["Effect"] == "Allow", dict(one)
        if not asked.resource:
            if not allows and one.get("Resource") not in ("*", ["*"]):
                continue
            statement.pop("NotResource", None)
            statement["Resource"] = "*"
        tests = one.get("Condition", {})
        evaluable = {
            operator: some
            for operator, test in tests.items()
            if (some := {key: value for key, value in test.items() if _can_evaluate(operator, key, value, keys)})
        }
        if evaluable != tests and not allows:
            continue
        statement["Condition"] = evaluable
        found.append(statement)
    return found


def _can_evaluate(operator: str, key: str, value: Any, keys: set[str]) -> bool:
    """Whether a condition can be evaluated here: with a known key, a known operator, and without a variable."""
    return (
        key.lower() in keys
        and permissions.knows_operator(operator)
        and not fnmatch.fnmatchcase(json.dumps(value), "*${*")
    )
