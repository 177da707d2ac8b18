"""What AWS does not release holds back what it is in, and nothing else of the network."""

from __future__ import annotations

import pytest

from ecsctl.errors import EcsctlError
from tests.stack.conftest import World, desired_stack


def test_an_interface_that_uses_one_security_group_holds_back_its_own_subnet_alone(world: World) -> None:
    world.up(desired_stack(domain=None))
    ec2 = world.boto("ec2")
    groups = {one["GroupName"]: one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]}
    subnets = {
        tag["Value"]: one["SubnetId"] for one in ec2.describe_subnets()["Subnets"] for tag in one.get("Tags", ())
    }
    made = ec2.create_network_interface(SubnetId=subnets["public-a"], Groups=[groups["hello-balancer"]])
    with pytest.raises(EcsctlError, match="2 things failed"):
        world.down()
    left = {one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]} & {*subnets.values()}
    assert left == {subnets["public-a"]}
    ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterface"]["NetworkInterfaceId"])
    world.down()
    assert not {one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]} & left
