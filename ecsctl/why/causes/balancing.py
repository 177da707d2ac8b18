"""Why ECS cannot shift traffic between two versions: its infrastructure role lacks a permission or the right trust.

The error is in the deployment's statusReason, and the deployment is rolled back (ECS guide, "Troubleshooting Amazon ECS
blue/green deployments"; "Amazon ECS infrastructure IAM role for load balancers" lists the permissions).
"""

from __future__ import annotations

import re

from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import up
from ecsctl.why.evidence import Evidence, Facts
from ecsctl.why.words import is_cut

REFUSED = re.compile(r"not authorized to perform: (elasticloadbalancing:\w+)")
LACKING = re.compile(r"missing permissions on ECS Infrastructure Role", re.IGNORECASE)
NOT_ASSUMED = re.compile(r"unable to assume the (?:\w+ )*ECS Infrastructure Role", re.IGNORECASE)
ROLE = re.compile(r"(?:assumed-role|:role)/([\w+=,.@-]+)")


def infrastructure_role(facts: Facts) -> Cause | None:
    """ECS may not change the load balancer, or may not assume the role for it."""
    newest = facts.releases.newest
    said = Evidence("deployment", str(newest.get("statusReason") or ""), newest.get("updatedAt"))
    for one in (said, *facts.events):
        refused = REFUSED.search(one.text)
        named = ROLE.search(one.text)
        role = f"the infrastructure role {named[1]}" if named else "the service's infrastructure role"
        if refused or LACKING.search(one.text):
            what = refused[1] if refused else "a permission"
            sentence = f"{role} lacks {what}, with which ECS changes the load balancer"
        elif NOT_ASSUMED.search(one.text):
            sentence = f"ECS cannot assume {role}, with which it changes the load balancer"
        else:
            continue
        certainty = Certainty.LIKELY if is_cut(one.text) else Certainty.CERTAIN
        return Cause("infrastructure-role", sentence, (one,), (up("makes the role and its rights right"),), certainty)
    return None


CHECKS: tuple[Check, ...] = (infrastructure_role,)
