"""The resources that the tests of EC2 need."""


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


def make_nat(client, network, **more):
    made = client.create_nat_gateway(SubnetId=network.subnet, AllocationId=network.address, **more)
    return made["NatGateway"]["NatGatewayId"]


def nat_of(client, nat):
    return client.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]


def tagged(kind, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
