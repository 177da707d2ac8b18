import pytest
from botocore.exceptions import ClientError
from moto.core import model_instances
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from ecsctl.sandbox import ec2
from ecsctl.sandbox.world import ACCOUNT

REGION = "eu-central-1"


@pytest.fixture
def client(aws):
    ec2.lag(0)
    return aws("ec2")


def refused(call, *args, **kwargs):
    with pytest.raises(ClientError) as error:
        call(*args, **kwargs)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


class Network:
    """A VPC with a public subnet: gateway, table, route, association, an address."""

    def __init__(self, client, cidr="10.100.0.0/16", routed=True):
        self.vpc = client.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        self.subnet = client.create_subnet(VpcId=self.vpc, CidrBlock=cidr.replace("0.0/16", "1.0/24"))
        self.subnet = self.subnet["Subnet"]["SubnetId"]
        self.gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.table = client.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.link = client.associate_route_table(RouteTableId=self.table, SubnetId=self.subnet)["AssociationId"]
        if routed:
            client.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
            client.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)
        self.address = client.allocate_address(Domain="vpc")["AllocationId"]


@pytest.fixture
def network(client):
    return Network(client)


def make_nat(client, network, **more):
    made = client.create_nat_gateway(SubnetId=network.subnet, AllocationId=network.address, **more)
    return made["NatGateway"]["NatGatewayId"]


def nat_of(client, nat):
    return client.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]


def tagged(kind, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


# NAT gateways


def test_a_nat_gateway_is_pending_for_a_minute_and_a_half(client, network, clock):
    nat = make_nat(client, network)
    assert nat_of(client, nat)["State"] == "pending"
    clock.sleep(89)
    assert nat_of(client, nat)["State"] == "pending"
    clock.sleep(1)
    assert nat_of(client, nat)["State"] == "available"


def test_a_nat_gateway_has_an_interface_in_its_subnet_with_the_address(client, network):
    nat = make_nat(client, network)
    [eni] = client.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [network.subnet]}])[
        "NetworkInterfaces"
    ]
    assert eni["Description"] == f"Interface for NAT Gateway {nat}"
    assert eni["InterfaceType"] == "nat_gateway"
    assert eni["Groups"] == []
    assert eni["Status"] == "in-use"
    assert eni["RequesterManaged"]
    assert eni["PrivateIpAddress"].startswith("10.100.1.")
    [listed] = nat_of(client, nat)["NatGatewayAddresses"]
    assert listed["NetworkInterfaceId"] == eni["NetworkInterfaceId"]
    [address] = client.describe_addresses()["Addresses"]
    assert listed["PublicIp"] == address["PublicIp"]
    assert address["NetworkInterfaceId"] == eni["NetworkInterfaceId"]


@pytest.mark.parametrize("missing", ["gateway", "route"])
def test_a_nat_gateway_outside_a_public_subnet_fails_after_its_create_answered(client, clock, missing):
    network = Network(client, routed=False)
    if missing == "route":
        client.attach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    nat = make_nat(client, network)
    assert nat_of(client, nat)["State"] == "pending"
    clock.sleep(90)
    told = nat_of(client, nat)
    assert told["State"] == "failed"
    assert told["FailureCode"] == "Gateway.NotAttached"
    assert told["FailureMessage"] == f"Network {network.vpc} has no Internet gateway attached"
    assert client.describe_network_interfaces()["NetworkInterfaces"] == []
    client.release_address(AllocationId=network.address)


def test_a_second_nat_gateway_on_one_address_fails_and_leaves_the_first_alone(client, network, clock):
    first = make_nat(client, network)
    second = make_nat(client, network)
    clock.sleep(90)
    told = nat_of(client, second)
    assert (told["State"], told["FailureCode"]) == ("failed", "Resource.AlreadyAssociated")
    assert told["FailureMessage"] == f"Elastic IP address {network.address} is already associated"
    assert nat_of(client, first)["State"] == "available"
    assert "AssociationId" in client.describe_addresses()["Addresses"][0]


def test_a_nat_gateway_in_a_full_subnet_fails(client, network, clock):
    subnet = client.create_subnet(VpcId=network.vpc, CidrBlock="10.100.2.0/28")["Subnet"]["SubnetId"]
    for _ in range(11):
        ec2.attach_interface(ACCOUNT, REGION, subnet, [], "a task", "amazon-ecs")
    made = client.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    clock.sleep(90)
    told = nat_of(client, made)
    assert (told["State"], told["FailureCode"]) == ("failed", "InsufficientFreeAddressesInSubnet")
    assert told["FailureMessage"] == "Subnet has insufficient free addresses to create this NAT gateway"


def test_a_nat_gateway_can_be_told_to_fail_and_the_next_one_succeeds(client, network, clock):
    ec2.fail_next_nat("InternalError", "Please try again.")
    nat = make_nat(client, network)
    clock.sleep(60)
    told = nat_of(client, nat)
    assert (told["State"], told["FailureCode"], told["FailureMessage"]) == (
        "failed",
        "InternalError",
        "Please try again.",
    )
    again = make_nat(client, network)
    clock.sleep(90)
    assert nat_of(client, again)["State"] == "available"


def test_one_client_token_is_one_nat_gateway_a_dead_one_too(client, network, clock):
    nat = make_nat(client, network, ClientToken="once")
    assert make_nat(client, network, ClientToken="once") == nat
    other = client.allocate_address(Domain="vpc")["AllocationId"]
    mismatch = refused(client.create_nat_gateway, SubnetId=network.subnet, AllocationId=other, ClientToken="once")
    assert mismatch[0] == "IdempotentParameterMismatch"
    clock.sleep(90)
    client.delete_nat_gateway(NatGatewayId=nat)
    clock.sleep(60)
    stale = client.create_nat_gateway(SubnetId=network.subnet, AllocationId=network.address, ClientToken="once")
    assert stale["NatGateway"]["NatGatewayId"] == nat
    assert stale["NatGateway"]["State"] == "deleted"
    assert make_nat(client, network, ClientToken="twice") != nat


def test_nat_gateways_are_filtered_by_tag_and_state(client, network):
    nat = make_nat(client, network, TagSpecifications=tagged("natgateway", app="mine"))

    def found(**filters):
        spelled = [{"Name": name.replace("__", ":").replace("_", "-"), "Values": [v]} for name, v in filters.items()]
        return [n["NatGatewayId"] for n in client.describe_nat_gateways(Filter=spelled)["NatGateways"]]

    assert found(tag__app="mine") == [nat]
    assert found(tag__app="m*") == [nat]
    assert found(tag__app="other") == []
    assert found(tag_key="app") == [nat]
    assert found(tag__app="mine", state="pending") == [nat]
    assert found(tag__app="mine", state="available") == []
    assert found(vpc_id=network.vpc, subnet_id=network.subnet) == [nat]
    assert found(nat_gateway_id=nat) == [nat]
    odd = refused(client.describe_nat_gateways, Filter=[{"Name": "colour", "Values": ["red"]}])
    assert odd == ("InvalidParameterValue", "The filter 'colour' is invalid")


def test_a_deleted_nat_gateway_haunts_the_list_for_an_hour(client, network, clock):
    nat = make_nat(client, network)
    clock.sleep(90)
    client.delete_nat_gateway(NatGatewayId=nat)
    client.delete_nat_gateway(NatGatewayId=nat)
    assert nat_of(client, nat)["State"] == "deleting"
    clock.sleep(49)
    assert nat_of(client, nat)["State"] == "deleting"
    clock.sleep(1)
    assert nat_of(client, nat)["State"] == "deleted"
    gone = ("NatGatewayNotFound", f"The Nat Gateway {nat} was not found")
    assert refused(client.delete_nat_gateway, NatGatewayId=nat) == gone
    clock.sleep(3400)
    assert nat_of(client, nat)["State"] == "deleted"
    clock.sleep(200)
    assert refused(nat_of, client, nat) == gone
    assert client.describe_nat_gateways()["NatGateways"] == []


def test_routes_through_a_deleted_nat_gateway_are_black_holes_until_replaced(client, network, clock):
    def route():
        table = client.describe_route_tables(RouteTableIds=[private])["RouteTables"][0]
        return [(r["State"], r["NatGatewayId"]) for r in table["Routes"] if "NatGatewayId" in r]

    private = client.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    way = {"RouteTableId": private, "DestinationCidrBlock": "0.0.0.0/0"}
    nat = make_nat(client, network)
    early = refused(client.create_route, **way, NatGatewayId=nat)
    assert early == ("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
    clock.sleep(90)
    client.create_route(**way, NatGatewayId=nat)
    assert route() == [("active", nat)]
    client.delete_nat_gateway(NatGatewayId=nat)
    clock.sleep(60)
    assert route() == [("blackhole", nat)]
    assert refused(client.create_route, **way, NatGatewayId=nat)[0] == "InvalidNatGatewayID.NotFound"
    other = make_nat(client, network)
    clock.sleep(90)
    client.replace_route(**way, NatGatewayId=other)
    assert route() == [("active", other)]


def test_five_nat_gateways_a_zone_and_failed_ones_count(client, network, clock):
    client.release_address(AllocationId=network.address)
    for _ in range(5):
        client.create_nat_gateway(SubnetId=network.subnet, ConnectivityType="private")
    full = ("NatGatewayLimitExceeded", "The maximum number of NAT Gateways has been reached.")
    assert refused(client.create_nat_gateway, SubnetId=network.subnet, ConnectivityType="private") == full
    nat = client.describe_nat_gateways()["NatGateways"][0]["NatGatewayId"]
    client.delete_nat_gateway(NatGatewayId=nat)
    assert refused(client.create_nat_gateway, SubnetId=network.subnet, ConnectivityType="private") == full
    clock.sleep(60)
    ec2.fail_next_nat()
    client.create_nat_gateway(SubnetId=network.subnet, ConnectivityType="private")
    clock.sleep(60)
    assert refused(client.create_nat_gateway, SubnetId=network.subnet, ConnectivityType="private") == full


def test_a_public_nat_gateway_needs_an_address_that_exists(client, network):
    assert refused(client.create_nat_gateway, SubnetId=network.subnet)[0] == "MissingParameter"
    unknown = "eipalloc-0123456789abcdef0"
    told = refused(client.create_nat_gateway, SubnetId=network.subnet, AllocationId=unknown)
    assert told == ("InvalidAllocationID.NotFound", f"The allocation ID '{unknown}' does not exist")


# Addresses


def test_an_address_in_use_is_not_released(client, network, clock):
    nat = make_nat(client, network)
    [address] = client.describe_addresses()["Addresses"]
    in_use = ("InvalidIPAddress.InUse", f"Address {address['PublicIp']} is in use.")
    not_mine = ("AuthFailure", "You do not have permission to access the specified resource.")
    assert refused(client.release_address, AllocationId=network.address) == in_use
    assert refused(client.disassociate_address, AssociationId=address["AssociationId"]) == not_mine
    client.delete_nat_gateway(NatGatewayId=nat)
    assert refused(client.release_address, AllocationId=network.address) == not_mine
    clock.sleep(50)
    client.release_address(AllocationId=network.address)
    gone = ("InvalidAllocationID.NotFound", f"The allocation ID '{network.address}' does not exist")
    assert refused(client.release_address, AllocationId=network.address) == gone


def test_five_of_each_in_a_region(client):
    for _ in range(5):
        client.allocate_address(Domain="vpc")
    full = ("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    assert refused(client.allocate_address, Domain="vpc") == full
    for number in range(4):  # the default VPC is the fifth
        client.create_vpc(CidrBlock=f"10.{number}.0.0/16")
    full = ("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
    assert refused(client.create_vpc, CidrBlock="10.9.0.0/16") == full
    for _ in range(4):  # AWS's default VPC has one
        client.create_internet_gateway()
    full = ("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")
    assert refused(client.create_internet_gateway) == full


# What depends on what


def test_nothing_goes_before_what_depends_on_it(client, network, clock):
    nat = make_nat(client, network)
    group = client.create_security_group(GroupName="app", Description="app", VpcId=network.vpc)["GroupId"]

    def violation(what, ident):
        return "DependencyViolation", f"The {what} '{ident}' has dependencies and cannot be deleted."

    vpc = (client.delete_vpc, {"VpcId": network.vpc}, violation("vpc", network.vpc))
    subnet = (client.delete_subnet, {"SubnetId": network.subnet}, violation("subnet", network.subnet))
    table = (client.delete_route_table, {"RouteTableId": network.table}, violation("routeTable", network.table))
    gateway = {"InternetGatewayId": network.gateway}
    igw = (client.delete_internet_gateway, gateway, violation("internetGateway", network.gateway))
    mapped = f"Network {network.vpc} has some mapped public address(es). "
    mapped += "Please unmap those public address(es) before detaching the gateway."
    detach = (client.detach_internet_gateway, gateway | {"VpcId": network.vpc}, ("DependencyViolation", mapped))

    def refuses(*steps):
        for call, args, answer in steps:
            assert refused(call, **args) == answer

    refuses(vpc, subnet, table, igw, detach)
    client.delete_nat_gateway(NatGatewayId=nat)
    refuses(vpc, subnet, table, igw, detach)
    clock.sleep(50)
    client.detach_internet_gateway(**gateway, VpcId=network.vpc)
    told = refused(client.detach_internet_gateway, **gateway, VpcId=network.vpc)
    assert told == ("Gateway.NotAttached", f"resource {network.gateway} is not attached to network {network.vpc}")
    client.delete_internet_gateway(**gateway)
    refuses(vpc, table)
    client.disassociate_route_table(AssociationId=network.link)
    client.delete_route_table(RouteTableId=network.table)
    refuses(vpc)
    client.delete_subnet(SubnetId=network.subnet)
    refuses(vpc)
    client.delete_security_group(GroupId=group)
    client.delete_vpc(VpcId=network.vpc)
    gone = ("InvalidVpcID.NotFound", f"The vpc ID '{network.vpc}' does not exist")
    assert refused(client.delete_vpc, VpcId=network.vpc) == gone
    assert all(acl["VpcId"] != network.vpc for acl in client.describe_network_acls()["NetworkAcls"])


def test_a_gateway_still_attached_keeps_its_vpc(client):
    vpc = client.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert refused(client.delete_vpc, VpcId=vpc)[0] == "DependencyViolation"


def test_the_association_of_a_deleted_subnet_is_gone(client, network):
    client.delete_subnet(SubnetId=network.subnet)
    client.delete_route_table(RouteTableId=network.table)


def test_the_main_route_table_stays(client, network):
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    [main] = client.describe_route_tables(Filters=filters)["RouteTables"]
    told = refused(client.delete_route_table, RouteTableId=main["RouteTableId"])
    text = f"The routeTable '{main['RouteTableId']}' has dependencies and cannot be deleted."
    assert told == ("DependencyViolation", text)
    link = main["Associations"][0]["RouteTableAssociationId"]
    told = refused(client.disassociate_route_table, AssociationId=link)
    assert told == ("InvalidParameterValue", f"cannot disassociate the main route table association {link}")


def test_a_group_in_use_stays(client, network):
    def group(name):
        return client.create_security_group(GroupName=name, Description=name, VpcId=network.vpc)["GroupId"]

    def violation(ident):
        return "DependencyViolation", f"resource {ident} has a dependent object"

    balancer, service = group("balancer"), group("service")
    pair = [{"GroupId": balancer, "Description": "from the balancer"}]
    rule = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": pair}]
    client.authorize_security_group_ingress(GroupId=service, IpPermissions=rule)
    assert refused(client.delete_security_group, GroupId=balancer) == violation(balancer)
    eni = ec2.attach_interface(ACCOUNT, REGION, network.subnet, [service], "a task", "amazon-ecs")
    assert refused(client.delete_security_group, GroupId=service) == violation(service)
    ec2.release_interface(ACCOUNT, REGION, eni.id)
    client.revoke_security_group_ingress(GroupId=service, IpPermissions=rule)
    client.delete_security_group(GroupId=balancer)
    client.delete_security_group(GroupId=service)
    assert refused(client.delete_security_group, GroupId=service) == (
        "InvalidGroup.NotFound",
        f"The security group '{service}' does not exist",
    )


def test_the_default_group_stays(client, network):
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    [group] = client.describe_security_groups(Filters=filters)["SecurityGroups"]
    told = refused(client.delete_security_group, GroupId=group["GroupId"])
    text = f'the specified group: "{group["GroupId"]}" name: "default" cannot be deleted by a user'
    assert told == ("CannotDelete", text)


# Groups and rules


def test_a_new_group_lets_everything_out_by_a_rule_with_an_id(client, network):
    group = client.create_security_group(GroupName="app", Description="app", VpcId=network.vpc)["GroupId"]
    filters = [{"Name": "group-id", "Values": [group]}]
    [rule] = client.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert rule["IsEgress"]
    assert rule["CidrIpv4"] == "0.0.0.0/0"
    assert rule["IpProtocol"] == "-1"
    client.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert client.describe_security_group_rules(Filters=filters)["SecurityGroupRules"] == []
    again = refused(
        client.revoke_security_group_egress, GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    text = f"The security group rule ID '{rule['SecurityGroupRuleId']}' does not exist"
    assert again == ("InvalidSecurityGroupRuleId.NotFound", text)


def test_a_group_name_is_unique_in_its_vpc(client, network):
    make = {"GroupName": "app", "Description": "app"}
    client.create_security_group(**make, VpcId=network.vpc)
    told = refused(client.create_security_group, **make, VpcId=network.vpc)
    assert told == ("InvalidGroup.Duplicate", f"The security group 'app' already exists for VPC '{network.vpc}'")
    other = client.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    client.create_security_group(**make, VpcId=other)
    odd = refused(client.create_security_group, GroupName="app2", Description="näh", VpcId=other)
    assert odd == ("InvalidParameterValue", "Value (näh) for parameter GroupDescription is invalid.")


def test_rules_are_added_all_or_none_and_told_apart_by_what_they_allow(client, network):
    group = client.create_security_group(GroupName="app", Description="app", VpcId=network.vpc)["GroupId"]

    def rule(port, note):
        ranges = [{"CidrIp": "0.0.0.0/0", "Description": note}]
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}

    made = client.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule(80, "web"), rule(443, "tls")])
    assert len(made["SecurityGroupRules"]) == 2
    both = [rule(8080, "new"), rule(80, "another note")]
    told = refused(client.authorize_security_group_ingress, GroupId=group, IpPermissions=both)
    text = 'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists'
    assert told == ("InvalidPermission.Duplicate", text)
    told = refused(client.revoke_security_group_ingress, GroupId=group, IpPermissions=[rule(80, ""), rule(81, "")])
    text = "The specified rule does not exist in this security group."
    assert told == ("InvalidPermission.NotFound", text)
    [answer] = client.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert sorted(p["FromPort"] for p in answer["IpPermissions"]) == [80, 443]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    told = refused(client.authorize_security_group_egress, GroupId=group, IpPermissions=everything)
    text = 'the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists'
    assert told == ("InvalidPermission.Duplicate", text)


def test_a_rule_naming_a_group_tells_its_description(client, network):
    group = client.create_security_group(GroupName="app", Description="app", VpcId=network.vpc)["GroupId"]
    pair = [{"GroupId": group, "Description": "ourselves"}]
    rule = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": pair}]
    [made] = client.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)["SecurityGroupRules"]
    assert made["Description"] == "ourselves"
    assert made["ReferencedGroupInfo"]["GroupId"] == group
    client.delete_security_group(GroupId=group)


# Subnets, gateways, routes


def test_subnets_do_not_overlap_and_stand_in_zones_of_the_region(client, network):
    told = refused(client.create_subnet, VpcId=network.vpc, CidrBlock="10.100.1.0/25")
    assert told == ("InvalidSubnet.Conflict", "The CIDR '10.100.1.0/25' conflicts with another subnet")
    told = refused(client.create_subnet, VpcId=network.vpc, CidrBlock="10.101.1.0/24")
    assert told == ("InvalidSubnet.Range", "The CIDR '10.101.1.0/24' is invalid.")
    code, text = refused(
        client.create_subnet, VpcId=network.vpc, CidrBlock="10.100.2.0/24", AvailabilityZone="us-east-1a"
    )
    assert code == "InvalidParameterValue"
    assert text.startswith("Value (us-east-1a) for parameter availabilityZone is invalid. Subnets can currently only")
    zone = client.describe_availability_zones()["AvailabilityZones"][1]
    made = client.create_subnet(VpcId=network.vpc, CidrBlock="10.100.2.0/24", AvailabilityZoneId=zone["ZoneId"])
    assert made["Subnet"]["AvailabilityZone"] == zone["ZoneName"]
    assert not made["Subnet"]["MapPublicIpOnLaunch"]


def test_one_attribute_a_call(client, network):
    both = {"EnableDnsHostnames": {"Value": True}, "EnableDnsSupport": {"Value": True}}
    told = refused(client.modify_vpc_attribute, VpcId=network.vpc, **both)
    text = "Fields for multiple attribute types specified: enableDnsHostnames, enableDnsSupport"
    assert told == ("InvalidParameterCombination", text)


def test_a_gateway_is_attached_once_and_a_vpc_has_one(client, network):
    attach = client.attach_internet_gateway
    told = refused(attach, InternetGatewayId=network.gateway, VpcId=network.vpc)
    text = f"resource {network.gateway} is already attached to network {network.vpc}"
    assert told == ("Resource.AlreadyAssociated", text)
    other = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    told = refused(attach, InternetGatewayId=other, VpcId=network.vpc)
    assert told == ("InvalidParameterValue", f"Network {network.vpc} already has an internet gateway attached")


def test_a_route_needs_a_gateway_attached_to_its_vpc(client):
    network = Network(client, routed=False)
    way = {"RouteTableId": network.table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": network.gateway}
    text = f"route table {network.table} and network gateway {network.gateway} belong to different networks"
    assert refused(client.create_route, **way) == ("InvalidParameterValue", text)


def test_a_route_to_a_detached_gateway_is_a_black_hole(client, network):
    client.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    client.delete_internet_gateway(InternetGatewayId=network.gateway)
    [table] = client.describe_route_tables(RouteTableIds=[network.table])["RouteTables"]
    states = {route["DestinationCidrBlock"]: route["State"] for route in table["Routes"]}
    assert states == {"10.100.0.0/16": "active", "0.0.0.0/0": "blackhole"}


def test_a_destination_has_one_route_and_a_subnet_one_table(client, network):
    way = {"RouteTableId": network.table, "DestinationCidrBlock": "0.0.0.0/0"}
    told = refused(client.create_route, **way, GatewayId=network.gateway)
    assert told == ("RouteAlreadyExists", "The route identified by 0.0.0.0/0 already exists.")
    told = refused(client.delete_route, RouteTableId=network.table, DestinationCidrBlock="10.100.0.0/16")
    assert told == ("InvalidParameterValue", f"cannot remove local route 10.100.0.0/16 in route table {network.table}")
    for table in (network.table, client.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]):
        told = refused(client.associate_route_table, RouteTableId=table, SubnetId=network.subnet)
        text = f"the specified association for route table {table} conflicts with an existing association"
        assert told == ("Resource.AlreadyAssociated", text)
    client.disassociate_route_table(AssociationId=network.link)
    told = refused(client.disassociate_route_table, AssociationId=network.link)
    text = f"The association ID '{network.link}' does not exist"
    assert told == ("InvalidAssociationID.NotFound", text)


def test_one_client_token_is_one_route_table_a_dead_one_too(client, network):
    def made(token):
        return client.create_route_table(VpcId=network.vpc, ClientToken=token)["RouteTable"]["RouteTableId"]

    first = made("once")
    assert made("once") == first
    assert made("twice") != first
    client.delete_route_table(RouteTableId=first)
    assert made("once") == first
    told = refused(client.delete_route_table, RouteTableId=first)
    assert told == ("InvalidRouteTableID.NotFound", f"The routeTable ID '{first}' does not exist")
    other = client.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    assert refused(client.create_route_table, VpcId=other, ClientToken="once")[0] == "IdempotentParameterMismatch"


def test_interfaces_of_a_service_are_its_own(client, network):
    eni = ec2.attach_interface(ACCOUNT, REGION, network.subnet, [], "ELB app/x/1", "amazon-elb", public=True)
    filters = [{"Name": "attachment.instance-owner-id", "Values": ["amazon-elb"]}]
    [told] = client.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert told["Attachment"]["InstanceOwnerId"] == "amazon-elb"
    assert told["Association"]["IpOwnerId"] == "amazon-elb"
    answer = refused(client.delete_network_interface, NetworkInterfaceId=eni.id)
    assert answer == ("InvalidParameterValue", f"Network interface '{eni.id}' is currently in use.")
    answer = refused(client.detach_network_interface, AttachmentId=told["Attachment"]["AttachmentId"])
    assert answer == ("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.")


def test_a_released_interface_disappears_in_its_time(client, network, clock):
    eni = ec2.attach_interface(ACCOUNT, REGION, network.subnet, [], "a task", "amazon-ecs")
    ec2.release_interface(ACCOUNT, REGION, eni.id, after=30)
    clock.sleep(29)
    assert len(client.describe_network_interfaces()["NetworkInterfaces"]) == 1
    assert refused(client.delete_subnet, SubnetId=network.subnet)[0] == "DependencyViolation"
    clock.sleep(1)
    assert client.describe_network_interfaces()["NetworkInterfaces"] == []
    client.delete_subnet(SubnetId=network.subnet)


# What is not there, or not yet to be seen


@pytest.mark.parametrize(
    ("call", "ident", "code", "message"),
    [
        ("describe_vpcs", {"VpcIds": ["vpc-0123"]}, "InvalidVpcID.NotFound", "The vpc ID 'vpc-0123' does not exist"),
        (
            "describe_subnets",
            {"SubnetIds": ["subnet-0123"]},
            "InvalidSubnetID.NotFound",
            "The subnet ID 'subnet-0123' does not exist",
        ),
        (
            "describe_internet_gateways",
            {"InternetGatewayIds": ["igw-0123"]},
            "InvalidInternetGatewayID.NotFound",
            "The internetGateway ID 'igw-0123' does not exist",
        ),
        (
            "describe_route_tables",
            {"RouteTableIds": ["rtb-0123"]},
            "InvalidRouteTableID.NotFound",
            "The routeTable ID 'rtb-0123' does not exist",
        ),
        (
            "describe_security_groups",
            {"GroupIds": ["sg-0123"]},
            "InvalidGroup.NotFound",
            "The security group 'sg-0123' does not exist",
        ),
        (
            "describe_nat_gateways",
            {"NatGatewayIds": ["nat-0123"]},
            "NatGatewayNotFound",
            "The Nat Gateway nat-0123 was not found",
        ),
        (
            "describe_addresses",
            {"AllocationIds": ["eipalloc-0123"]},
            "InvalidAllocationID.NotFound",
            "The allocation ID 'eipalloc-0123' does not exist",
        ),
        (
            "describe_network_interfaces",
            {"NetworkInterfaceIds": ["eni-0123"]},
            "InvalidNetworkInterfaceID.NotFound",
            "The networkInterface ID 'eni-0123' does not exist",
        ),
    ],
)
def test_what_is_not_there_is_told_in_aws_words(client, call, ident, code, message):
    assert refused(getattr(client, call), **ident) == (code, message)


def test_a_fresh_id_is_missed_by_reads_changes_and_lists_for_two_seconds(aws, clock):
    client = aws("ec2")
    vpc = client.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=tagged("vpc", app="mine"))["Vpc"]["VpcId"]
    filters = [{"Name": "tag:app", "Values": ["mine"]}]
    missing = ("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    for _ in range(2):
        assert refused(client.describe_vpcs, VpcIds=[vpc]) == missing
        assert refused(client.create_subnet, VpcId=vpc, CidrBlock="10.1.1.0/24") == missing
        assert refused(client.create_tags, Resources=[vpc], Tags=[{"Key": "a", "Value": "b"}]) == missing
        assert client.describe_vpcs(Filters=filters)["Vpcs"] == []
        assert vpc not in [v["VpcId"] for v in client.describe_vpcs()["Vpcs"]]
        clock.sleep(0.9)
    clock.sleep(0.2)
    assert client.describe_vpcs(Filters=filters)["Vpcs"] == client.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    assert refused(client.delete_subnet, SubnetId=subnet)[0] == "InvalidSubnetID.NotFound"


def test_every_kind_that_is_made_is_missed_at_first(aws, clock):
    client = aws("ec2")
    ec2.lag(0)
    network = Network(client)
    clock.sleep(5)
    ec2.lag(5)
    group = client.create_security_group(GroupName="app", Description="app", VpcId=network.vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8"}
    assert refused(client.authorize_security_group_ingress, GroupId=group, **rule)[0] == "InvalidGroup.NotFound"
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    attach = refused(client.attach_internet_gateway, InternetGatewayId=gateway, VpcId=network.vpc)
    assert attach[0] == "InvalidInternetGatewayID.NotFound"
    address = client.allocate_address(Domain="vpc")["AllocationId"]
    nat = refused(client.create_nat_gateway, SubnetId=network.subnet, AllocationId=address)
    assert nat[0] == "InvalidAllocationID.NotFound"
    table = client.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    link = refused(client.associate_route_table, RouteTableId=table, SubnetId=network.subnet)
    assert link[0] == "InvalidRouteTableID.NotFound"
    fresh = make_nat(client, network)
    assert refused(nat_of, client, fresh)[0] == "NatGatewayNotFound"
    rules = [{"Name": "group-id", "Values": [group]}]
    assert client.describe_security_group_rules(Filters=rules)["SecurityGroupRules"] == []
    clock.sleep(5)
    client.authorize_security_group_ingress(GroupId=group, **rule)
    assert nat_of(client, fresh)["State"] == "pending"


def test_the_lag_is_switched_off_by_name_and_is_back_after_a_reset(aws):
    client = aws("ec2")
    ec2.lag(0)
    vpc = client.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    client.describe_vpcs(VpcIds=[vpc])
    model_instances.reset_model_data()
    for backends in (iam_backends, ec2_backends):
        backends[ACCOUNT].reset()
    vpc = client.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    assert refused(client.describe_vpcs, VpcIds=[vpc])[0] == "InvalidVpcID.NotFound"
