"""Which of AWS's events start a build, and what the build is told of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import ProjectName, RoleArn
from ecsctl.names import Names
from ecsctl.parts import REPORTS
from ecsctl.resources.support.common import there
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of, passes

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.resources.support.rights import Scope, Uses

TARGET = "ecsctl-build"  # the id of our target: what someone adds beside it is theirs


@dataclass(frozen=True)
class BuildRuleIds:
    """A rule's ids."""

    name: str
    arn: str


@dataclass(frozen=True, kw_only=True)
class BuildRule(Resource[BuildRuleIds]):
    """A rule on the account's own event bus that starts a build of one project. It is found by its name."""

    kind = "build-rule"
    title = "EventBridge rule that starts a build"
    arns = "events"
    console = "{console}/events/home?region={region}#/eventbus/default/rules/{name}"

    name: Fixed[str]
    enabled: bool
    pattern: str  # which events, as JSON
    project: ProjectName  # empty: none
    caller: RoleArn  # by which EventBridge may start the build
    variables: tuple[tuple[str, str], ...]  # of the build: where in the event each stands

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", json.dumps(json.loads(self.pattern), sort_keys=True))
        object.__setattr__(self, "variables", tuple(sorted(self.variables)))

    def summary(self) -> str:
        """What is started."""
        return f"starts {self.project}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """What it takes to make it, look at it, change it and delete it."""
        actions = (
            "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets TagResource"
        )
        yield anywhere("events", "ListRules")
        if uses.reports:
            rule = scope.arn("events", f"rule/{scope.names.rule(REPORTS)}")
            yield Statement("ReportRule", of("events", actions), (rule,))
            yield passes("ReportCaller", (scope.role(REPORTS),), "events")

    def observe(self, aws: Aws, me: Label) -> Observed[BuildRule, BuildRuleIds] | None:
        """By its name."""
        rule = there(lambda: aws.read(aws.events.describe_rule, Name=self.name))
        if rule is None:
            return None
        target: Any = next((one for one in _targets(aws, self.name) if one["Id"] == TARGET), {})
        actual = BuildRule(
            name=rule["Name"],
            enabled=rule["State"] == "ENABLED",
            pattern=rule.get("EventPattern", "{}"),
            project=ProjectName(target.get("Arn", "").partition(":project/")[2]),
            caller=RoleArn(target.get("RoleArn", "")),
            variables=self.variables if target.get("InputTransformer") == self._told() else (),
        )
        tags: Any = aws.read(aws.events.list_tags_for_resource, ResourceARN=rule["Arn"])
        return Observed(BuildRuleIds(rule["Name"], rule["Arn"]), actual, flat(tags["Tags"]))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BuildRuleIds]]:
        """By the name that it has."""
        ours = Names.of(me).rule(REPORTS)
        for rule in aws.read(aws.events.list_rules, NamePrefix=f"{me.app}-")["Rules"]:
            read = partial(aws.read, aws.events.list_tags_for_resource, ResourceARN=rule["Arn"])
            if rule["Name"] == ours and (answer := there(read)) is not None:
                yield Found(BuildRuleIds(rule["Name"], rule["Arn"]), flat(answer["Tags"]))

    def create(self, aws: Aws, me: Label) -> BuildRuleIds:
        """Without a target, which is another call. One of the name is changed by this call, and keeps its tags."""
        answer = aws.events.put_rule(Name=self.name, EventPattern=self.pattern, State=self._state, Tags=me.upper())
        return BuildRuleIds(self.name, answer["RuleArn"])

    def update(self, aws: Aws, me: Label, ids: BuildRuleIds, changed: frozenset[str]) -> None:
        """The rule, its target, its tags."""
        if changed & {"enabled", "pattern"}:
            aws.events.put_rule(Name=ids.name, EventPattern=self.pattern, State=self._state)
        if changed & {"project", "caller", "variables"}:
            project = f"arn:{me.partition}:codebuild:{me.region}:{me.account}:project/{self.project}"
            wanted: Any = {"Id": TARGET, "Arn": project, "RoleArn": self.caller, "InputTransformer": self._told()}
            aws.events.put_targets(Rule=ids.name, Targets=[wanted])
        if "tags" in changed:
            aws.events.tag_resource(ResourceARN=ids.arn, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: BuildRuleIds) -> None:
        """AWS refuses while it has targets, whoever added them."""
        with aws.fresh():
            targets = there(lambda: _targets(aws, ids.name))
        if targets:
            aws.events.remove_targets(Rule=ids.name, Ids=[one["Id"] for one in targets])
        aws.events.delete_rule(Name=ids.name)

    def _told(self) -> dict[str, Any]:
        """What StartBuild is asked beside the project: a string in a template of JSON brings its own quotes.

        EventBridge user guide, "Amazon EventBridge input transformation"; CodeBuild API reference, StartBuild.
        """
        paths = {name.lower(): where for name, where in self.variables}
        given = ", ".join(f'{{"name": "{name}", "value": <{name.lower()}>}}' for name, _ in self.variables)
        return {"InputPathsMap": paths, "InputTemplate": f'{{"environmentVariablesOverride": [{given}]}}'}

    @property
    def _state(self) -> Any:
        return "ENABLED" if self.enabled else "DISABLED"


def _targets(aws: Aws, name: str) -> list[Any]:
    found: list[Any] = aws.read(aws.events.list_targets_by_rule, Rule=name)["Targets"]
    return found
