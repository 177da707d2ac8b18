import pytest
from answers import refused
from ec2_ground import Network, make_nat, nat_of, tagged
from moto.core import model_instances
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from ecsctl.sandbox.aws import ec2
from ecsctl.sandbox.aws.account import ACCOUNT


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
def test_what_does_not_exist_is_refused_in_aws_words(client, call, ident, code, message):
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
