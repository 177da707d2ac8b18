"""What others come to use of ours, while it is removed too: it is named, and waited for no longer than AWS needs."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.errors import EcsctlError
from ecsctl.removal import blockers
from ecsctl.session import open_app
from tests.crash.stacks import BESIDE
from tests.stack.conftest import World, desired_stack, same
from tests.stack.theirs import theirs

SMALL = desired_stack(domain=None, github=None)


def group(world: World, part: str) -> dict[str, Any]:
    """Our security group of this part."""
    filters = [{"Name": "tag:ecsctl:resource", "Values": [part]}]
    (found,) = world.boto("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return dict(found)


def interface(world: World, part: str, description: str = "RDSNetworkInterface") -> str:
    """Somebody's network interface in our network, with our group."""
    held, ec2 = group(world, part), world.boto("ec2")
    subnet = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [held["VpcId"]]}])["Subnets"][0]["SubnetId"]
    made = ec2.create_network_interface(SubnetId=subnet, Description=description, Groups=[held["GroupId"]])
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


def removed(world: World, *, between: Any = lambda: None) -> tuple[str, float]:
    """`down` as the command does it: what it said of what was kept or refused, and the seconds that it took.

    `between` happens after what is in the way was searched for.
    """
    session = open_app(world.aws(), "hello", world.state_file, emit=world.events.append)
    me, began = session.engine.label, world.clock.now()
    found = blockers.read(session.aws, me)
    between()
    try:
        plan = session.engine.down(
            agree=lambda plan: None, keep=found.keeper(lambda _: ""), held=blockers.holder(session.aws, me)
        )
        said = "; ".join(step.reason for step in plan.steps)
    except EcsctlError as error:
        said = "; ".join(one.message for one in getattr(error, "errors", (error,)))
    return said, world.clock.now() - began


def test_a_database_in_a_borrowed_vpc_that_lets_the_tasks_in_is_named_and_only_groups_stay(world: World) -> None:
    """EC2 API reference, DeleteSecurityGroup: not while a rule of another group names it."""

    def lived_in() -> tuple[dict[str, Any], str]:
        (configured,) = theirs(world, BESIDE)
        database = world.boto("ec2").create_security_group(
            GroupName="rds", Description="rds", VpcId=configured["vpc"]["id"]
        )["GroupId"]
        world.clock.sleep(60)
        before = world.exact()
        world.up(configured)
        return before, str(database)

    before, database = world.once("a database beside", lived_in)
    ec2, tasks = world.boto("ec2"), group(world, "tasks-group")["GroupId"]
    rule = [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": tasks}]}]
    ec2.authorize_security_group_ingress(GroupId=database, IpPermissions=rule)
    world.clock.sleep(60)
    said, seconds = removed(world)
    assert f"used by security group {database} (rds), which is not ours and has rules that name {tasks}" in said
    assert seconds < 300
    assert group(world, "tasks-group")["GroupId"] == tasks
    assert world.boto("elbv2").describe_load_balancers()["LoadBalancers"] == []
    ec2.revoke_security_group_ingress(GroupId=database, IpPermissions=rule)
    world.clock.sleep(60)
    removed(world)
    same(before, world.exact())


@pytest.mark.parametrize("part", ["balancer-group", "tasks-group"])
def test_what_comes_into_the_way_during_the_removal_is_named_after_minutes(world: World, part: str) -> None:
    before = world.running(SMALL)
    come: list[str] = []
    said, seconds = removed(world, between=lambda: come.append(interface(world, part)))
    assert f"security group {part}: used by network interface {come[0]} (RDSNetworkInterface), held by" in said
    assert seconds < 600
    world.boto("ec2").delete_network_interface(NetworkInterfaceId=come[0])
    world.down()
    same(before, world.exact())


def test_a_task_of_another_cluster_that_uses_our_group_is_not_taken_for_ours(world: World) -> None:
    """ECS describes both interfaces alike; the attachment's id tells them apart (ECS API reference, Attachment)."""
    world.running(SMALL)
    other = interface(world, "tasks-group", "arn:aws:ecs:eu-central-1:123456789012:attachment/theirs")
    world.clock.sleep(60)
    said, seconds = removed(world)
    assert f"used by network interface {other} (arn:aws:ecs:eu-central-1:123456789012:attachment/theirs)" in said
    assert seconds < 300
