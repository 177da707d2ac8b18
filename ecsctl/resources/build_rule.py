"""Which events on AWS start a build, and which of their values are passed to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import ProjectName, RoleArn
from ecsctl.names import Names
from ecsctl.parts import REPORTS
from ecsctl.resources.support import rules
from ecsctl.resources.support.builds import is_running, newest_build
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of, pass_roles
from ecsctl.resources.support.rules import RuleIds

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

TARGET = "ecsctl-build"  # the id of our target: any other is not ours


@dataclass(frozen=True, kw_only=True)
class BuildRule(Resource[RuleIds]):
    """A rule on the account's own event bus that starts a build of one project. It is found by its name."""

    kind = "build-rule"
    title = "EventBridge rule that starts a build"
    changed_by_delete = ("project",)
    arns = "events"
    tagging_type = "events"
    console = rules.CONSOLE

    name: Fixed[str]
    enabled: bool
    pattern: str  # which events, as JSON
    project: ProjectName  # empty: none
    role: RoleArn  # by which EventBridge may start the build
    variables: tuple[tuple[str, str], ...]  # for the build: where each value is in the event

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", rules.sorted_pattern(self.pattern))
        object.__setattr__(self, "variables", tuple(sorted(self.variables)))

    def summary(self) -> str:
        """Says what is started."""
        return f"starts {self.project}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        yield anywhere("events", "ListRules")
        if uses.reports:
            rule = scope.arn("events", f"rule/{scope.names.rule(REPORTS)}")
            yield Statement("ReportRule", rules.ACTIONS, (rule,))
            yield pass_roles("ReportCaller", (scope.role(REPORTS),), "events")
            project = scope.arn("codebuild", f"project/{scope.names.reports_project}")
            builds = of("codebuild", "BatchGetBuilds BatchGetProjects ListBuildsForProject")
            yield Statement("Build", builds, (project,))

    def observe(self, aws: Aws, me: Label) -> Observed[BuildRule, RuleIds] | None:
        """Read by its name."""
        found = rules.described(aws, self.name)
        if found is None:
            return None
        rule, targets, tags = found
        target = targets.get(TARGET, {})
        actual = BuildRule(
            name=rule["Name"],
            enabled=rule["State"] == "ENABLED",
            pattern=rule.get("EventPattern", "{}"),
            project=ProjectName(target.get("Arn", "").partition(":project/")[2]),
            role=RoleArn(target.get("RoleArn", "")),
            variables=self.variables if target.get("InputTransformer") == self._input() else (),
        )
        note = _failed(aws, actual.project) if aws.additions and actual.project else ""
        return Observed(RuleIds(rule["Name"], rule["Arn"]), actual, tags, note=note)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[RuleIds]]:
        """Found by its name."""
        return rules.named(aws, me, {Names.of(me).rule(REPORTS)})

    def create(self, aws: Aws, me: Label) -> RuleIds:
        """Create it without a target, which is another call. This call would change an existing rule of the name, and
        keep its tags.
        """
        return rules.create(aws, me, self.name, self.pattern, enabled=self.enabled)

    def update(self, aws: Aws, me: Label, ids: RuleIds, changed: frozenset[str]) -> None:
        """The rule, its target, its tags."""
        project = f"arn:{me.partition}:codebuild:{me.region}:{me.account}:project/{self.project}"
        target = {"Id": TARGET, "Arn": project, "RoleArn": self.role, "InputTransformer": self._input()}
        rules.update(aws, me, ids, self.pattern, enabled=self.enabled, targets=[target], changed=changed)

    @classmethod
    def delete(cls, aws: Aws, ids: RuleIds) -> None:
        """Delete it with its targets, whoever added them."""
        rules.delete(aws, ids.name)

    def _input(self) -> dict[str, Any]:
        """The input of StartBuild apart from the project: a string in a JSON template brings its own quotes.

        EventBridge user guide, "Amazon EventBridge input transformation"; CodeBuild API reference, StartBuild.
        """
        paths = {name.lower(): where for name, where in self.variables}
        given = ", ".join(f'{{"name": "{name}", "value": <{name.lower()}>}}' for name, _ in self.variables)
        return {"InputPathsMap": paths, "InputTemplate": f'{{"environmentVariablesOverride": [{given}]}}'}


def _failed(aws: Aws, project: ProjectName) -> str:
    """A note if the newest build that the rule started has failed: nothing else would show it."""
    build = newest_build(aws, project)
    if build is None or is_running(build) or build["buildStatus"] == "SUCCEEDED":
        return ""
    log = build.get("logs", {}).get("groupName", "")
    return f"its last build failed, so GitHub may not know how the run stands; the log group {log} says why"
