"""A network that is the user's: looked at, used, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Order, Resource, Seen
from ecsctl.ids import SubnetId, VpcId
from ecsctl.resources.common import where

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import SubnetTypeDef

    from ecsctl.aws import Aws


@dataclass(frozen=True)
class BorrowedVpcIds:
    """The ids of a VPC that is not ours."""

    vpc_id: VpcId


@dataclass(frozen=True)
class BorrowedVpc(Resource[BorrowedVpcIds]):
    """A VPC that is there already, and its subnets that are to be used: all in it, and the balancer's in two zones."""

    kind = "borrowed-vpc"
    title = "VPC"
    borrowed = True
    console = "{console}/vpcconsole/home?region={region}#VpcDetails:VpcId={vpc_id}"

    vpc_id: Fixed[str]
    balancer_subnets: Fixed[frozenset[str]]
    task_subnets: Fixed[frozenset[str]]

    def observe(self, aws: Aws, me: Label) -> Seen[BorrowedVpc, BorrowedVpcIds] | None:
        """By its id. What is wrong with the subnets is told as a failure of the whole."""
        if not aws.look(aws.ec2.describe_vpcs, Filters=where(vpc_id=self.vpc_id))["Vpcs"]:
            return None
        wanted = self.balancer_subnets | self.task_subnets
        there = aws.look(aws.ec2.describe_subnets, Filters=where(subnet_id=sorted(wanted)))["Subnets"]
        wrong = self._wrong({subnet["SubnetId"]: subnet for subnet in there})
        return Seen(BorrowedVpcIds(VpcId(self.vpc_id)), self, failed="; ".join(wrong))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BorrowedVpcIds]]:
        """None: nothing of it carries our mark."""
        yield from ()

    def _wrong(self, there: dict[str, SubnetTypeDef]) -> Iterator[str]:
        """A load balancer takes one subnet in a zone, and at least two zones (ELB User Guide, "Availability Zones")."""
        for subnet_id in sorted(self.balancer_subnets | self.task_subnets):
            if subnet_id not in there:
                yield f"its subnet {subnet_id} is not there"
            elif there[subnet_id]["VpcId"] != self.vpc_id:
                yield f"the subnet {subnet_id} is in {there[subnet_id]['VpcId']}, not in {self.vpc_id}"
        zones = [there[one]["AvailabilityZoneId"] for one in sorted(self.balancer_subnets) if one in there]
        if self.balancer_subnets <= there.keys() and len(set(zones)) < 2:
            yield f"the load balancer needs subnets in two zones, and these are in {', '.join(set(zones)) or 'none'}"
        elif len(set(zones)) < len(zones):
            twice = ", ".join(sorted({zone for zone in zones if zones.count(zone) > 1}))
            yield f"the load balancer takes one subnet in a zone, and there are several in {twice}"


@dataclass(frozen=True)
class BorrowedSubnetIds:
    """The ids of a subnet that is not ours."""

    subnet_id: SubnetId


@dataclass(frozen=True)
class BorrowedSubnet(Resource[BorrowedSubnetIds]):
    """One subnet of a VPC that is there already. Whether it fits is the VPC's question."""

    kind = "borrowed-subnet"
    title = "subnet"
    borrowed = True
    console = "{console}/vpcconsole/home?region={region}#SubnetDetails:subnetId={subnet_id}"

    subnet_id: Fixed[str]
    vpc: Order[VpcId]

    def observe(self, aws: Aws, me: Label) -> Seen[BorrowedSubnet, BorrowedSubnetIds] | None:
        """By its id."""
        if not aws.look(aws.ec2.describe_subnets, Filters=where(subnet_id=self.subnet_id))["Subnets"]:
            return None
        return Seen(BorrowedSubnetIds(SubnetId(self.subnet_id)), self)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BorrowedSubnetIds]]:
        """None: nothing of it carries our mark."""
        yield from ()
