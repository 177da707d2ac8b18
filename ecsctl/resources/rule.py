"""Which of AWS's events are told to a topic or a webhook, and in which words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import ApiDestinationArn, RoleArn, TopicArn
from ecsctl.names import Names
from ecsctl.parts import NOTIFIED
from ecsctl.resources.support.common import there
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of, passes

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.resources.support.rights import Scope, Uses

TARGET, POSTED = "ecsctl", "ecsctl-webhook"  # the ids of our targets: what someone adds beside them is theirs


@dataclass(frozen=True)
class RuleIds:
    """A rule's ids."""

    name: str
    arn: str


@dataclass(frozen=True, kw_only=True)
class Rule(Resource[RuleIds]):
    """A rule on the account's own event bus, with a topic and a webhook as targets, or one. It is found by its name."""

    kind = "rule"
    title = "EventBridge rule"
    arns = "events"
    console = "{console}/events/home?region={region}#/eventbus/default/rules/{name}"

    name: Fixed[str]
    enabled: bool
    pattern: str  # which events, as JSON
    topic: TopicArn  # empty: none
    webhook: ApiDestinationArn  # likewise
    caller: RoleArn  # by which EventBridge may post to that
    message: str  # with `<name>` for what stands in the event
    paths: tuple[tuple[str, str], ...]  # where in the event, by name

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", json.dumps(json.loads(self.pattern), sort_keys=True))
        object.__setattr__(self, "paths", tuple(sorted(self.paths)))

    def summary(self) -> str:
        """What is told."""
        return self.message

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """What it takes to make it, look at it, change it and delete it."""
        actions = (
            "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets TagResource"
        )
        yield anywhere("events", "ListRules")
        if uses.topic or uses.webhook:
            yield Statement("Rules", of("events", actions), tuple(_arns(scope.names, scope.partition)))
        if uses.webhook:
            yield passes("WebhookCaller", (scope.role("notify"),), "events")

    def observe(self, aws: Aws, me: Label) -> Observed[Rule, RuleIds] | None:
        """By its name."""
        rule = there(lambda: aws.read(aws.events.describe_rule, Name=self.name))
        if rule is None:
            return None
        targets = {one["Id"]: one for one in _targets(aws, self.name)}
        told = [_said(targets[one]) for one in (TARGET, POSTED) if one in targets]
        message, paths = next((one for one in told if one != (self.message, self.paths)), told[0] if told else ("", ()))
        actual = Rule(
            name=rule["Name"],
            enabled=rule["State"] == "ENABLED",
            pattern=rule.get("EventPattern", "{}"),
            topic=TopicArn(targets.get(TARGET, {}).get("Arn", "")),
            webhook=ApiDestinationArn(targets.get(POSTED, {}).get("Arn", "")),
            caller=RoleArn(targets.get(POSTED, {}).get("RoleArn", "")),
            message=message,
            paths=paths,
        )
        tags: Any = aws.read(aws.events.list_tags_for_resource, ResourceARN=rule["Arn"])
        return Observed(RuleIds(rule["Name"], rule["Arn"]), actual, flat(tags["Tags"]))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[RuleIds]]:
        """By the names that rules of ours have."""
        ours = {Names.of(me).rule(about) for about in NOTIFIED}
        for rule in aws.read(aws.events.list_rules, NamePrefix=f"{me.app}-")["Rules"]:
            name, arn = rule["Name"], rule["Arn"]
            read = partial(aws.read, aws.events.list_tags_for_resource, ResourceARN=arn)
            if name in ours and (answer := there(read)) is not None:
                yield Found(RuleIds(name, arn), flat(answer["Tags"]))

    def create(self, aws: Aws, me: Label) -> RuleIds:
        """Without a target, which is another call. One of the name is changed by this call, and keeps its tags."""
        answer = aws.events.put_rule(Name=self.name, EventPattern=self.pattern, State=self._state, Tags=me.upper())
        return RuleIds(self.name, answer["RuleArn"])

    def update(self, aws: Aws, me: Label, ids: RuleIds, changed: frozenset[str]) -> None:
        """The rule, its target, its tags."""
        if changed & {"enabled", "pattern"}:
            aws.events.put_rule(Name=ids.name, EventPattern=self.pattern, State=self._state)
        if changed & {"topic", "webhook", "caller", "message", "paths"}:
            wanted = self._wanted()
            with aws.fresh():
                there_are = {one["Id"] for one in _targets(aws, ids.name)}
            aws.events.put_targets(Rule=ids.name, Targets=wanted)
            if gone := {TARGET, POSTED} & there_are - {one["Id"] for one in wanted}:
                aws.events.remove_targets(Rule=ids.name, Ids=sorted(gone))
        if "tags" in changed:
            aws.events.tag_resource(ResourceARN=ids.arn, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: RuleIds) -> None:
        """AWS refuses while it has targets, whoever added them."""
        with aws.fresh():
            targets = there(lambda: _targets(aws, ids.name))
        if targets:
            aws.events.remove_targets(Rule=ids.name, Ids=[one["Id"] for one in targets])
        aws.events.delete_rule(Name=ids.name)

    def _wanted(self) -> list[dict[str, Any]]:
        """Its targets: a topic is told the sentence, a webhook gets it as a chat's webhooks want it."""

        def words(said: object) -> dict[str, Any]:
            template = json.dumps(said, ensure_ascii=False)
            return {"InputTransformer": {"InputPathsMap": dict(self.paths), "InputTemplate": template}}

        topic = {"Id": TARGET, "Arn": self.topic, **words(self.message)}
        post = {"Id": POSTED, "Arn": self.webhook, "RoleArn": self.caller, **words({"text": self.message})}
        return [one for one in (topic, post) if one["Arn"]]

    @property
    def _state(self) -> str:
        return "ENABLED" if self.enabled else "DISABLED"


def _arns(names: Names, partition: str) -> Iterator[str]:
    for about in NOTIFIED:
        yield f"arn:{partition}:events:{names.region}:{names.account}:rule/{names.rule(about)}"


def _targets(aws: Aws, name: str) -> list[Any]:
    found: list[Any] = aws.read(aws.events.list_targets_by_rule, Rule=name)["Targets"]
    return found


def _said(target: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The sentence that a target gets, alone or as the `text` of a JSON; and where its words stand in an event.

    EventBridge user guide, "Amazon EventBridge input transformation". Anything else is someone's, and stays as it is.
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
