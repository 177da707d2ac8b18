"""ECR's signing rules: an account's rules in a region, which are written together, and the one for a repository.

AWS allows at most ten, and has no conditional write: they are read right before a change, and those of others are
sent back unchanged (ECR API reference, PutSigningConfiguration).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecsctl.errors import NotOffered
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

Rule = Mapping[str, Any]


def rules(aws: Aws) -> list[Rule]:
    """All rules of the account in the region; empty if there is no configuration yet."""
    answer = none_if_gone(lambda: aws.read(aws.ecr.get_signing_configuration))
    return list(answer["signingConfiguration"]["rules"]) if answer else []


def rules_if_known(aws: Aws) -> list[Rule]:
    """Like `rules`; empty if ECR does not offer signing and rejects the call."""
    try:
        return rules(aws)
    except NotOffered:
        return []


def is_about(rule: Rule, repository: str) -> bool:
    """Whether a rule covers exactly this repository."""
    return [one.get("filter") for one in rule.get("repositoryFilters") or ()] == [repository]


def put(aws: Aws, repository: str, profile: str) -> None:
    """Have ECR sign images pushed to this repository with this profile; other rules stay."""
    ours: Any = {
        "signingProfileArn": profile,
        "repositoryFilters": [{"filter": repository, "filterType": "WILDCARD_MATCH"}],
    }
    with aws.uncached():
        others: list[Any] = [one for one in rules(aws) if not is_about(one, repository)]
    aws.ecr.put_signing_configuration(signingConfiguration={"rules": [*others, ours]})


def remove_rule(aws: Aws, repository: str) -> None:
    """Remove the rule for this repository alone. If no other is left, the configuration is deleted too."""
    with aws.uncached():
        found = rules_if_known(aws)
    others: list[Any] = [one for one in found if not is_about(one, repository)]
    if others and len(others) < len(found):
        aws.ecr.put_signing_configuration(signingConfiguration={"rules": others})
    elif found and not others:
        aws.ecr.delete_signing_configuration()
