"""Whether policies allow a request, by action, resource and condition (IAM guide, "Policy evaluation logic")."""

import fnmatch
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecr.models import ecr_backends
from moto.iam.models import Role, iam_backends

from ecsctl.sandbox.core import overlay

Statements = list[dict[str, Any]]
Context = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Asked:
    """One thing that a call needs to be allowed: the action, the ARN it is for (or `*`), and the condition keys."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass
class Enforced:
    """The statements of each kind of policy that the sandbox was asked to enforce; a kind that is not here allows
    everything.
    """

    layers: dict[str, Statements] = field(default_factory=dict)


def enforced() -> Enforced:
    """What the sandbox was asked to enforce."""
    return overlay.memory(iam_backends[DEFAULT_ACCOUNT_ID]["aws"], Enforced)  # any backend that is one for all regions


def of_organization() -> Statements | None:
    """The service control policies, which hold for every role of the account; None if there are none."""
    return enforced().layers.get("service-control")


def boundary_of(role: Role) -> Statements | None:
    """The permissions boundary of a role; None if it has none."""
    policies: Any = iam_backends[role.account_id][role.partition].managed_policies
    policy: Any = policies.get(role.permissions_boundary_arn or "")
    return None if policy is None else statements(current(policy))


def statements(documents: Iterable[Any]) -> Statements:
    """The statements of policies, each parsed or as JSON."""
    found: Statements = []
    for document in documents:
        parsed = json.loads(document) if isinstance(document, str) else document
        found += _many(parsed["Statement"])
    return found


def decision(some: Statements, asked: Asked) -> str:
    """`Allow`, `Deny` for an explicit deny, which wins, or nothing: the implicit deny."""
    effects = {
        one["Effect"] for one in some if _covers(one, asked.action, asked.resource) and _is_met(one, asked.context)
    }
    return "Deny" if "Deny" in effects else "Allow" if "Allow" in effects else ""


def is_allowed(account_id: str, role_arn: str, action: str, resource: str, context: Context | None = None) -> bool:
    """Whether the role may do `action` (such as `s3:GetObject`) on `resource`, an ARN: see `denied_by`."""
    return not denied_by(account_id, role_arn, action, resource, context)


def denied_by(account_id: str, role_arn: str, action: str, resource: str, context: Context | None = None) -> str:
    """Returns why the role may not do `action` on `resource`, in the words with which AWS ends its refusals; empty if
    it may.

    An explicit deny wins; a missing role may nothing; a boundary must allow it too (IAM guide, "Policy evaluation
    logic"). Of the policies of resources those of ECR's repositories are evaluated. Without a `context` the conditions
    of an Allow are taken to hold, and those of a Deny not to: there the sandbox allows more than AWS.
    """
    backend = iam_backends[account_id][role_arn.split(":")[1]]
    role = next((one for one in backend.get_roles() if one.arn == role_arn), None)
    asked = Asked(action, resource, context or {})
    layers = {"a resource-based policy": _of_repository(resource, role_arn)}
    if role is not None:
        layers["an identity-based policy"] = statements(documents(role))
    if (organization := of_organization()) is not None:
        layers["a service control policy"] = organization
    if role is not None and (boundary := boundary_of(role)) is not None:
        layers["a permissions boundary"] = boundary
    known = {name: [one for part in its if (one := _with(part, context))] for name, its in layers.items()}
    decided = {name: decision(its, asked) for name, its in known.items()}
    if explicit := next((name for name, effect in decided.items() if effect == "Deny"), ""):
        return f"with an explicit deny in {explicit}"
    for kind in ("a service control policy", "an identity-based policy", "a permissions boundary"):
        if decided.get(kind, "" if "identity" in kind else "Allow") != "Allow":
            return f"because no {kind.split(' ', 1)[1]} allows the {action} action"
    return ""


def _with(statement: dict[str, Any], context: Context | None) -> dict[str, Any] | None:
    if context is not None or "Condition" not in statement:
        return statement
    plain = {key: value for key, value in statement.items() if key != "Condition"}
    return plain if statement["Effect"] == "Allow" else None


def _of_repository(resource: str, role_arn: str) -> Statements:
    """What the policy of an ECR repository says to a role. It names no resource: it is about its own."""
    _, _, service, region, account, rest = [*resource.split(":", 5), *[""] * 6][:6]
    if service != "ecr" or not rest.startswith("repository/"):
        return []
    found = ecr_backends[account][region].repositories.get(rest.removeprefix("repository/"))
    document = found.policy if found is not None else None
    return [
        {**{key: value for key, value in one.items() if "Principal" not in key}, "Resource": resource}
        for one in (statements([document]) if document else [])
        if _includes_role(one, role_arn)
    ]


def _includes_role(statement: dict[str, Any], role_arn: str) -> bool:
    account = role_arn.split(":")[4]
    who = statement.get("Principal", statement.get("NotPrincipal"))
    listed = _many(who.get("AWS", [])) if isinstance(who, dict) else _many(who)
    named = any(one in ("*", account, role_arn, role_arn.split(":role/", maxsplit=1)[0] + ":root") for one in listed)
    return named == ("Principal" in statement)


def documents(role: Role) -> Iterator[Any]:
    """The policies of a role: its own, and those that are attached to it."""
    yield from role.policies.values()
    for policy in role.managed_policies.values():
        yield from current(policy)


def current(policy: Any) -> Iterator[Any]:
    """The version of a managed policy that holds."""
    yield from (version.document for version in policy.versions if version.is_default)


def _covers(statement: dict[str, Any], action: str, resource: str) -> bool:
    acts = _matches_any(statement.get("Action", statement.get("NotAction")), action, str.lower) == (
        "Action" in statement
    )
    return acts and _matches_any(statement.get("Resource", statement.get("NotResource")), resource, str) == (
        "Resource" in statement
    )


def _matches_any(patterns: Any, value: str, spelled: Any) -> bool:
    return any(_matches(spelled(pattern), spelled(value)) for pattern in _many(patterns))


def _matches(pattern: str, value: str) -> bool:
    """By `*` and `?` alone. What a call names only by its kind (`subnet/*`) must be allowed as a whole."""
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def _is_met(statement: dict[str, Any], context: Context) -> bool:
    given = {key.lower(): values for key, values in context.items()}
    return all(
        _passes(operator, given.get(key.lower()), [str(one) for one in _many(wanted)])
        for operator, tests in statement.get("Condition", {}).items()
        for key, wanted in tests.items()
    )


def _passes(operator: str, values: tuple[str, ...] | None, wanted: list[str]) -> bool:
    """One test (IAM guide, "IAM JSON policy elements: Condition operators"). Raises ValueError for an unknown one."""
    parts = re.fullmatch(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?", operator)
    name = parts[2] if parts else operator
    if name == "Null":
        return (values is None) == (wanted[0].lower() == "true")
    negated, plain = "Not" in name, name.replace("Not", "")
    if plain not in _COMPARE:
        raise ValueError(f"the sandbox does not know the condition operator {operator}")
    if values is None:  # a key that is not there: only what asks for something fails
        return negated or bool(parts and (parts[3] or parts[1] == "ForAllValues"))
    fits = [any(_COMPARE[plain](pattern, value) for pattern in wanted) != negated for value in values]
    return any(fits) if parts and parts[1] == "ForAnyValue" else all(fits)


def knows_operator(operator: str) -> bool:
    """Whether the sandbox knows a condition operator."""
    parts = re.fullmatch(r"(?:(?:ForAllValues|ForAnyValue):)?(\w+?)(?:IfExists)?", operator)
    return parts is not None and (parts[1] == "Null" or parts[1].replace("Not", "") in _COMPARE)


def _matches_arn(pattern: str, value: str) -> bool:
    """Part by part: a star does not reach over a colon but in the last one."""
    ours, theirs = pattern.split(":", 5), value.split(":", 5)
    return len(ours) == len(theirs) and all(map(_matches, ours, theirs))


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda pattern, value: pattern == value,
    "StringEqualsIgnoreCase": lambda pattern, value: pattern.lower() == value.lower(),
    "StringLike": _matches,
    "ArnEquals": _matches_arn,
    "ArnLike": _matches_arn,
    "Bool": lambda pattern, value: pattern.lower() == value.lower(),
    "NumericEquals": lambda pattern, value: float(pattern) == float(value),
    "NumericLessThanEquals": lambda pattern, value: float(value) <= float(pattern),
}


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
