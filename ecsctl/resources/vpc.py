"""The private network that everything else stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import VpcId
from ecsctl.resources.support.common import network, only, tag_filter
from ecsctl.resources.support.rights import in_ec2

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class VpcIds:
    """A VPC's ids."""

    vpc_id: VpcId


@dataclass(frozen=True, kw_only=True)
class Vpc(Resource[VpcIds]):
    """A VPC. AWS sets its DNS attributes one call each, and only after it was made."""

    kind = "vpc"

    title = "VPC"
    soon = True
    arns = "ec2:vpc"
    limit = 1200.0  # deletion waits for what AWS still holds inside
    console = "{console}/vpcconsole/home?region={region}#VpcDetails:VpcId={vpc_id}"

    cidr: Fixed[str]
    dns_hostnames: bool
    dns_support: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "cidr", network(self.cidr))

    def summary(self) -> str:
        """Its addresses."""
        return self.cidr

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """What it takes to make it, look at it, change it and delete it."""
        return in_ec2(
            scope,
            creates="CreateVpc",
            changes="DeleteVpc ModifyVpcAttribute",
            looks="DescribeVpcs DescribeVpcAttribute",
        )

    def observe(self, aws: Aws, me: Label) -> Observed[Vpc, VpcIds] | None:
        """By its tags: addresses may overlap, so they are no key."""
        found = only((found for found in self.find(aws, me) if me.matches(found.tags)), "VPCs", me)
        if found is None:
            return None
        vpc_id = found.ids.vpc_id
        vpc = aws.look(aws.ec2.describe_vpcs, Filters=tag_filter(me))["Vpcs"]
        hostnames = aws.look(aws.ec2.describe_vpc_attribute, VpcId=vpc_id, Attribute="enableDnsHostnames")
        support = aws.look(aws.ec2.describe_vpc_attribute, VpcId=vpc_id, Attribute="enableDnsSupport")
        actual = Vpc(
            cidr=next(item["CidrBlock"] for item in vpc if item["VpcId"] == vpc_id),
            dns_hostnames=hostnames["EnableDnsHostnames"]["Value"],
            dns_support=support["EnableDnsSupport"]["Value"],
        )
        return Observed(found.ids, actual, found.tags)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[VpcIds]]:
        """One call for all VPCs of the app."""
        for vpc in aws.look(aws.ec2.describe_vpcs, Filters=tag_filter(me))["Vpcs"]:
            yield Found(VpcIds(VpcId(vpc["VpcId"])), flat(vpc.get("Tags")))

    @classmethod
    def ahead(cls, aws: Aws, me: Label, ids: VpcIds) -> Iterator[Callable[[], object]]:
        """One attribute a call."""
        for attribute in ("enableDnsHostnames", "enableDnsSupport"):
            yield partial(aws.look, aws.ec2.describe_vpc_attribute, VpcId=ids.vpc_id, Attribute=attribute)

    def create(self, aws: Aws, me: Label) -> VpcIds:
        """No token protects this call: the engine looks for the tags before and after it."""
        answer = aws.ec2.create_vpc(CidrBlock=self.cidr, TagSpecifications=me.specification("vpc"))
        return VpcIds(VpcId(answer["Vpc"]["VpcId"]))

    def update(self, aws: Aws, me: Label, ids: VpcIds, changed: frozenset[str]) -> None:
        """One attribute a call, as the API wants it. Support comes first: hostnames need it."""
        if "dns_support" in changed:
            aws.ec2.modify_vpc_attribute(VpcId=ids.vpc_id, EnableDnsSupport={"Value": self.dns_support})
        if "dns_hostnames" in changed:
            aws.ec2.modify_vpc_attribute(VpcId=ids.vpc_id, EnableDnsHostnames={"Value": self.dns_hostnames})
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.vpc_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: VpcIds) -> None:
        """Refused by AWS while anything is inside."""
        aws.ec2.delete_vpc(VpcId=ids.vpc_id)
