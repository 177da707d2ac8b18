"""A network of the user's is used as it is, and examined before anything is made in it."""

import re

import pytest
from moto.ec2.models import ec2_backends
from moto.ec2.models.availability_zones_and_regions import Zone

from ecsctl.errors import Refused, Several
from ecsctl.resources.borrowed_network import BorrowedSubnet, BorrowedVpc
from ecsctl.resources.security_group import SecurityGroup
from ecsctl.resources.support.network_fitness import Need
from ecsctl.sandbox.aws.ec2 import share_network
from ecsctl.sandbox.snapshot.taking import differences
from tests.desired_stack import usual
from tests.rows.network import WORLD, snapshot

NEED = Need(services=("ecr.api", "ecr.dkr", "s3", "logs"))
GROUPS = ("shop-balancer", "shop-tasks")


class Theirs:
    """A VPC of the user's, with both gateways, subnets of each kind in two zones, and one in a third."""

    def __init__(self, cloud):
        self.cloud, self.ec2 = cloud, cloud.boto("ec2")
        self.id = self.ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
        cloud.clock.sleep(60)
        names = ("public-a", "public-b", "private-a", "private-b", "public-c")
        self.subnets = {name: self.subnet(number, name[-1]) for number, name in enumerate(names)}
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        cloud.clock.sleep(60)
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)
        public = [self.subnets[name] for name in names if name.startswith("public")]
        self.public = self.table(public, GatewayId=self.gateway)
        made = self.ec2.create_nat_gateway(SubnetId=self.subnets["public-a"], AllocationId=address)
        self.nat = made["NatGateway"]["NatGatewayId"]
        cloud.clock.sleep(300)
        self.private = self.table([self.subnets["private-a"], self.subnets["private-b"]], NatGatewayId=self.nat)
        self.front, self.back = ["public-a", "public-b"], ["private-a", "private-b"]
        self.need = NEED

    def subnet(self, number, zone, cidr=""):
        made = self.ec2.create_subnet(
            VpcId=self.id, CidrBlock=cidr or f"10.50.{number}.0/24", AvailabilityZone=f"eu-central-1{zone}"
        )
        self.cloud.clock.sleep(60)
        return made["Subnet"]["SubnetId"]

    def table(self, subnets, **way):
        table = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        self.cloud.clock.sleep(60)
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        if way:
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=WORLD, **way)
        return table

    def fill(self, name, leave):
        """Take all addresses of a subnet but so many."""
        subnet = self.subnets[name]
        (found,) = self.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
        for _ in range(found["AvailableIpAddressCount"] - leave):
            self.ec2.create_network_interface(SubnetId=subnet)

    def endpoints(self, *services, gateway="s3", tables=None):
        for service in services:
            named = {"VpcId": self.id, "ServiceName": f"com.amazonaws.eu-central-1.{service}"}
            if service == gateway:
                self.ec2.create_vpc_endpoint(**named, RouteTableIds=tables or [self.private])
            else:
                named |= {"VpcEndpointType": "Interface", "PrivateDnsEnabled": True}
                self.ec2.create_vpc_endpoint(**named, SubnetIds=[self.subnets["private-a"]])

    def ids(self, names):
        return frozenset(self.subnets.get(name, name) for name in names)

    def desired(self):
        return BorrowedVpc(
            vpc_id=self.id,
            balancer_subnets=self.ids(self.front),
            task_subnets=self.ids(self.back),
            need=self.need,
            groups=GROUPS,
        )

    def compose(self, stack):
        found = stack.ensure("vpc", self.desired()).vpc_id
        for subnet in sorted(self.ids([*self.front, *self.back])):
            stack.ensure(subnet, BorrowedSubnet(subnet_id=subnet, vpc=found))
        stack.ensure("group", usual(SecurityGroup, name="shop", vpc=found, ingress=frozenset()))


@pytest.fixture
def theirs(cloud):
    return Theirs(cloud)


def test_a_borrowed_network_is_used_and_stays(cloud, theirs):
    before = snapshot()
    cloud.up(theirs.compose)
    assert cloud.up(theirs.compose).work == ()
    grown = differences(before, snapshot())
    assert [line[:1] for line in grown] == ["+"] * len(grown)
    cloud.down()
    assert differences(before, snapshot()) == []


def no_gateway(theirs):
    theirs.ec2.delete_route(RouteTableId=theirs.public, DestinationCidrBlock=WORLD)
    theirs.ec2.delete_nat_gateway(NatGatewayId=theirs.nat)
    theirs.cloud.clock.sleep(600)
    for address in theirs.ec2.describe_addresses()["Addresses"]:
        theirs.ec2.release_address(AllocationId=address["AllocationId"])
    theirs.ec2.detach_internet_gateway(InternetGatewayId=theirs.gateway, VpcId=theirs.id)


def no_public_route(theirs):
    theirs.ec2.delete_route(RouteTableId=theirs.public, DestinationCidrBlock=WORLD)


def private_ones_as_public(theirs):
    theirs.front, theirs.back = theirs.back, theirs.front


def no_private_route(theirs):
    theirs.ec2.delete_route(RouteTableId=theirs.private, DestinationCidrBlock=WORLD)


def a_dead_nat_gateway(theirs):
    theirs.ec2.delete_nat_gateway(NatGatewayId=theirs.nat)
    theirs.cloud.clock.sleep(600)


def public_ones_as_private(theirs):
    theirs.back = ["public-a", "public-b"]


def some_endpoints(theirs):
    no_private_route(theirs)
    theirs.endpoints("ecr.api", "ecr.dkr", "s3")


def the_gateway_endpoint_of_another_table(theirs):
    no_private_route(theirs)
    theirs.endpoints("ecr.api", "ecr.dkr", "logs", "s3", tables=[theirs.public])


def endpoints_without_names(theirs):
    no_private_route(theirs)
    theirs.endpoints("ecr.api", "ecr.dkr", "logs", "s3")
    theirs.ec2.modify_vpc_attribute(VpcId=theirs.id, EnableDnsHostnames={"Value": False})


def no_dns(theirs):
    theirs.ec2.modify_vpc_attribute(VpcId=theirs.id, EnableDnsSupport={"Value": False})


def no_room_for_the_balancer(theirs):
    theirs.subnets["public-b"] = theirs.subnet(9, "b", "10.50.9.0/27")
    theirs.ec2.associate_route_table(RouteTableId=theirs.public, SubnetId=theirs.subnets["public-b"])
    theirs.fill("public-b", 7)


def a_small_subnet(theirs):
    theirs.subnets["public-b"] = theirs.subnet(9, "b", "10.50.9.0/28")
    theirs.ec2.associate_route_table(RouteTableId=theirs.public, SubnetId=theirs.subnets["public-b"])


def no_room_for_the_tasks(theirs):
    theirs.need = Need(services=NEED.services, tasks=503)


def one_zone(theirs):
    theirs.front = ["public-a"]


def one_zone_twice(theirs):
    theirs.front = ["public-a", "private-a"]


def a_zone_twice(theirs):
    theirs.front = ["public-a", "private-a", "public-b"]


def a_zone_without_the_balancer(theirs):
    theirs.front = ["public-a", "public-c"]


def a_zone_without_fargate(theirs):
    (subnet,) = theirs.ec2.describe_subnets(SubnetIds=[theirs.subnets["private-b"]])["Subnets"]
    theirs.need = Need(services=NEED.services, no_fargate=(subnet["AvailabilityZoneId"],))


def a_local_zone(theirs):
    """kubernetes-sigs/aws-load-balancer-controller#1851."""
    subnet = ec2_backends["123456789012"]["eu-central-1"].get_subnet(theirs.subnets["private-b"])
    subnet._availability_zone = Zone("eu-central-1-ham-1a", "eu-central-1", "euc1-ham1-az1", "local-zone")


def only_the_newer_protocol(theirs):
    subnet = ec2_backends["123456789012"]["eu-central-1"].get_subnet(theirs.subnets["public-b"])
    subnet.ipv6_native = True


def a_subnet_that_is_not_there(theirs):
    theirs.front = ["public-a", "subnet-0123456789abcdef0"]


def a_subnet_of_another_vpc(theirs):
    default = theirs.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    theirs.back = ["private-a", default["SubnetId"]]


def an_acl_that_lets_nobody_in(theirs):
    acl = theirs.ec2.create_network_acl(VpcId=theirs.id)["NetworkAcl"]["NetworkAclId"]
    theirs.cloud.clock.sleep(60)
    acls = theirs.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [theirs.id]}])["NetworkAcls"]
    theirs.cloud.clock.sleep(60)
    for each in acls:
        for one in each["Associations"]:
            if one["SubnetId"] == theirs.subnets["public-b"]:
                theirs.ec2.replace_network_acl_association(
                    AssociationId=one["NetworkAclAssociationId"], NetworkAclId=acl
                )


UNFIT = {  # what is wrong with it, what the refusal says, and what it says to do
    no_gateway: ("is not public: its route table rtb-.* has no route for 0.0.0.0/0 to an internet gateway, and vpc-.* "
                 "has none", "attach one"),
    no_public_route: ("is not public: its route table rtb-.* has no route", "add that route"),
    private_ones_as_public: (r"is not public: its route table rtb-.* sends .* to nat-.*, not to an internet gateway",
                             "vpc.public_subnets"),
    no_private_route: (r"reach nothing: .* no route .* no endpoints for ecr.api, ecr.dkr, s3, logs", "a NAT gateway"),
    a_dead_nat_gateway: ("reach nothing: .* has no route", "a NAT gateway"),
    public_ones_as_private: ("reach nothing: .* leads to igw-.*, which is a way out only with a public address",
                             'vpc.egress = "public"'),
    some_endpoints: ("the VPC has no endpoints for logs", "make these endpoints"),
    the_gateway_endpoint_of_another_table: ("the VPC has no endpoints for s3", "make these endpoints"),
    endpoints_without_names: ("DNS hostnames are off", "--enable-dns-hostnames"),
    no_dns: ("DNS resolution is off", "--enable-dns-support"),
    no_room_for_the_balancer: ("has 7 free addresses, and a load balancer needs 8", "a larger subnet"),
    a_small_subnet: ("is 10.50.9.0/28, and a load balancer needs a /27", "a larger subnet"),
    no_room_for_the_tasks: ("have room for 502 tasks, and a release of the service runs up to 503", "fewer tasks"),
    one_zone: ("the load balancer needs subnets in two zones", "each of two zones"),
    one_zone_twice: ("the load balancer needs subnets in two zones", "each of two zones"),
    a_zone_twice: ("the load balancer takes one subnet in a zone", "each of two zones"),
    a_zone_without_the_balancer: ("where the load balancer has no subnet", "add a public subnet of that zone"),
    a_zone_without_fargate: ("where Fargate has no ARM64", "X86_64"),
    a_local_zone: ("is in euc1-ham1-az1, a Local Zone", "the region's own availability zones"),
    only_the_newer_protocol: ("has no IPv4 addresses, which the load balancer needs", "with IPv4 addresses"),
    a_subnet_that_is_not_there: ("its subnet subnet-0123456789abcdef0 does not exist", "region eu-central-1"),
    a_subnet_of_another_vpc: ("is in vpc-.*, not in vpc-", "fix vpc in ecsctl.toml"),
    an_acl_that_lets_nobody_in: ("the network ACL acl-.* lets no TCP into .* to port 80", "allow it in acl-"),
}  # fmt: skip


@pytest.mark.parametrize("spoil", UNFIT, ids=lambda spoil: spoil.__name__)
def test_what_cannot_work_is_refused_before_anything_is_made(cloud, theirs, spoil):
    says, cure = UNFIT[spoil]
    spoil(theirs)
    with pytest.raises((Refused, Several)) as refused:
        cloud.up(theirs.compose)
    first = refused.value.errors[0] if isinstance(refused.value, Several) else refused.value
    assert re.search(says, first.message)
    assert cure in first.hint
    assert cloud.changes == 0


def all_endpoints(theirs):
    no_private_route(theirs)
    theirs.ec2.modify_vpc_attribute(VpcId=theirs.id, EnableDnsHostnames={"Value": True})
    theirs.endpoints("ecr.api", "ecr.dkr", "logs", "s3")


def tasks_with_public_addresses(theirs):
    theirs.back = theirs.front
    theirs.need = Need(services=NEED.services, public_tasks=True)


def a_default_route_in_halves(theirs):
    no_private_route(theirs)
    for half in ("0.0.0.0/1", "128.0.0.0/1"):
        theirs.ec2.create_route(RouteTableId=theirs.private, DestinationCidrBlock=half, NatGatewayId=theirs.nat)


def the_main_table_leads_out(theirs):
    for table in theirs.ec2.describe_route_tables(RouteTableIds=[theirs.private])["RouteTables"]:
        for one in table["Associations"]:
            theirs.ec2.disassociate_route_table(AssociationId=one["RouteTableAssociationId"])
    mine = [{"Name": "vpc-id", "Values": [theirs.id]}, {"Name": "association.main", "Values": ["true"]}]
    (main,) = theirs.ec2.describe_route_tables(Filters=mine)["RouteTables"]
    theirs.ec2.create_route(RouteTableId=main["RouteTableId"], DestinationCidrBlock=WORLD, NatGatewayId=theirs.nat)


def endpoints_behind_a_transit_gateway(theirs):
    no_private_route(theirs)
    hub = theirs.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    theirs.cloud.clock.sleep(60)
    theirs.ec2.create_route(RouteTableId=theirs.private, DestinationCidrBlock="10.0.0.0/8", TransitGatewayId=hub)


def a_network_of_another_account(theirs):
    """Its endpoints are used, and its owner alone sees them."""
    all_endpoints(theirs)
    share_network(theirs.id, "eu-central-1")
    assert theirs.ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def servers_of_their_own(theirs):
    options = theirs.ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["10.50.0.53"]}]
    )["DhcpOptions"]["DhcpOptionsId"]
    theirs.ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=theirs.id)
    no_dns(theirs)


FIT = [all_endpoints, tasks_with_public_addresses, a_default_route_in_halves, the_main_table_leads_out,
       endpoints_behind_a_transit_gateway, a_network_of_another_account, servers_of_their_own]  # fmt: skip


@pytest.mark.parametrize("change", FIT, ids=lambda change: change.__name__)
def test_a_network_that_works_in_another_way_is_used(cloud, theirs, change):
    change(theirs)
    cloud.up(theirs.compose)
    assert cloud.up(theirs.compose).work == ()


def test_who_stands_there_already_needs_no_more_room(cloud, theirs):
    theirs.need = Need(services=NEED.services, tasks=400)
    ec2 = theirs.ec2
    groups = {name: ec2.create_security_group(GroupName=name, Description="x", VpcId=theirs.id)["GroupId"]
              for name in GROUPS}  # fmt: skip
    cloud.clock.sleep(60)
    for name, group in (("public-a", 0), ("public-b", 0), ("private-a", 1)):
        ec2.create_network_interface(SubnetId=theirs.subnets[name], Groups=[groups[GROUPS[group]]])
    for name in ("public-a", "private-a", "private-b"):
        theirs.fill(name, 3)
    cloud.clock.sleep(60)
    cloud.up(theirs.compose)
    assert cloud.up(theirs.compose).work == ()


def test_what_may_not_be_read_refuses_nothing(cloud, theirs, hear):
    """Except for the subnets themselves: without them nothing can be said."""
    for operation in ("DescribeNetworkAcls", "DescribeRouteTables", "DescribeVpcEndpoints", "DescribeVpcAttribute",
                      "DescribeInternetGateways"):  # fmt: skip

        def deny(**_):
            return _Denied(), {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}

        hear(cloud.aws.client("ec2"), f"before-call.ec2.{operation}", deny)
    no_private_route(theirs)
    assert cloud.plan(theirs.compose).refusals == ()


class _Denied:
    status_code, headers = 403, {}


def test_a_vpc_that_is_not_there_is_refused_by_its_id(cloud):
    desired = BorrowedVpc(
        vpc_id="vpc-0123456789abcdef0", balancer_subnets=frozenset({"subnet-1"}), task_subnets=frozenset()
    )
    with pytest.raises(Refused, match=r"the VPC vpc-0123456789abcdef0 named in ecsctl\.toml does not exist") as refused:
        cloud.up(lambda stack: stack.ensure("vpc", desired))
    assert "account 123456789012 and region eu-central-1" in refused.value.hint
