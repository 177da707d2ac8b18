"""Which events on AWS are sent to a topic or a webhook, and in what words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import ApiDestinationArn, RoleArn, TopicArn
from ecsctl.names import Names
from ecsctl.parts import NOTIFIED
from ecsctl.resources.support import rules
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import WEBHOOK, anywhere, apart, pass_roles
from ecsctl.resources.support.rules import RuleIds

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

TARGET, POSTED = "ecsctl", "ecsctl-webhook"  # the ids of our targets: any other is not ours


@dataclass(frozen=True, kw_only=True)
class Rule(Resource[RuleIds]):
    """A rule on the account's own event bus whose targets are a topic, a webhook, or both. It is found by its name."""

    kind = "rule"
    title = "EventBridge rule"
    changed_by_delete = ("topic", "webhook")
    arns = "events"
    tagging_type = "events"
    console = rules.CONSOLE

    name: Fixed[str]
    enabled: bool
    pattern: str  # which events, as JSON
    topic: TopicArn  # empty: none
    webhook: ApiDestinationArn  # likewise
    role: RoleArn  # by which EventBridge may post to that
    message: str  # with `<name>` for a value in the event
    input_paths_map: tuple[tuple[str, str], ...]  # where in the event, by name

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", rules.sorted_pattern(self.pattern))
        object.__setattr__(self, "input_paths_map", tuple(sorted(self.input_paths_map)))

    def summary(self) -> str:
        """Says what is sent."""
        return self.message

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        yield anywhere("events", "ListRules")
        if uses.topic or uses.webhook:
            yield Statement("Rules", rules.ACTIONS, tuple(_arns(scope.names, scope.partition)))
        if uses.webhook:
            yield from apart(WEBHOOK, pass_roles("WebhookCaller", (scope.role("notify"),), "events"))

    def observe(self, aws: Aws, me: Label) -> Observed[Rule, RuleIds] | None:
        """Read by its name."""
        found = rules.described(aws, self.name)
        if found is None:
            return None
        rule, targets, tags = found
        texts = [_text(targets[one]) for one in (TARGET, POSTED) if one in targets]
        unlike = [text for text in texts if text != (self.message, self.input_paths_map)]
        message, paths = next(iter(unlike + texts), ("", ()))
        actual = Rule(
            name=rule["Name"],
            enabled=rule["State"] == "ENABLED",
            pattern=rule.get("EventPattern", "{}"),
            topic=TopicArn(targets.get(TARGET, {}).get("Arn", "")),
            webhook=ApiDestinationArn(targets.get(POSTED, {}).get("Arn", "")),
            role=RoleArn(targets.get(POSTED, {}).get("RoleArn", "")),
            message=message,
            input_paths_map=paths,
        )
        return Observed(RuleIds(rule["Name"], rule["Arn"]), actual, tags)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[RuleIds]]:
        """Found by the names that our rules have."""
        return rules.named(aws, me, {Names.of(me).rule(about) for about in NOTIFIED})

    def create(self, aws: Aws, me: Label) -> RuleIds:
        """Create it without a target, which is another call. This call would change an existing rule of the name, and
        keep its tags.
        """
        return rules.create(aws, me, self.name, self.pattern, enabled=self.enabled)

    def update(self, aws: Aws, me: Label, ids: RuleIds, changed: frozenset[str]) -> None:
        """The rule, its targets, its tags."""
        wanted = self._targets()
        rules.update(aws, me, ids, self.pattern, enabled=self.enabled, targets=wanted, changed=changed)
        if changed & {"topic", "webhook"}:
            with aws.uncached():
                present = {one["Id"] for one in rules.targets(aws, ids.name)}
            if gone := {TARGET, POSTED} & present - {one["Id"] for one in wanted}:
                aws.events.remove_targets(Rule=ids.name, Ids=sorted(gone))

    @classmethod
    def delete(cls, aws: Aws, ids: RuleIds) -> None:
        """Delete it with its targets, whoever added them."""
        rules.delete(aws, ids.name)

    def _targets(self) -> list[dict[str, Any]]:
        """Its targets: a topic gets the sentence, a webhook gets it in the format of chat webhooks."""

        def words(said: object) -> dict[str, Any]:
            template = json.dumps(said, ensure_ascii=False)
            return {"InputTransformer": {"InputPathsMap": dict(self.input_paths_map), "InputTemplate": template}}

        topic = {"Id": TARGET, "Arn": self.topic, **words(self.message)}
        post = {"Id": POSTED, "Arn": self.webhook, "RoleArn": self.role, **words({"text": self.message})}
        return [one for one in (topic, post) if one["Arn"]]


def _arns(names: Names, partition: str) -> Iterator[str]:
    for about in NOTIFIED:
        yield f"arn:{partition}:events:{names.region}:{names.account}:rule/{names.rule(about)}"


def _text(target: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The message that a target gets, alone or as the `text` of a JSON document; and where its values are in an event.

    EventBridge user guide, "Amazon EventBridge input transformation". Anything else is someone else's, and stays
    unchanged.
    """
    words = target.get("InputTransformer", {})
    template = words.get("InputTemplate", "")
    try:
        found = json.loads(template)
    except ValueError:
        found = None
    if target["Id"] == POSTED:
        found = found["text"] if isinstance(found, dict) and [*found] == ["text"] else None
    return found if isinstance(found, str) else template, tuple(sorted(words.get("InputPathsMap", {}).items()))
