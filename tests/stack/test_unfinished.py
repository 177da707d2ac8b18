"""A run is killed while it changes a resource, and somebody changes the same resource by hand: each is told as what it
is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecsctl.engine.plan import Why
from ecsctl.resources.listener import Listener
from ecsctl.resources.security_group import SecurityGroup
from ecsctl.resources.service import Service
from ecsctl.resources.target_group import TargetGroup
from tests.stack.conftest import World, desired_stack

STACK = desired_stack(
    pipeline={"mode": "build-only"},
    vpc={"egress": "public"},
    raw={"listener": {"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}},
)
Change = Callable[[World], object]


class Killed(BaseException):
    """The process is gone: no handler may see it."""


def service(**settings: Any) -> Change:
    return lambda world: world.boto("ecs").update_service(cluster="hello", service="hello", **settings)


def target_group(**settings: Any) -> Change:
    def change(world: World) -> None:
        (group,) = world.boto("elbv2").describe_target_groups()["TargetGroups"]
        world.boto("elbv2").modify_target_group(TargetGroupArn=group["TargetGroupArn"], **settings)

    return change


def listener(**settings: Any) -> Change:
    def change(world: World) -> None:
        elb = world.boto("elbv2")
        (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
        listed = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        (secure,) = [one["ListenerArn"] for one in listed if one["Port"] == 443]
        elb.modify_listener(ListenerArn=secure, **settings)

    return change


def closed(way: str) -> Change:
    def change(world: World) -> None:
        ec2 = world.boto("ec2")
        named = [{"Name": "tag:ecsctl:resource", "Values": ["balancer-group"]}]
        (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
        revoke = getattr(ec2, f"revoke_security_group_{way}")
        revoke(GroupId=group["GroupId"], IpPermissions=group[f"IpPermissions{'Egress' * (way == 'egress')}"])

    return change


ANSWER = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]
KINDS: dict[Any, tuple[str, Change, str, Change, str]] = {
    Service: ("service", service(desiredCount=3), "desired_count", service(healthCheckGracePeriodSeconds=7),
              "health_check_grace_period_seconds"),
    TargetGroup: ("target-group", target_group(HealthCheckPath="/x"), "health_check_path",
                  target_group(HealthCheckIntervalSeconds=44), "health_check_interval_seconds"),
    Listener: ("https", listener(SslPolicy="ELBSecurityPolicy-2016-08"), "ssl_policy",
               listener(DefaultActions=ANSWER), "forward"),
    SecurityGroup: ("balancer-group", closed("ingress"), "ingress", closed("egress"), "egress"),
}  # fmt: skip


def whys(world: World, name: str) -> dict[str, Why]:
    (step,) = [step for step in world.plan(STACK).work if step.name == name]
    return {change.field: change.why for change in step.changes}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_what_others_change_meanwhile_is_drift_and_what_the_run_was_at_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    name, first, begun, second, theirs = KINDS[kind]
    world.running(STACK)
    first(world)
    world.clock.sleep(600)
    assert whys(world, name) == {begun: Why.DRIFT}

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(kind, "update", killed)
        with pytest.raises(Killed):
            world.up(STACK)
    assert whys(world, name) == {begun: Why.UNFINISHED}
    second(world)
    world.clock.sleep(600)
    assert whys(world, name) == {begun: Why.UNFINISHED, theirs: Why.DRIFT}
    world.up(STACK)
    world.clock.sleep(600)
    assert world.plan(STACK).work == ()
    second(world)
    world.clock.sleep(60)
    assert whys(world, name)[theirs] is Why.DRIFT


@pytest.mark.parametrize("kind", [Service, TargetGroup, SecurityGroup], ids=lambda kind: kind.kind)
def test_what_others_change_of_what_a_dead_down_left_is_drift(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    name, _, _, second, theirs = KINDS[kind]
    world.running(STACK)

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(kind, "delete", killed)
        with pytest.raises(Killed):
            world.down()
    second(world)
    world.clock.sleep(600)
    assert whys(world, name)[theirs] is Why.DRIFT
