"""What is denied to the app's roles though ecsctl allows it: by a policy that others have added, or that holds for the
whole account.

A role's own policies show neither a service control policy nor what an attached policy denies. IAM's policy simulator
evaluates all of them (IAM API reference, SimulatePrincipalPolicy), but for service control policies with conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ecsctl.names import Names
from ecsctl.resources.role import INLINE
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.our_roles import our_roles, without
from ecsctl.resources.support.policy_document import Statement, statements

if TYPE_CHECKING:
    from types_boto3_iam.literals import ContextKeyTypeEnumType
    from types_boto3_iam.type_defs import ContextEntryTypeDef, EvaluationResultTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label

ORGANIZATION = "a service control policy of the AWS organization"


def denials(aws: Aws, me: Label) -> Iterator[str]:
    """Each role that something is denied to, in a sentence. What depends on conditions that are not known here is left
    out.
    """
    roles = [(arn, role) for arn, role, _ in our_roles(aws, me)]
    if not roles:
        return
    with ThreadPoolExecutor(len(roles)) as pool:
        for (_, role), found in zip(roles, pool.map(lambda one: _denied(aws, me, *one), roles), strict=True):
            for who, actions in found.items():
                listed, lost = without(Names.of(me), role, actions)
                yield f"{who} denies {listed} to {role}: {lost}"


def _denied(aws: Aws, me: Label, arn: str, role: str) -> dict[str, set[str]]:
    """The actions of ecsctl's own policy for the role that are denied, by what denies them."""
    own = none_if_gone(lambda: aws.read(aws.iam.get_role_policy, RoleName=role, PolicyName=INLINE))
    given = [one for one in statements(own["PolicyDocument"]) if not one.other] if own else []
    asked = {(action, resource) for one in given for action in one.actions for resource in one.resources
             if not {"*", "?"} & {*action}}  # fmt: skip
    if not asked:
        return {}
    answer = aws.read(
        aws.iam.simulate_principal_policy,
        PolicySourceArn=arn,
        ActionNames=sorted({action for action, _ in asked}),
        ResourceArns=sorted({resource for _, resource in asked}),
        ContextEntries=_context(me, arn, given),
    )
    found: dict[str, set[str]] = {}
    for one in answer["EvaluationResults"]:
        if (one["EvalActionName"], one.get("EvalResourceName", "*")) in asked and (who := _denier(one)):
            found.setdefault(who, set()).add(one["EvalActionName"])
    return found


def _denier(result: EvaluationResultTypeDef) -> str:
    """What denies it, in words; empty if nothing does for certain. A boundary is reported elsewhere."""
    if not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        return ORGANIZATION
    bounded = not result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True)
    if result["EvalDecision"] != "explicitDeny" or result.get("MissingContextValues") or bounded:
        return ""
    names = sorted({one.get("SourcePolicyId", "") for one in result.get("MatchedStatements", ())} - {""})
    return f"the policy {', '.join(names)}" if names else "a policy"


def _context(me: Label, arn: str, given: list[Statement]) -> list[ContextEntryTypeDef]:
    """The condition keys that are known of every call of a role (IAM user guide, "AWS global condition context keys"),
    and those of ecsctl's own statements, as these ask for them.
    """
    own = {test.key: list(test.values) for one in given for test in one.conditions}
    known = {
        "aws:PrincipalAccount": me.account,
        "aws:PrincipalArn": arn,
        "aws:RequestedRegion": me.region,
        "aws:ResourceAccount": me.account,
    }
    truths = {"aws:SecureTransport": "true", "aws:ViaAWSService": "false"}
    return [
        *(_entry(key, "string" if len(values) == 1 else "stringList", values) for key, values in own.items()),
        *(_entry(key, "string", [value]) for key, value in known.items()),
        *(_entry(key, "boolean", [value]) for key, value in truths.items()),
    ]


def _entry(key: str, kind: ContextKeyTypeEnumType, values: list[str]) -> ContextEntryTypeDef:
    return {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": values}
