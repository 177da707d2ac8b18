"""Wording shared by several causes."""

from __future__ import annotations

from ecsctl.why.causes.cause import Certainty
from ecsctl.why.evidence import Facts, Reason
from ecsctl.why.words import is_cut

RIGHTS = "makes the permissions of the execution role right"


def sure(found: Reason | None) -> Certainty:
    """Return CERTAIN for AWS's own message, LIKELY if it is truncated: the rest may say something else."""
    return Certainty.LIKELY if found and is_cut(found.text) else Certainty.CERTAIN


def tries(facts: Facts) -> str:
    """Return the addition to a wait that ECS retries, if it does."""
    return "" if facts.given_up else ": ECS tries again by itself"


def short(arn: str) -> str:
    """Return the name at the end of an ARN."""
    return arn.rsplit("/", 1)[-1] if arn.startswith("arn:") else arn
