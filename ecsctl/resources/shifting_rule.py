"""The listener rule through which ECS shifts requests from one target group to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.ids import ListenerArn, ListenerRuleArn, TargetGroupArn
from ecsctl.resources.support.elb import has_forward, has_healthy_target, rule_at, tagged_rules
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import ActionTypeDef, RuleConditionTypeDef, RuleTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

EVERYTHING = "/*"


@dataclass(frozen=True)
class ShiftingRuleIds:
    """A rule's ids."""

    arn: ListenerRuleArn


@dataclass(frozen=True, kw_only=True)
class ShiftingRule(Resource[ShiftingRuleIds]):
    """A rule that forwards everything to two target groups. It is found by its listener and priority.

    How much each of them gets is up to ECS, at every deployment: weights are written when the rule is created, and if a
    group is missing in it; otherwise they are never compared and never set (aws/aws-cdk#36649,
    terraform-aws-modules/terraform-aws-alb#409).
    """

    kind = "shifting-rule"
    title = "production listener rule"
    arns = "elasticloadbalancing"
    tagging_type = "elasticloadbalancing"
    within = ("listener",)
    console = "{console}/ec2/home?region={region}#ListenerRuleDetails:ruleArn={arn}"

    listener: Fixed[ListenerArn]
    priority: Fixed[int]
    path: str
    target_groups: frozenset[TargetGroupArn]
    first: Order[TargetGroupArn]  # that gets everything, until a deployment shifts it

    def summary(self) -> str:
        """Says what we set in it, and what ECS does."""
        return f"{self.path} → two target groups; ECS sets their weights"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read it; and to make, change and delete it."""
        yield anywhere("elasticloadbalancing", "DescribeListeners DescribeLoadBalancers DescribeRules DescribeTags")
        if uses.shifts:
            yield anywhere("elasticloadbalancing", "DescribeTargetHealth")
            changes = of("elasticloadbalancing", "AddTags CreateRule DeleteRule ModifyRule")
            yield Statement("LoadBalancing", changes, (*scope.balancers, *scope.rules))

    def observe(self, aws: Aws, me: Label) -> Observed[ShiftingRule, ShiftingRuleIds] | None:
        """Read by its listener and priority."""
        found = rule_at(aws, self.listener, self.priority)
        if found is None:
            return None
        rule, tags = found
        actual = ShiftingRule(
            listener=self.listener,
            priority=self.priority,
            path=_path(rule),
            target_groups=frozenset(map(TargetGroupArn, _weights(rule))),
            first=self.first,
        )
        return Observed(_ids(rule), actual, tags)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ShiftingRuleIds]]:
        """Rules of the app's load balancers that forward: they exist nowhere else."""
        for rule, tags in tagged_rules(aws, me):
            if has_forward(rule):
                yield Found(_ids(rule), tags)

    def create(self, aws: Aws, me: Label) -> ShiftingRuleIds:
        """The priority protects this call from doubling."""
        answer = aws.elbv2.create_rule(
            ListenerArn=self.listener,
            Priority=self.priority,
            Conditions=self._conditions(),
            Actions=self._actions(self._serving(aws)),
            Tags=me.upper(),
        )
        return _ids(answer["Rules"][0])

    def update(self, aws: Aws, me: Label, ids: ShiftingRuleIds, changed: frozenset[str]) -> None:
        """Its condition without its weights, which are up to ECS, unless a group was missing."""
        if "path" in changed:
            aws.elbv2.modify_rule(RuleArn=ids.arn, Conditions=self._conditions())
        if "target_groups" in changed:
            aws.elbv2.modify_rule(RuleArn=ids.arn, Actions=self._actions(self._serving(aws)))
        if "tags" in changed:
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: ShiftingRuleIds) -> None:
        """Its target groups can be deleted only after it."""
        aws.elbv2.delete_rule(RuleArn=ids.arn)

    def _serving(self, aws: Aws) -> TargetGroupArn:
        """The group whose tasks serve: if both have healthy ones, or neither, the first."""
        with aws.uncached():
            well = {arn for arn in self.target_groups if has_healthy_target(aws, arn)}
        return self.first if self.first in well or not well else next(iter(well))

    def _conditions(self) -> list[RuleConditionTypeDef]:
        return [{"Field": "path-pattern", "PathPatternConfig": {"Values": [self.path]}}]

    def _actions(self, serving: TargetGroupArn) -> list[ActionTypeDef]:
        groups: Any = [{"TargetGroupArn": arn, "Weight": int(arn == serving)} for arn in sorted(self.target_groups)]
        return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


def _path(rule: RuleTypeDef) -> str:
    """The one path that it matches; empty if it has other conditions, or does anything but forward."""
    conditions, actions = rule.get("Conditions", []), rule.get("Actions", [])
    if len(conditions) != 1 or len(actions) != 1 or conditions[0].get("Field") != "path-pattern":
        return ""
    paths = conditions[0].get("PathPatternConfig", {}).get("Values") or conditions[0].get("Values", [])
    return paths[0] if len(paths) == 1 else ""


def _weights(rule: RuleTypeDef) -> dict[str, int]:
    """Its target groups, and how much each of them gets; none if it does anything but forward."""
    actions = rule.get("Actions", [])
    if len(actions) != 1:
        return {}
    groups = actions[0].get("ForwardConfig", {}).get("TargetGroups", [])
    if not groups and (single := actions[0].get("TargetGroupArn")):
        return {single: 1}
    return {one.get("TargetGroupArn", ""): one.get("Weight", 1) for one in groups}


def _ids(rule: RuleTypeDef) -> ShiftingRuleIds:
    return ShiftingRuleIds(ListenerRuleArn(rule["RuleArn"]))
