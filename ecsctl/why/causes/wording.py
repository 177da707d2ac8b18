"""Wording shared by several causes."""

from __future__ import annotations

from ecsctl.why.causes.cause import Certainty
from ecsctl.why.causes.fixes import Fix, by_hand, resume, up
from ecsctl.why.evidence import Facts, Reason
from ecsctl.why.words import is_cut

RIGHTS = "makes the permissions of the execution role right"


def right_again(found: Reason, facts: Facts) -> tuple[Fix, ...]:
    """Return how to restore the execution role's permissions: by `ecsctl up`, unless a permissions boundary or one of
    the organization's policies denies them, which AWS's message then names.
    """
    arn = facts.definition.get("executionRoleArn", "")
    boundary = ((facts.roles.get(arn) or {}).get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", "")
    then = [step.what for step in resume(facts)]
    if "control policy" in found.text:
        return (by_hand("an administrator of the AWS organization must allow it: no permission here does", *then),)
    if "permissions boundary" in found.text or ("identity-based" not in found.text and boundary):
        named = f" {boundary}" if boundary else ""
        allow = by_hand(f"let the permissions boundary{named} of {short(arn)} allow it, or have it taken off", *then)
        return (allow,) if "permissions boundary" in found.text else (up(RIGHTS), allow)
    return (up(RIGHTS),)


def certainty_of(found: Reason | None) -> Certainty:
    """Return CERTAIN for AWS's own message, LIKELY if it is truncated, since the rest is unknown."""
    return Certainty.LIKELY if found and is_cut(found.text) else Certainty.CERTAIN


def tries(facts: Facts) -> str:
    """Return the addition to a wait that ECS retries, if it does."""
    return "" if facts.given_up else ": ECS tries again by itself"


def short(arn: str) -> str:
    """Return the name at the end of an ARN."""
    return arn.rsplit("/", 1)[-1] if arn.startswith("arn:") else arn
