"""An existing network of the user's: read and used, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from botocore.exceptions import ClientError

from ecsctl.aws.codes import DENIED, code
from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.ids import SubnetId, VpcId
from ecsctl.resources.support.common import where
from ecsctl.resources.support.network_fitness import Need, Network, Unfit, unfit
from ecsctl.resources.support.rights import anywhere

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import SubnetTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses

T = TypeVar("T")


@dataclass(frozen=True)
class BorrowedVpcIds:
    """The ids of a VPC that is not ours."""

    vpc_id: VpcId


@dataclass(frozen=True, kw_only=True)
class BorrowedVpc(Resource[BorrowedVpcIds]):
    """An existing VPC and the subnets to use: all of them in it, the load balancer's in two zones.

    Without a load balancer, that list is empty.
    """

    kind = "borrowed-vpc"
    title = "VPC"
    borrowed = True
    console = "{console}/vpcconsole/home?region={region}#VpcDetails:VpcId={vpc_id}"

    vpc_id: Fixed[str]
    balancer_subnets: Fixed[frozenset[str]]
    task_subnets: Fixed[frozenset[str]]
    need: Need = field(default=Need(), compare=False)
    groups: tuple[str, str] = field(default=("", ""), compare=False)  # names of the load balancer's and the tasks'

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read it."""
        yield anywhere(
            "ec2",
            "DescribeDhcpOptions DescribeInternetGateways DescribeNetworkAcls DescribeNetworkInterfaces "
            "DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcAttribute DescribeVpcEndpoints "
            "DescribeVpcs",
        )

    def observe(self, aws: Aws, me: Label) -> Observed[BorrowedVpc, BorrowedVpcIds] | None:
        """Read by its id. Anything wrong with the subnets is reported as a failure of the whole."""
        if not aws.read(aws.ec2.describe_vpcs, Filters=where(vpc_id=self.vpc_id))["Vpcs"]:
            return None
        wanted = self.balancer_subnets | self.task_subnets
        listed = aws.read(aws.ec2.describe_subnets, Filters=where(subnet_id=sorted(wanted)))["Subnets"]
        subnets = {subnet["SubnetId"]: subnet for subnet in listed}
        wrong = list(self._wrong(subnets, me))
        if not wrong:
            wrong = list(unfit(self._network(aws, me, subnets), self.need, self.balancer_subnets, self.task_subnets,
                               self.groups))  # fmt: skip
        cures = "; ".join(dict.fromkeys(one.cure for one in wrong))
        return Observed(
            BorrowedVpcIds(VpcId(self.vpc_id)),
            self,
            failed="; ".join(dict.fromkeys(one.found for one in wrong)),
            hint=cures,
        )

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BorrowedVpcIds]]:
        """None: nothing of it carries our tags."""
        yield from ()

    def _wrong(self, by_id: dict[str, SubnetTypeDef], me: Label) -> Iterator[Unfit]:
        """A load balancer takes one subnet in a zone, and at least two zones (ELB User Guide, "Availability Zones")."""
        fix = f"fix vpc in ecsctl.toml; this is account {me.account} and region {me.region}"
        for subnet_id in sorted(self.balancer_subnets | self.task_subnets):
            if subnet_id not in by_id:
                yield Unfit(f"its subnet {subnet_id} does not exist", fix)
            elif by_id[subnet_id]["VpcId"] != self.vpc_id:
                yield Unfit(f"the subnet {subnet_id} is in {by_id[subnet_id]['VpcId']}, not in {self.vpc_id}", fix)
        zones = [by_id[one]["AvailabilityZoneId"] for one in sorted(self.balancer_subnets) if one in by_id]
        one_each = "give vpc.public_subnets one subnet in each of two zones or more"
        if not self.balancer_subnets:
            return
        if self.balancer_subnets <= by_id.keys() and len(set(zones)) < 2:
            alone = ", ".join(set(zones)) or "none"
            yield Unfit(f"the load balancer needs subnets in two zones, and these are in {alone}", one_each)
        elif len(set(zones)) < len(zones):
            twice = ", ".join(sorted({zone for zone in zones if zones.count(zone) > 1}))
            yield Unfit(f"the load balancer takes one subnet in a zone, and there are several in {twice}", one_each)

    def _network(self, aws: Aws, me: Label, subnets: dict[str, SubnetTypeDef]) -> Network:
        """Reads what else matters about the VPC, as little as possible.

        Of a VPC that another account shares nobody else sees its endpoints and its gateways, but may use them (AWS
        PrivateLink guide, "Shared subnets").
        """
        inside, ec2 = where(vpc_id=self.vpc_id), aws.ec2
        attached = where(attachment__vpc_id=self.vpc_id)
        gateways = endpoints = None
        shared = any(one.get("OwnerId", me.account) != me.account for one in subnets.values())
        if not shared:
            gateways = _allowed(lambda: aws.read(ec2.describe_internet_gateways, Filters=attached)["InternetGateways"])
        if not self.need.public_tasks and not shared:
            endpoints = _allowed(lambda: aws.read(ec2.describe_vpc_endpoints, Filters=inside)["VpcEndpoints"])
        return Network(
            region=me.region,
            vpc_id=self.vpc_id,
            subnets=subnets,
            tables=_allowed(lambda: aws.read(ec2.describe_route_tables, Filters=inside)["RouteTables"]) or (),
            acls=_allowed(lambda: aws.read(ec2.describe_network_acls, Filters=inside)["NetworkAcls"]) or (),
            endpoints=endpoints,
            gateways=None if gateways is None else len(gateways),
            dns_support=self._can_resolve_names(aws),
            dns_hostnames=self._has_attribute(aws, "enableDnsHostnames", "EnableDnsHostnames"),
            attached=_allowed(lambda: self._attached(aws)) or {},
        )

    def _attached(self, aws: Aws) -> dict[str, frozenset[str]]:
        """The subnets that the load balancer and the tasks already use, by the name of their group."""
        named = where(vpc_id=self.vpc_id, group_name=self.groups)
        groups = aws.read(aws.ec2.describe_security_groups, Filters=named)["SecurityGroups"]
        names = {group["GroupId"]: group["GroupName"] for group in groups}
        if not names:
            return {}
        wearing = where(group_id=sorted(names))
        attached: dict[str, set[str]] = {}
        for interface in aws.read(aws.ec2.describe_network_interfaces, Filters=wearing)["NetworkInterfaces"]:
            for group in interface["Groups"]:
                attached.setdefault(names.get(group["GroupId"], ""), set()).add(interface["SubnetId"])
        return {name: frozenset(subnets) for name, subnets in attached.items()}

    def _can_resolve_names(self, aws: Aws) -> bool:
        """Whether names can be resolved in it: by AWS's own servers, or by others that the VPC's DHCP options name."""
        if self._has_attribute(aws, "enableDnsSupport", "EnableDnsSupport"):
            return True
        (vpc,) = aws.read(aws.ec2.describe_vpcs, Filters=where(vpc_id=self.vpc_id))["Vpcs"]
        wanted = where(dhcp_options_id=vpc.get("DhcpOptionsId", ""))
        options = _allowed(lambda: aws.read(aws.ec2.describe_dhcp_options, Filters=wanted)["DhcpOptions"]) or []
        servers = {
            value.get("Value", "")
            for option in options
            for line in option.get("DhcpConfigurations", [])
            if line.get("Key") == "domain-name-servers"
            for value in line.get("Values", [])
        }
        return bool(servers - {"AmazonProvidedDNS"})

    def _has_attribute(self, aws: Aws, name: Literal["enableDnsHostnames", "enableDnsSupport"], key: str) -> bool:
        def ask() -> bool:
            answer: Any = aws.read(aws.ec2.describe_vpc_attribute, VpcId=self.vpc_id, Attribute=name)
            return bool(answer[key]["Value"])

        return _allowed(ask) is not False


def _allowed(read: Callable[[], T]) -> T | None:
    """The answer; None if the caller may not read it: then nothing is concluded from it."""
    try:
        return read()
    except ClientError as error:
        if code(error) in DENIED:
            return None
        raise


@dataclass(frozen=True)
class BorrowedSubnetIds:
    """The ids of a subnet that is not ours."""

    subnet_id: SubnetId


@dataclass(frozen=True, kw_only=True)
class BorrowedSubnet(Resource[BorrowedSubnetIds]):
    """One subnet of an existing VPC. Whether it fits is checked for the VPC."""

    kind = "borrowed-subnet"
    title = "subnet"
    borrowed = True
    console = "{console}/vpcconsole/home?region={region}#SubnetDetails:subnetId={subnet_id}"

    subnet_id: Fixed[str]
    vpc: Order[VpcId]

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read it."""
        yield anywhere("ec2", "DescribeSubnets")

    def observe(self, aws: Aws, me: Label) -> Observed[BorrowedSubnet, BorrowedSubnetIds] | None:
        """Read by its id."""
        if not aws.read(aws.ec2.describe_subnets, Filters=where(subnet_id=self.subnet_id))["Subnets"]:
            return None
        return Observed(BorrowedSubnetIds(SubnetId(self.subnet_id)), self)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BorrowedSubnetIds]]:
        """None: nothing of it carries our tags."""
        yield from ()
