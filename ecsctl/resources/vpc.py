"""The private network that everything else is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import VpcId
from ecsctl.resources.support.common import network, only, tag_filter, where
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import REVIEWED, anywhere, apart, in_ec2, of

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import SecurityGroupTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class VpcIds:
    """A VPC's ids."""

    vpc_id: VpcId


@dataclass(frozen=True, kw_only=True)
class Vpc(Resource[VpcIds]):
    """A VPC. AWS sets its DNS attributes with one call each, and only after it was created.

    The rules of its default security group are removed, if that is configured; they are never put back.
    """

    kind = "vpc"

    title = "VPC"
    soon = True
    arns = "ec2:vpc"
    limit_seconds = 1200.0  # deletion waits for what AWS still holds inside
    console = "{console}/vpcconsole/home?region={region}#VpcDetails:VpcId={vpc_id}"

    cidr: Fixed[str]
    dns_hostnames: bool
    dns_support: bool
    default_group_closed: bool | None  # no traffic through the default security group; None: unchanged

    def __post_init__(self) -> None:
        object.__setattr__(self, "cidr", network(self.cidr))

    def summary(self) -> str:
        """Shows its CIDR."""
        return self.cidr

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        yield from in_ec2(
            scope,
            creates="CreateVpc",
            changes="DeleteVpc ModifyVpcAttribute",
            reads="DescribeVpcs DescribeVpcAttribute",
        )
        if uses.closes:  # it carries no tag that IAM could match, and the VPC's id is known too late
            actions = of("ec2", "RevokeSecurityGroupEgress RevokeSecurityGroupIngress")
            yield from apart(REVIEWED, Statement("DefaultGroup", actions, (scope.arn("ec2", "security-group/*"),)))
            yield anywhere("ec2", "DescribeSecurityGroups")

    def observe(self, aws: Aws, me: Label) -> Observed[Vpc, VpcIds] | None:
        """Read by its tags: CIDRs may overlap, so they do not identify a VPC."""
        found = only((found for found in self.find(aws, me) if me.matches(found.tags)), "VPCs", me)
        if found is None:
            return None
        vpc_id = found.ids.vpc_id
        listed = aws.read(aws.ec2.describe_vpcs, Filters=tag_filter(me))["Vpcs"]
        vpc = next(item for item in listed if item["VpcId"] == vpc_id)
        hostnames = aws.read(aws.ec2.describe_vpc_attribute, VpcId=vpc_id, Attribute="enableDnsHostnames")
        support = aws.read(aws.ec2.describe_vpc_attribute, VpcId=vpc_id, Attribute="enableDnsSupport")
        actual = Vpc(
            cidr=vpc["CidrBlock"],
            dns_hostnames=hostnames["EnableDnsHostnames"]["Value"],
            dns_support=support["EnableDnsSupport"]["Value"],
            default_group_closed=None if self.default_group_closed is None else not any(_open(aws, vpc_id)),
        )
        return Observed(found.ids, actual, found.tags, ready=vpc["State"] == "available")

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[VpcIds]]:
        """One call for all VPCs of the app."""
        for vpc in aws.read(aws.ec2.describe_vpcs, Filters=tag_filter(me))["Vpcs"]:
            yield Found(VpcIds(VpcId(vpc["VpcId"])), flat(vpc.get("Tags")))

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: VpcIds) -> Iterator[Callable[[], object]]:
        """A call for each attribute."""
        for attribute in ("enableDnsHostnames", "enableDnsSupport"):
            yield partial(aws.read, aws.ec2.describe_vpc_attribute, VpcId=ids.vpc_id, Attribute=attribute)

    def as_created(self) -> Vpc:
        """AWS's defaults for its attributes (EC2 API reference, ModifyVpcAttribute), and its default group open."""
        closed = None if self.default_group_closed is None else False
        return replace(self, dns_hostnames=False, dns_support=True, default_group_closed=closed)

    def create(self, aws: Aws, me: Label) -> VpcIds:
        """No token prevents duplicates: the engine searches by tags before and after it."""
        answer = aws.ec2.create_vpc(CidrBlock=self.cidr, TagSpecifications=me.specification("vpc"))
        return VpcIds(VpcId(answer["Vpc"]["VpcId"]))

    def update(self, aws: Aws, me: Label, ids: VpcIds, changed: frozenset[str]) -> None:
        """A call for each attribute, as the API requires. DNS support comes first: hostnames need it."""
        if "dns_support" in changed:
            aws.ec2.modify_vpc_attribute(VpcId=ids.vpc_id, EnableDnsSupport={"Value": self.dns_support})
        if "dns_hostnames" in changed:
            aws.ec2.modify_vpc_attribute(VpcId=ids.vpc_id, EnableDnsHostnames={"Value": self.dns_hostnames})
        if "default_group_closed" in changed and self.default_group_closed:
            with aws.uncached():
                group = _default_group(aws, ids.vpc_id)
            if rules := group.get("IpPermissions"):
                aws.ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=rules)
            if rules := group.get("IpPermissionsEgress"):
                aws.ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=rules)
        if "tags" in changed:
            aws.ec2.create_tags(Resources=[ids.vpc_id], Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: VpcIds) -> None:
        """Refused by AWS while anything is inside."""
        aws.ec2.delete_vpc(VpcId=ids.vpc_id)


def _default_group(aws: Aws, vpc: str) -> SecurityGroupTypeDef:
    """The security group that AWS creates with each VPC; it can be neither deleted nor renamed (VPC user guide)."""
    answer = aws.read(aws.ec2.describe_security_groups, Filters=where(vpc_id=vpc, group_name="default"))
    return answer["SecurityGroups"][0] if answer["SecurityGroups"] else {}


def _open(aws: Aws, vpc: str) -> list[object]:
    """That group's rules."""
    group = _default_group(aws, vpc)
    return [*group.get("IpPermissions", ()), *group.get("IpPermissionsEgress", ())]
