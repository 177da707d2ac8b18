"""What load balancers, target groups and listeners have in common: their tags, which listings omit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ecsctl.engine.label import APP, Label, flat
from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import RuleTypeDef

    from ecsctl.aws.clients import Aws

MOST = 20  # ELB API reference, DescribeTags: resources in one call

_recorded: WeakKeyDictionary[Aws, set[str]] = WeakKeyDictionary()


def recorded(aws: Aws, arn: str) -> None:
    """Record an ARN, whose tags are then read in one call together with those of all other recorded ones."""
    _recorded.setdefault(aws, set()).add(arn)


def tagged(aws: Aws, me: Label, names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The tags of those that carry the app's tags, by ARN. `names` are by ARN; ours have the app's."""
    ours = (*Names.of(me).target_groups, Names.of(me).second_targets)
    tags = tags_of(aws, (arn for arn, name in names.items() if name in ours))
    return {arn: its for arn, its in tags.items() if its.get(APP) == me.app}


def tags_of(aws: Aws, arns: Iterable[str]) -> dict[str, dict[str, str]]:
    """The tags by ARN, in as few calls as possible. Any that has just been deleted is left out."""
    wanted = sorted(arns)
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(wanted), MOST):
        found |= _of(aws, wanted[start : start + MOST])
    return found


def _of(aws: Aws, arns: list[str]) -> dict[str, dict[str, str]]:
    together = _recorded.get(aws, set())
    asked = sorted(together) if together.issuperset(arns) and len(together) <= MOST else arns
    answer = none_if_gone(lambda: aws.read(aws.elbv2.describe_tags, ResourceArns=asked))
    if answer is not None:
        return {
            one["ResourceArn"]: flat(one["Tags"]) for one in answer["TagDescriptions"] if one["ResourceArn"] in arns
        }
    if asked != arns:
        _recorded.pop(aws, None)  # one of them is gone
        return _of(aws, arns)
    if len(arns) == 1:
        return {}
    return {arn: tags for one in arns for arn, tags in _of(aws, [one]).items()}  # a missing one fails the whole call


def balancers_listeners(aws: Aws, me: Label) -> Iterator[str]:
    """The listeners of the app's load balancers."""
    names = {
        one["LoadBalancerArn"]: one["LoadBalancerName"]
        for one in aws.read(aws.elbv2.describe_load_balancers)["LoadBalancers"]
    }
    for balancer in tagged(aws, me, names):
        answer = none_if_gone(partial(aws.read, aws.elbv2.describe_listeners, LoadBalancerArn=balancer))
        yield from (one["ListenerArn"] for one in answer["Listeners"]) if answer else ()


def rules_of(aws: Aws, listener: str) -> list[RuleTypeDef]:
    """The rules of a listener without the default rule, which is part of the listener."""
    answer = none_if_gone(lambda: aws.read(aws.elbv2.describe_rules, ListenerArn=listener))
    return [one for one in answer["Rules"] if not one.get("IsDefault")] if answer else []


def rule_at(aws: Aws, listener: str, priority: int) -> tuple[RuleTypeDef, dict[str, str]] | None:
    """The rule of a listener with this priority, which is unique there, and its tags; None if there is none."""
    rule = next((one for one in rules_of(aws, listener) if one.get("Priority") == str(priority)), None)
    return (rule, tags_of(aws, [rule["RuleArn"]]).get(rule["RuleArn"], {})) if rule else None


def tagged_rules(aws: Aws, me: Label) -> Iterator[tuple[RuleTypeDef, dict[str, str]]]:
    """The rules that carry the app's tags, with all their tags: they exist only on the app's own load balancers."""
    for listener in balancers_listeners(aws, me):
        rules = {one["RuleArn"]: one for one in rules_of(aws, listener)}
        for arn, tags in tagged(aws, me, dict.fromkeys(rules, Names.of(me).balancer)).items():
            yield rules[arn], tags


def added_by_others(aws: Aws, balancer: str) -> str:
    """The listeners and rules that carry no app's tags, in words; empty if there are none.

    AWS deletes them with the load balancer (ELB API reference, DeleteLoadBalancer): apps that share it have rules
    there, and ECS stalls without a message once they are gone (aws/containers-roadmap#2196).
    """
    answer = none_if_gone(partial(aws.read, aws.elbv2.describe_listeners, LoadBalancerArn=balancer))
    added: dict[str, str] = {}
    for one in answer["Listeners"] if answer else ():
        added[one["ListenerArn"]] = f"a listener on port {one['Port']}"
        for rule in rules_of(aws, one["ListenerArn"]):
            added[rule["RuleArn"]] = f"rule {rule['Priority']} on port {one['Port']}"
    tags = tags_of(aws, added)
    return ", ".join(words for arn, words in added.items() if APP not in tags.get(arn, {APP: ""}))


def has_forward(rule: RuleTypeDef) -> bool:
    """Whether a rule forwards to target groups."""
    return any(one["Type"] == "forward" for one in rule.get("Actions", ()))


def has_healthy_target(aws: Aws, group: str) -> bool:
    """Whether any target of a group is healthy; no if the group is gone."""
    answer = none_if_gone(lambda: aws.read(aws.elbv2.describe_target_health, TargetGroupArn=group))
    found = answer["TargetHealthDescriptions"] if answer else ()
    return any(one.get("TargetHealth", {}).get("State") == "healthy" for one in found)


def matches_code(code: int, matcher: str) -> bool:
    """Whether a target group's matcher (`200`, `200,302` or `200-399`) contains a code."""
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdigit() and int(low) <= code <= int(high or low):
            return True
    return False
