"""A rule of a listener that redirects clients of some names to another name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import ListenerArn, ListenerRuleArn
from ecsctl.resources.support.dns import normal
from ecsctl.resources.support.elb import has_forward, rule_at, tagged_rules
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import (
        ActionTypeDef,
        RedirectActionConfigTypeDef,
        RuleConditionOutputTypeDef,
        RuleConditionTypeDef,
        RuleTypeDef,
    )

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

MOST = 5  # Elastic Load Balancing guide, "Quotas for your Application Load Balancers": condition values of a rule


@dataclass(frozen=True)
class ListenerRuleIds:
    """A rule's ids."""

    arn: ListenerRuleArn


@dataclass(frozen=True, kw_only=True)
class ListenerRule(Resource[ListenerRuleIds]):
    """A rule that redirects clients who ask for one of the hosts to another host permanently, path and query kept.

    It is found by its listener and its priority, which is unique.
    """

    kind = "listener-rule"
    title = "listener rule"
    arns = "elasticloadbalancing"
    tagging_type = "elasticloadbalancing"
    within = ("listener",)
    console = "{console}/ec2/home?region={region}#ListenerRuleDetails:ruleArn={arn}"

    listener: Fixed[ListenerArn]
    priority: Fixed[int]
    host_header: frozenset[str]
    redirect_host: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "host_header", frozenset(map(normal, self.host_header)))
        object.__setattr__(self, "redirect_host", normal(self.redirect_host))

    def summary(self) -> str:
        """Says who is redirected where."""
        return f"{', '.join(sorted(self.host_header))} → https://{self.redirect_host}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read it; and to make, change and delete it."""
        yield anywhere("elasticloadbalancing", "DescribeListeners DescribeLoadBalancers DescribeRules DescribeTags")
        if uses.redirects:
            changes = of("elasticloadbalancing", "AddTags CreateRule DeleteRule ModifyRule")
            yield Statement("LoadBalancing", changes, (*scope.balancers, *scope.rules))

    def observe(self, aws: Aws, me: Label) -> Observed[ListenerRule, ListenerRuleIds] | None:
        """Read by its listener and priority."""
        found = rule_at(aws, self.listener, self.priority)
        if found is None:
            return None
        rule, tags = found
        actual = ListenerRule(
            listener=self.listener,
            priority=self.priority,
            host_header=_hosts(rule.get("Conditions", [])),
            redirect_host=_to(rule),
        )
        return Observed(_ids(rule), actual, tags)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ListenerRuleIds]]:
        """Rules of the app's load balancers that do not forward: they exist nowhere else."""
        for rule, tags in tagged_rules(aws, me):
            if not has_forward(rule):
                yield Found(_ids(rule), tags)

    def create(self, aws: Aws, me: Label) -> ListenerRuleIds:
        """The priority protects this call from doubling."""
        answer = aws.elbv2.create_rule(
            ListenerArn=self.listener,
            Priority=self.priority,
            Conditions=self._conditions(),
            Actions=self._actions(),
            Tags=me.upper(),
        )
        return _ids(answer["Rules"][0])

    def update(self, aws: Aws, me: Label, ids: ListenerRuleIds, changed: frozenset[str]) -> None:
        """Conditions and actions are replaced as a whole."""
        if changed - {"tags"}:
            aws.elbv2.modify_rule(RuleArn=ids.arn, Conditions=self._conditions(), Actions=self._actions())
        if "tags" in changed:
            aws.elbv2.add_tags(ResourceArns=[ids.arn], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: ListenerRuleIds) -> None:
        """Nothing depends on it."""
        aws.elbv2.delete_rule(RuleArn=ids.arn)

    def _conditions(self) -> list[RuleConditionTypeDef]:
        return [{"Field": "host-header", "HostHeaderConfig": {"Values": sorted(self.host_header)}}]

    def _actions(self) -> list[ActionTypeDef]:
        return [{"Type": "redirect", "RedirectConfig": _redirect(self.redirect_host)}]


def _redirect(to: str) -> RedirectActionConfigTypeDef:
    return {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": to,
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }


def _hosts(conditions: list[RuleConditionOutputTypeDef]) -> frozenset[str]:
    """The hosts that it matches; none if it has any other condition too."""
    if len(conditions) != 1 or conditions[0].get("Field") != "host-header":
        return frozenset()
    config = conditions[0].get("HostHeaderConfig", {})
    return frozenset(config.get("Values") or conditions[0].get("Values", []))


def _to(rule: RuleTypeDef) -> str:
    """Returns where it redirects; empty if it does so in any other way than ours, or does something else."""
    actions = rule.get("Actions", [])
    config = actions[0].get("RedirectConfig") if len(actions) == 1 else None
    host = config.get("Host", "") if config else ""
    said: dict[str, Any] = dict(config or {})
    return host if all(said.get(name) == value for name, value in _redirect(host).items()) else ""


def _ids(rule: RuleTypeDef) -> ListenerRuleIds:
    return ListenerRuleIds(ListenerRuleArn(rule["RuleArn"]))
