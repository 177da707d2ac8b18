import json

from answers import refused
from ec2_ground import Network, make_nat

from ecsctl.sandbox.aws import ec2
from ecsctl.sandbox.aws.account import ACCOUNT

REGION = "eu-central-1"


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


def test_flow_logs_are_not_made_with_a_role_that_is_new(aws, client, network, clock):
    aws("logs").create_log_group(logGroupName="connections")
    trust = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws("iam").create_role(RoleName="writer", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    asked = {"ResourceType": "VPC", "ResourceIds": [network.vpc], "TrafficType": "ALL", "LogGroupName": "connections"}
    new = ("InvalidParameter", f"Unable to assume given IAM role: '{role}'")
    assert refused(client.create_flow_logs, **asked, DeliverLogsPermissionArn=role) == new
    clock.sleep(60)
    assert client.create_flow_logs(**asked, DeliverLogsPermissionArn=role)["FlowLogIds"]


def test_the_quota_of_five_in_a_region_is_enforced(client):
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
    error = refused(client.detach_internet_gateway, **gateway, VpcId=network.vpc)
    assert error == ("Gateway.NotAttached", f"resource {network.gateway} is not attached to network {network.vpc}")
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


def test_the_associations_of_a_deleted_subnet_are_gone(client, network):
    client.delete_subnet(SubnetId=network.subnet)
    client.delete_route_table(RouteTableId=network.table)
    acls = client.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [network.vpc]}])["NetworkAcls"]
    assert [acl["Associations"] for acl in acls] == [[]]


def test_the_main_route_table_stays(client, network):
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    [main] = client.describe_route_tables(Filters=filters)["RouteTables"]
    error = refused(client.delete_route_table, RouteTableId=main["RouteTableId"])
    text = f"The routeTable '{main['RouteTableId']}' has dependencies and cannot be deleted."
    assert error == ("DependencyViolation", text)
    link = main["Associations"][0]["RouteTableAssociationId"]
    error = refused(client.disassociate_route_table, AssociationId=link)
    assert error == ("InvalidParameterValue", f"cannot disassociate the main route table association {link}")


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
    error = refused(client.delete_security_group, GroupId=group["GroupId"])
    text = f'the specified group: "{group["GroupId"]}" name: "default" cannot be deleted by a user'
    assert error == ("CannotDelete", text)


def test_subnets_do_not_overlap_and_stand_in_zones_of_the_region(client, network):
    error = refused(client.create_subnet, VpcId=network.vpc, CidrBlock="10.100.1.0/25")
    assert error == ("InvalidSubnet.Conflict", "The CIDR '10.100.1.0/25' conflicts with another subnet")
    error = refused(client.create_subnet, VpcId=network.vpc, CidrBlock="10.101.1.0/24")
    assert error == ("InvalidSubnet.Range", "The CIDR '10.101.1.0/24' is invalid.")
    code, text = refused(
        client.create_subnet, VpcId=network.vpc, CidrBlock="10.100.2.0/24", AvailabilityZone="us-east-1a"
    )
    assert code == "InvalidParameterValue"
    assert text.startswith("Value (us-east-1a) for parameter availabilityZone is invalid. Subnets can currently only")
    zone = client.describe_availability_zones()["AvailabilityZones"][1]
    made = client.create_subnet(VpcId=network.vpc, CidrBlock="10.100.2.0/24", AvailabilityZoneId=zone["ZoneId"])
    assert made["Subnet"]["AvailabilityZone"] == zone["ZoneName"]
    assert not made["Subnet"]["MapPublicIpOnLaunch"]


def test_more_than_one_attribute_in_a_call_is_refused(client, network):
    both = {"EnableDnsHostnames": {"Value": True}, "EnableDnsSupport": {"Value": True}}
    error = refused(client.modify_vpc_attribute, VpcId=network.vpc, **both)
    text = "Fields for multiple attribute types specified: enableDnsHostnames, enableDnsSupport"
    assert error == ("InvalidParameterCombination", text)


def test_a_gateway_is_attached_once_and_a_vpc_has_one(client, network):
    attach = client.attach_internet_gateway
    error = refused(attach, InternetGatewayId=network.gateway, VpcId=network.vpc)
    text = f"resource {network.gateway} is already attached to network {network.vpc}"
    assert error == ("Resource.AlreadyAssociated", text)
    other = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    error = refused(attach, InternetGatewayId=other, VpcId=network.vpc)
    assert error == ("InvalidParameterValue", f"Network {network.vpc} already has an internet gateway attached")


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
    error = refused(client.create_route, **way, GatewayId=network.gateway)
    assert error == ("RouteAlreadyExists", "The route identified by 0.0.0.0/0 already exists.")
    error = refused(client.delete_route, RouteTableId=network.table, DestinationCidrBlock="10.100.0.0/16")
    assert error == ("InvalidParameterValue", f"cannot remove local route 10.100.0.0/16 in route table {network.table}")
    for table in (network.table, client.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]):
        error = refused(client.associate_route_table, RouteTableId=table, SubnetId=network.subnet)
        text = f"the specified association for route table {table} conflicts with an existing association"
        assert error == ("Resource.AlreadyAssociated", text)
    client.disassociate_route_table(AssociationId=network.link)
    error = refused(client.disassociate_route_table, AssociationId=network.link)
    text = f"The association ID '{network.link}' does not exist"
    assert error == ("InvalidAssociationID.NotFound", text)


def test_one_client_token_is_one_route_table_a_dead_one_too(client, network):
    def made(token):
        return client.create_route_table(VpcId=network.vpc, ClientToken=token)["RouteTable"]["RouteTableId"]

    first = made("once")
    assert made("once") == first
    assert made("twice") != first
    client.delete_route_table(RouteTableId=first)
    assert made("once") == first
    error = refused(client.delete_route_table, RouteTableId=first)
    assert error == ("InvalidRouteTableID.NotFound", f"The routeTable ID '{first}' does not exist")
    other = client.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    assert refused(client.create_route_table, VpcId=other, ClientToken="once")[0] == "IdempotentParameterMismatch"


def test_interfaces_of_a_service_are_its_own(client, network):
    eni = ec2.attach_interface(ACCOUNT, REGION, network.subnet, [], "ELB app/x/1", "amazon-elb", public=True)
    filters = [{"Name": "attachment.instance-owner-id", "Values": ["amazon-elb"]}]
    [found] = client.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert found["Attachment"]["InstanceOwnerId"] == "amazon-elb"
    assert found["Association"]["IpOwnerId"] == "amazon-elb"
    answer = refused(client.delete_network_interface, NetworkInterfaceId=eni.id)
    assert answer == ("InvalidParameterValue", f"Network interface '{eni.id}' is currently in use.")
    answer = refused(client.detach_network_interface, AttachmentId=found["Attachment"]["AttachmentId"])
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
