"""What stands in front of the app, as ecsctl.toml asks for it: off the internet, for a few, and for good."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.errors import EcsctlError
from tests.stack.changes import BORROWED
from tests.stack.conftest import World, desired_stack
from tests.stack.theirs import theirs


def balancer(world: World) -> dict[str, Any]:
    [found] = world.boto("elbv2").describe_load_balancers()["LoadBalancers"]
    return dict(found)


def entrances(world: World) -> set[tuple[int, str]]:
    """Port, and who may come to it."""
    [group] = balancer(world)["SecurityGroups"]
    rules = world.boto("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return {
        (one["FromPort"], one.get("CidrIpv4") or one["ReferencedGroupInfo"]["GroupId"])
        for one in rules["SecurityGroupRules"]
        if not one["IsEgress"]
    }


def plain(**front: Any) -> dict[str, Any]:
    return desired_stack(domain=None, github=None, load_balancer=front)


@pytest.mark.parametrize("egress", ["nat", "public"])
def test_an_internal_one_is_where_the_tasks_are_and_nothing_of_it_is_left(world: World, egress: str) -> None:
    before = world.exact()
    configured = plain(internal=True) | {"vpc": {"egress": egress}}
    world.up(configured)
    assert balancer(world)["Scheme"] == "internal"
    [service] = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"]
    tasks = set(service["networkConfiguration"]["awsvpcConfiguration"]["subnets"])
    assert {zone["SubnetId"] for zone in balancer(world)["AvailabilityZones"]} == tasks
    assert world.plan(configured).work == ()
    world.down()
    assert world.exact() == before


def test_an_internal_one_does_not_go_to_the_internet_by_a_change_of_a_word(world: World) -> None:
    world.up(plain(internal=True))
    reasons = {step.name: step.reason for step in world.plan(plain()).refusals}
    assert "cannot change scheme in place" in reasons["load-balancer"]
    with pytest.raises(EcsctlError):
        world.up(plain())
    assert balancer(world)["Scheme"] == "internal"


def test_only_those_that_are_named_may_connect(world: World) -> None:
    [borrowed] = theirs(world, BORROWED)
    office = world.boto("ec2").create_security_group(
        GroupName="office", Description="office", VpcId=borrowed["vpc"]["id"]
    )["GroupId"]
    world.clock.sleep(60)  # until EC2 shows it
    world.up({**borrowed, "load_balancer": {"allow": ["203.0.113.0/24", office]}})
    assert entrances(world) == {(80, "203.0.113.0/24"), (80, office)}
    world.up({**borrowed, "load_balancer": {"allow": ["198.51.100.7/32"]}})
    assert entrances(world) == {(80, "198.51.100.7/32")}
    world.up(borrowed)
    assert entrances(world) == {(80, "0.0.0.0/0")}
