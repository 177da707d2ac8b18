"""A part of the network in one zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import SubnetId, VpcId
from ecsctl.resources.support.common import network, only, tag_filter, where
from ecsctl.resources.support.rights import in_ec2

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import SubnetTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class SubnetIds:
    """A subnet's ids."""

    subnet_id: SubnetId


@dataclass(frozen=True, kw_only=True)
class Subnet(Resource[SubnetIds]):
    """A subnet. The zone is named by its id, which means the same place in every account; zone names do not."""

    kind = "subnet"
    title = "subnet"
    soon = True
    usual_delete_seconds = 60.0
    arns = "ec2:subnet"
    within = ("vpc",)
    inside = True
    console = "{console}/vpcconsole/home?region={region}#SubnetDetails:subnetId={subnet_id}"

    vpc: Fixed[VpcId]
    cidr: Fixed[str]
    zone_id: Fixed[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cidr", network(self.cidr))

    def summary(self) -> str:
        """Shows its addresses and zone."""
        return f"{self.cidr} in zone {self.zone_id}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        return in_ec2(scope, creates="CreateSubnet", changes="DeleteSubnet", reads="DescribeSubnets", inside=True)

    def observe(self, aws: Aws, me: Label) -> Observed[Subnet, SubnetIds] | None:
        """Read by its tags, otherwise by its CIDR, which is unique in a VPC: whoever has it is in the way."""
        ours = {_ids(one): one for one in _listed(aws, me) if me.matches(flat(one.get("Tags")))}
        ids = only(ours, "subnets", me)
        subnet = ours[ids] if ids else None if me.made else self._in_the_way(aws)
        if subnet is None:
            return None
        actual = Subnet(vpc=VpcId(subnet["VpcId"]), cidr=subnet["CidrBlock"], zone_id=subnet["AvailabilityZoneId"])
        return Observed(_ids(subnet), actual, flat(subnet.get("Tags")), ready=subnet["State"] == "available")

    def keeping(self, actual: Subnet) -> Subnet:
        """In the zone where it is: a subnet never moves, whatever zones are available."""
        return replace(self, zone_id=actual.zone_id)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[SubnetIds]]:
        """One call for all subnets of the app."""
        for subnet in _listed(aws, me):
            yield Found(_ids(subnet), flat(subnet.get("Tags")))

    def create(self, aws: Aws, me: Label) -> SubnetIds:
        """Its CIDR prevents duplicates: AWS refuses it a second time in the VPC."""
        answer = aws.ec2.create_subnet(
            VpcId=self.vpc,
            CidrBlock=self.cidr,
            AvailabilityZoneId=self.zone_id,
            TagSpecifications=me.specification("subnet"),
        )
        return _ids(answer["Subnet"])

    def update(self, aws: Aws, me: Label, ids: SubnetIds, changed: frozenset[str]) -> None:
        """Only its tags can change."""
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.subnet_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: SubnetIds) -> None:
        """Refused by AWS while any network interface is in it, including those that outlive their load balancer or
        task.
        """
        aws.ec2.delete_subnet(SubnetId=ids.subnet_id)

    def _in_the_way(self, aws: Aws) -> SubnetTypeDef | None:
        listed = aws.read(aws.ec2.describe_subnets, Filters=where(vpc_id=self.vpc, cidr_block=self.cidr))["Subnets"]
        return listed[0] if listed else None


def _listed(aws: Aws, me: Label) -> list[SubnetTypeDef]:
    return aws.read(aws.ec2.describe_subnets, Filters=tag_filter(me))["Subnets"]


def _ids(subnet: SubnetTypeDef) -> SubnetIds:
    return SubnetIds(SubnetId(subnet["SubnetId"]))
