"""What several causes say in the same way."""

from __future__ import annotations

from ecsctl.why.causes.cause import Certainty
from ecsctl.why.evidence import Facts, Reason
from ecsctl.why.words import is_cut

RIGHTS = "makes the permissions of the execution role right"


def sure(found: Reason | None) -> Certainty:
    """AWS's own words make it certain; where it cut them short, likely: the part that was cut may say something
    else.
    """
    return Certainty.LIKELY if found and is_cut(found.text) else Certainty.CERTAIN


def tries(facts: Facts) -> str:
    """What to add to a wait: that ECS tries again, if it does."""
    return "" if facts.given_up else ": ECS tries again by itself"


def short(arn: str) -> str:
    """The name at the end of an ARN."""
    return arn.rsplit("/", 1)[-1] if arn.startswith("arn:") else arn
