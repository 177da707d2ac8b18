"""IAM documents as values: who may assume a role, and what a policy allows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from ecsctl.resources.support.common import canonical

VERSION = "2012-10-17"
_STATEMENT = {"Sid", "Effect", "Action", "Resource", "Condition"}
_ROOT = re.compile(r"^arn:[\w-]+:iam::(\d{12}):root$")


@dataclass(frozen=True)
class Condition:
    """One test of a statement: `Condition("StringEquals", "aws:SourceAccount", ("123456789012",))`."""

    operator: str
    key: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(sorted(self.values)))


@dataclass(frozen=True)
class Statement:
    """The allowed actions, the resources, and the conditions. Its name, and the order in its parts, do not matter.

    Some services name statements that have no name.
    """

    sid: str = field(compare=False)
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    other: str = ""  # further parts on AWS, as JSON: a Deny, a NotAction. Always empty in a desired state
    room: str = field(default="", compare=False)  # the operator's policy for it; empty: its service's usual one

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", tuple(sorted(self.actions)))
        object.__setattr__(self, "resources", tuple(sorted(self.resources)))
        object.__setattr__(self, "conditions", tuple(sorted(self.conditions, key=lambda one: (one.operator, one.key))))


@dataclass(frozen=True)
class Trust:
    """The one AWS service that may assume a role, and for whom.

    Without the account or the ARN that it acts for, someone else could make the service use the role (IAM User Guide,
    "The confused deputy problem"). An ARN with `*` is compared as a pattern.
    """

    service: str
    source_account: str = ""
    source_arn: str = ""
    other: str = ""  # the whole document as JSON, when AWS has one that is not of this form


def rights(statements: Iterable[Statement]) -> str:
    """In words, what statements allow per service: the actions' names, or their number if there are more than three."""
    by: dict[str, set[str]] = {}
    for statement in statements:
        for action in statement.actions:
            service, _, name = action.partition(":")
            by.setdefault(service, set()).add(name)
    phrases = (f"{service}: {', '.join(sorted(names)) if len(names) < 4 else f'{len(names)} actions'}"
            for service, names in sorted(by.items()))  # fmt: skip
    return "; ".join(phrases)


def policy(statements: Iterable[Statement]) -> str:
    """The statements as the JSON that IAM accepts."""
    return canonical({"Version": VERSION, "Statement": [_values(statement) for statement in statements]})


def statements(document: Any) -> tuple[Statement, ...]:
    """IAM's document (parsed, or as JSON) as statements, sorted by what they allow."""
    return ordered(_heard(raw) for raw in _many(_parsed(document).get("Statement", [])))


def lacking(boundary: Any, some: Iterable[Statement]) -> tuple[str, ...]:
    """The actions of these statements that a permissions boundary blocks, at least for some resource.

    Conditions of the boundary are assumed to be met in an Allow, and not in a Deny: the answer contains only what is
    certain.
    """
    limits = _many(_parsed(boundary).get("Statement", []))
    allows = [one for one in limits if one.get("Effect") == "Allow"]
    denies = [one for one in limits if one.get("Effect") == "Deny" and not one.get("Condition")]

    def lets(action: str, resource: str) -> bool:
        denied = any(_covers(one, action, resource) for one in denies)
        return not denied and any(_covers(one, action, resource) for one in allows)

    found = {
        action for one in some for action in one.actions for resource in one.resources if not lets(action, resource)
    }
    return tuple(sorted(found))


def taken(document: Any, role: str, actions: Iterable[str]) -> tuple[str, ...]:
    """The actions that a resource's policy denies to a role, whatever the role's own policies allow.

    Conditions of a Deny are assumed not to be met: the answer contains only what is certain.
    """
    account = role.split(":")[4]
    denies = [
        one
        for one in _many(_parsed(document).get("Statement", []))
        if one.get("Effect") == "Deny"
        and not one.get("Condition")
        and ({"*", account, role} & {*_named_in(one.get("Principal", one.get("NotPrincipal")), "AWS")} != set())
        == ("Principal" in one)
    ]
    return tuple(action for action in actions if any(_covers_action(one, action) for one in denies))


def allows(document: Any, who: str, action: str, context: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether a resource's policy allows an action to an AWS service, or to an account by its number.

    Conditions on keys that are not in the context (in lower case) are assumed to be met.
    """
    return any(
        one.get("Effect") == "Allow"
        and {who, "*"} & {*_named_in(one.get("Principal"), "AWS" if who.isdigit() else "Service")}
        and _covers_action(one, action)
        and _is_met_by(one, context)
        for one in _many(_parsed(document).get("Statement", []))
    )


def _named_in(principal: Any, kind: str) -> Iterator[str]:
    """The principals of a kind that a statement names, accounts by their numbers."""
    named = principal.get(kind, []) if isinstance(principal, dict) else principal
    yield from (_account(str(one)) for one in _many(named))


def _is_met_by(statement: dict[str, Any], context: Mapping[str, str]) -> bool:
    """Whether no condition contradicts the context. Only some operators support patterns (IAM user guide)."""
    for operator, tests in (statement.get("Condition") or {}).items():
        alike = fnmatchcase if "Like" in operator or "Arn" in operator else str.__eq__
        for key, wanted in tests.items():
            value = context.get(key.lower())
            if value is not None and any(alike(value, str(one)) for one in _many(wanted)) == ("Not" in operator):
                return False
    return True


def allows_put(document: Any, who: Mapping[str, str], key: str) -> bool:
    """Whether a bucket's policy lets a principal, named by service or account, put objects there; conditions aside."""
    [(kind, named)] = who.items()
    spellings = {named, named.split(":")[4]} if kind == "AWS" else {named}  # an account also by its number alone
    for one in _many(_parsed(document).get("Statement", [])):
        listed = one.get("Principal")
        principals = {*_many(listed.get(kind, []))} if isinstance(listed, dict) else {*_many(listed)}
        if one.get("Effect") == "Allow" and (spellings | {"*"}) & principals and _covers(one, "s3:PutObject", key):
            return True
    return False


def _covers_action(statement: dict[str, Any], action: str) -> bool:
    """Whether a statement covers this action, which may be a pattern itself."""
    patterns = _many(statement.get("Action", statement.get("NotAction", [])))
    among = any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in patterns)
    return among if "Action" in statement else not among


def _covers(statement: dict[str, Any], action: str, resource: str) -> bool:
    """Whether it covers everything that an action and a resource, which may be patterns themselves, match."""
    on = (
        any(fnmatchcase(resource, str(pattern)) for pattern in _many(statement.get("Resource", [])))
        if "Resource" in statement
        else not any(fnmatchcase(resource, str(one)) for one in _many(statement.get("NotResource", [])))
    )
    return _covers_action(statement, action) and on


def ordered(some: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements sorted by what they allow, since their order does not matter to IAM."""
    return tuple(sorted(some, key=lambda one: (one.actions, one.resources, repr(one.conditions), one.other)))


def trust_policy(trust: Trust) -> str:
    """The trust policy as the JSON that IAM accepts."""
    equals = {key: value for key, value in _sources(trust) if "*" not in value}
    like = {key: value for key, value in _sources(trust) if "*" in value}
    condition = {operator: tests for operator, tests in (("StringEquals", equals), ("ArnLike", like)) if tests}
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": trust.service},
        "Action": "sts:AssumeRole",
    }
    return canonical({"Version": VERSION, "Statement": [statement | ({"Condition": condition} if condition else {})]})


def trust_of(document: Any) -> Trust:
    """IAM's trust policy (parsed, or as JSON) as a Trust."""
    found = _trusts(_parsed(document))
    whole = same_spelling(document)
    ours = found is not None and same_spelling(trust_policy(found)) == whole
    return found if found and ours else Trust(service="", other=whole)


def same_spelling(document: Any) -> str:
    """A policy, or a statement of one, in normal form: AWS keeps some as they were sent and rewrites others.

    Names of statements and the version are left out, a list of one is its element, in conditions numbers and booleans
    are text and keys are case-insensitive, and the principals "everyone" and an account have one form (IAM User Guide,
    "JSON policy elements").
    """
    parsed = _parsed(document)
    if "Statement" in parsed:
        return canonical([json.loads(same_spelling(one)) for one in _many(parsed["Statement"])])
    kept = {key: value for key, value in parsed.items() if key != "Sid"}
    for key in ("Principal", "NotPrincipal"):
        if key in kept:
            kept[key] = _principal(kept[key])
    if "Condition" in kept:
        kept["Condition"] = {
            operator: {key.lower(): [_text(value) for value in _many(values)] for key, values in tests.items()}
            for operator, tests in kept["Condition"].items()
        }
    return canonical(kept)


def whole(spelled: str) -> str:
    """A policy as AWS accepts it, from the normal form of `same_spelling`, which has no version and no `Statement`."""
    return canonical({"Version": VERSION, "Statement": _many(json.loads(spelled))})


def _principal(principal: Any) -> Any:
    if not isinstance(principal, dict):
        return {"AWS": ["*"]} if principal == "*" else principal
    return {kind: [_account(one) if kind == "AWS" else one for one in _many(who)] for kind, who in principal.items()}


def _account(principal: str) -> str:
    """An account is named by its number or by its root's ARN."""
    return _ROOT.sub(r"\1", principal)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _trusts(document: dict[str, Any]) -> Trust | None:
    """The trust that is equivalent to this document, if there is one."""
    parts = _many(document.get("Statement", []))
    principal = parts[0].get("Principal") if parts else None
    services = _many(principal.get("Service", [])) if isinstance(principal, dict) else []
    if len(services) != 1:
        return None
    conditions = parts[0].get("Condition", {}).values()
    tests = {key.lower(): _text(_many(value)[0]) for each in conditions for key, value in each.items()}
    return Trust(services[0], tests.get("aws:sourceaccount", ""), tests.get("aws:sourcearn", ""))


def _sources(trust: Trust) -> Iterator[tuple[str, str]]:
    for key, value in (("aws:SourceAccount", trust.source_account), ("aws:SourceArn", trust.source_arn)):
        if value:
            yield key, value


def _values(statement: Statement) -> dict[str, Any]:
    document: dict[str, Any] = {"Sid": statement.sid, "Effect": "Allow"}
    document |= {"Action": list(statement.actions), "Resource": list(statement.resources)}
    for condition in statement.conditions:
        tests = document.setdefault("Condition", {}).setdefault(condition.operator, {})
        tests[condition.key] = list(condition.values)
    return document


def _heard(raw: dict[str, Any]) -> Statement:
    conditions = tuple(
        Condition(operator, key, tuple(_text(value) for value in _many(values)))
        for operator, tests in raw.get("Condition", {}).items()
        for key, values in tests.items()
    )
    ours = raw.keys() <= _STATEMENT and raw.get("Effect") == "Allow"
    return Statement(
        sid=raw.get("Sid", ""),
        actions=tuple(_many(raw.get("Action", []))),
        resources=tuple(_many(raw.get("Resource", []))),
        conditions=conditions,
        other="" if ours else same_spelling(raw),
    )


def _parsed(document: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
    return parsed


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
