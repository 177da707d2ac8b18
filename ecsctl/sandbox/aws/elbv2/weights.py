"""Rules that forward to several target groups by weight: what AWS returns and refuses, and what ECS changes."""

from typing import Any

from moto.elbv2.models import ELBv2Backend, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from ecsctl.sandbox.core import overlay

_STICKY = "stickiness.enabled"


def weights(account: str, region: str, rule_arn: str) -> dict[str, int]:
    """The weights of a (default) rule's target groups, by ARN; empty if it does not exist, or does not only forward."""
    rule = _rule(elbv2_backends[account][region], rule_arn)
    return _weights(rule.actions[0].data) if rule is not None and len(rule.actions) == 1 else {}


def shift(account: str, region: str, rule_arn: str, shares: dict[str, float]) -> None:
    """Change the weights of a rule's target groups: in percent, as in AWS's own answers after a deployment."""
    rule = _rule(elbv2_backends[account][region], rule_arn)
    if rule is None:
        return
    scale = 1 if all(float(share).is_integer() for share in shares.values()) else 9.99
    groups = [{"TargetGroupArn": arn, "Weight": round(share * scale)} for arn, share in shares.items()]
    [action] = rule.actions
    sticky = (action.data.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {"Enabled": False}
    action.data = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}}
    action.__dict__.pop("TargetGroupArn", None)
    action.__dict__.update(action.data)


def _rule(backend: ELBv2Backend, arn: str) -> Any:
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                if rule.arn == arn:
                    return rule
    return None


def _weights(action: dict[str, Any]) -> dict[str, int]:
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if not groups and action.get("TargetGroupArn"):
        return {action["TargetGroupArn"]: 1}
    return {one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in groups}


def check(backend: ELBv2Backend, actions: list[dict[str, Any]]) -> None:
    """Refuse several groups, one of them with stickiness, unless the rule has group stickiness.

    The message for the opposite case is quoted in kubernetes-sigs/aws-load-balancer-controller#2734.
    """
    for action in actions:
        groups = _weights(action)
        kept = ((action.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {}).get("Enabled")
        for arn in groups if len(groups) > 1 and str(kept).lower() != "true" else ():
            group = backend.target_groups.get(arn)
            if group is not None and group.attributes.get(_STICKY) == "true":
                message = f"You must enable group stickiness on a rule if you enabled target stickiness ({arn})"
                raise overlay.Refusal("InvalidConfigurationRequest", message)


@overlay.wraps(ELBV2Response)
def modify_target_group_attributes(original: Any, self: ELBV2Response) -> Any:
    """Refuse stickiness for a group behind a rule that forwards to several groups and has no group stickiness."""
    arn, backend = self._get_param("TargetGroupArn"), self.elbv2_backend
    if {"Key": _STICKY, "Value": "true"} in self._get_param("Attributes", []):
        for balancer in backend.load_balancers.values():
            for rule in (rule for listener in balancer.listeners.values() for rule in listener.rules.values()):
                for action in rule.actions:
                    groups, config = _weights(action.data), action.data.get("ForwardConfig") or {}
                    kept = (config.get("TargetGroupStickinessConfig") or {}).get("Enabled")
                    if arn in groups and len(groups) > 1 and str(kept).lower() != "true":
                        message = f"This target group appears behind a rule with group stickiness disabled ({rule.arn})"
                        raise overlay.Refusal(
                            "InvalidConfigurationRequest",
                            f"{message}. You must enable group stickiness before enabling target stickiness",
                        )
    return original()
