"""EventBridge rules on the account's default bus: what their resource types have in common."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Found
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.rights import of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ecsctl.aws.clients import Aws

CONSOLE = "{console}/events/home?region={region}#/eventbus/default/rules/{name}"
ACTIONS = of(
    "events",
    "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets TagResource",
)
"""The permissions to create, read, change and delete a rule."""


@dataclass(frozen=True)
class RuleIds:
    """A rule's ids."""

    name: str
    arn: str


def sorted_pattern(pattern: str) -> str:
    """An event pattern in normal form, since EventBridge stores the text as it was sent."""
    return json.dumps(json.loads(pattern), sort_keys=True)


def described(aws: Aws, name: str) -> tuple[Any, dict[str, Any], dict[str, str]] | None:
    """The rule, its targets by id, and its tags; None if there is no rule with that name."""
    rule: Any = none_if_gone(lambda: aws.read(aws.events.describe_rule, Name=name))
    if rule is None:
        return None
    tags: Any = aws.read(aws.events.list_tags_for_resource, ResourceARN=rule["Arn"])
    return rule, {target["Id"]: target for target in targets(aws, name)}, flat(tags["Tags"])


def named(aws: Aws, me: Label, names: Collection[str]) -> Iterator[Found[RuleIds]]:
    """The rules of these names that exist."""
    for rule in aws.read(aws.events.list_rules, NamePrefix=f"{me.app}-")["Rules"]:
        name, arn = rule["Name"], rule["Arn"]
        read = partial(aws.read, aws.events.list_tags_for_resource, ResourceARN=arn)
        if name in names and (answer := none_if_gone(read)) is not None:
            yield Found(RuleIds(name, arn), flat(answer["Tags"]))


def create(aws: Aws, me: Label, name: str, pattern: str, *, enabled: bool) -> RuleIds:
    """Create a rule without targets, which need another call. An existing rule with the name would be changed, but keep
    its tags.
    """
    answer = aws.events.put_rule(Name=name, EventPattern=pattern, State=_state(enabled=enabled), Tags=me.upper())
    return RuleIds(name, answer["RuleArn"])


def update(
    aws: Aws, me: Label, ids: RuleIds, pattern: str, *, enabled: bool, targets: list[Any], changed: frozenset[str]
) -> None:
    """Put the rule, its targets and its tags, as far as `changed` requires."""
    if changed & {"enabled", "pattern"}:
        aws.events.put_rule(Name=ids.name, EventPattern=pattern, State=_state(enabled=enabled))
    if targets and changed - {"enabled", "pattern", "tags"}:
        aws.events.put_targets(Rule=ids.name, Targets=targets)
    if "tags" in changed:
        aws.events.tag_resource(ResourceARN=ids.arn, Tags=me.upper())


def delete(aws: Aws, name: str) -> None:
    """Delete a rule with all its targets, whoever added them: AWS refuses a rule that has some."""
    with aws.uncached():
        found = none_if_gone(lambda: targets(aws, name))
    if found:
        aws.events.remove_targets(Rule=name, Ids=[target["Id"] for target in found])
    aws.events.delete_rule(Name=name)


def targets(aws: Aws, name: str) -> list[Any]:
    """The targets of the rule with that name."""
    found: list[Any] = aws.read(aws.events.list_targets_by_rule, Rule=name)["Targets"]
    return found


def _state(*, enabled: bool) -> Any:
    return "ENABLED" if enabled else "DISABLED"
