from answers import refused
from ec2_ground import Network, make_nat, nat_of, tagged

from ecsctl.sandbox.aws import ec2
from ecsctl.sandbox.aws.account import ACCOUNT

REGION = "eu-central-1"


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


def test_a_nat_gateway_in_a_network_without_a_way_out_fails_after_its_create_answered(client, clock):
    network = Network(client, routed=False)
    nat = make_nat(client, network)
    assert nat_of(client, nat)["State"] == "pending"
    clock.sleep(90)
    gateway = nat_of(client, nat)
    assert gateway["State"] == "failed"
    assert gateway["FailureCode"] == "Gateway.NotAttached"
    assert gateway["FailureMessage"] == f"Network {network.vpc} has no Internet gateway attached"
    assert client.describe_network_interfaces()["NetworkInterfaces"] == []
    client.release_address(AllocationId=network.address)


def test_a_nat_gateway_needs_an_attached_internet_gateway_and_no_route_to_it(client, clock):
    network = Network(client, routed=False)
    client.attach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    nat = make_nat(client, network)
    clock.sleep(90)
    assert nat_of(client, nat)["State"] == "available"


def test_a_second_nat_gateway_on_one_address_fails_and_leaves_the_first_alone(client, network, clock):
    first = make_nat(client, network)
    second = make_nat(client, network)
    clock.sleep(90)
    gateway = nat_of(client, second)
    assert (gateway["State"], gateway["FailureCode"]) == ("failed", "Resource.AlreadyAssociated")
    assert gateway["FailureMessage"] == f"Elastic IP address {network.address} is already associated"
    assert nat_of(client, first)["State"] == "available"
    assert "AssociationId" in client.describe_addresses()["Addresses"][0]


def test_a_nat_gateway_in_a_full_subnet_fails(client, network, clock):
    subnet = client.create_subnet(VpcId=network.vpc, CidrBlock="10.100.2.0/28")["Subnet"]["SubnetId"]
    for _ in range(11):
        ec2.attach_interface(ACCOUNT, REGION, subnet, [], "a task", "amazon-ecs")
    made = client.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    clock.sleep(90)
    gateway = nat_of(client, made)
    assert (gateway["State"], gateway["FailureCode"]) == ("failed", "InsufficientFreeAddressesInSubnet")
    assert gateway["FailureMessage"] == "Subnet has insufficient free addresses to create this NAT gateway"


def test_a_nat_gateway_can_be_made_to_fail_and_the_next_one_succeeds(client, network, clock):
    ec2.fail_next_nat("InternalError", "Please try again.")
    nat = make_nat(client, network)
    clock.sleep(60)
    gateway = nat_of(client, nat)
    assert (gateway["State"], gateway["FailureCode"], gateway["FailureMessage"]) == (
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


def test_a_deleted_nat_gateway_is_listed_for_an_hour(client, network, clock):
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


def test_the_quota_of_five_nat_gateways_in_a_zone_counts_failed_ones(client, network, clock):
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
    error = refused(client.create_nat_gateway, SubnetId=network.subnet, AllocationId=unknown)
    assert error == ("InvalidAllocationID.NotFound", f"The allocation ID '{unknown}' does not exist")
