"""What EC2 checks about VPCs, subnets, gateways, addresses and routes: quotas and dependencies."""

import itertools
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.responses import EC2Response

from ecsctl.sandbox.aws.ec2.answers import canonical
from ecsctl.sandbox.core import overlay

NAT_QUOTA = 5  # VPC guide, "Amazon VPC quotas": NAT gateways per Availability Zone; failed ones count until they go

# VPC guide, "Amazon VPC quotas": five of each per region, including the default VPC and its internet gateway.
VPC_QUOTA = GATEWAY_QUOTA = ADDRESS_QUOTA = 5


def _in_use(what: str, ident: str) -> overlay.Refusal:
    return overlay.Refusal("DependencyViolation", f"The {what} '{ident}' has dependencies and cannot be deleted.")


def _one_attribute(response: EC2Response, *names: str) -> None:
    """Refuse more than one attribute per call (API reference, ModifyVpcAttribute and ModifySubnetAttribute)."""
    given = [name[0].lower() + name[1:] for name in names if response._get_param(f"{name}.Value") is not None]
    if len(given) > 1:
        message = f"Fields for multiple attribute types specified: {', '.join(given)}"
        raise overlay.Refusal("InvalidParameterCombination", message)


@overlay.wraps(EC2Response)
def create_vpc(original: Any, self: EC2Response) -> Any:
    """Refuse above the quota."""
    if len(self.ec2_backend.vpcs) >= VPC_QUOTA:
        raise overlay.Refusal("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
    return original()


@overlay.wraps(EC2Response)
def modify_vpc_attribute(original: Any, self: EC2Response) -> Any:
    """Refuse two attributes at once."""
    _one_attribute(self, "EnableDnsHostnames", "EnableDnsSupport", "EnableNetworkAddressUsageMetrics")
    return original()


@overlay.wraps(EC2Response)
def modify_subnet_attribute(original: Any, self: EC2Response) -> Any:
    """Refuse two attributes at once."""
    _one_attribute(self, "AssignIpv6AddressOnCreation", "MapPublicIpOnLaunch", "EnableResourceNameDnsARecordOnLaunch")
    return original()


@overlay.wraps(EC2Response)
def delete_vpc(original: Any, self: EC2Response) -> Any:
    """Refuse until everything that a user made in it is deleted (VPC guide, "Delete your VPC").

    A peering connection prevents it too (hashicorp/terraform-provider-aws#3118).
    """
    backend, vpc_id = self.ec2_backend, self._get_param("VpcId")
    within = itertools.chain(
        (subnet for zone in backend.subnets.values() for subnet in zone.values()),
        (table for table in backend.route_tables.values() if not table.main_association_id),
        (group for group in backend.groups[vpc_id].values() if not group.is_default),
        backend.enis.values(),
        (acl for acl in backend.network_acls.values() if not acl.default),
        (endpoint for endpoint in backend.vpc_end_points.values() if endpoint.state != "deleted"),
    )
    attached = any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in backend.internet_gateways.values())
    attached |= any(
        one.vpc_id == vpc_id and one.state == "attached"
        for gateway in backend.vpn_gateways.values()
        for one in gateway.vpc_attachments
    )
    attached |= any(
        vpc_id in (one.vpc.id, one.peer_vpc.id) and one._status.code in ("active", "pending-acceptance")
        for one in backend.vpc_pcxs.values()
    )
    if attached or any(thing.vpc_id == vpc_id for thing in within):
        raise _in_use("vpc", vpc_id)
    answer = original()
    for acl in [acl for acl in backend.network_acls.values() if acl.vpc_id == vpc_id]:
        del backend.network_acls[acl.id]  # the default one is deleted with its VPC
    return answer


@overlay.wraps(EC2Backend)
def create_subnet(
    original: Any,
    self: EC2Backend,
    vpc_id: str,
    cidr_block: str,
    ipv6_cidr_block: str | None = None,
    availability_zone: str | None = None,
    availability_zone_id: str | None = None,
    **more: Any,
) -> Any:
    """Accept a zone's id as well as its name, and refuse zones of other regions."""
    zones = RegionsAndZonesBackend.zones[self.region_name]
    if availability_zone_id and not availability_zone:
        availability_zone = next((z.name for z in zones if z.zone_id == availability_zone_id), availability_zone_id)
    if availability_zone and availability_zone not in [zone.name for zone in zones]:
        known = ", ".join(zone.name for zone in zones)
        message = f"Value ({availability_zone}) for parameter availabilityZone is invalid. Subnets can currently only"
        message += f" be created in the following availability zones: {known}."
        raise overlay.Refusal("InvalidParameterValue", message)
    return original(vpc_id, canonical(cidr_block), ipv6_cidr_block, availability_zone, None, **more)


@overlay.wraps(EC2Response)
def delete_subnet(original: Any, self: EC2Response) -> Any:
    """Refuse while it has an interface: of a NAT gateway, load balancer or task. Deletes its associations with it."""
    subnet_id = self._get_param("SubnetId")
    if any(eni.subnet_id == subnet_id for eni in self.ec2_backend.enis.values()):
        raise _in_use("subnet", subnet_id)
    answer = original()
    for table in self.ec2_backend.route_tables.values():
        for association in [a for a, target in table._associations.items() if target == subnet_id]:
            del table._associations[association]
    for acl in self.ec2_backend.network_acls.values():
        for ident in [i for i, association in acl._associations.items() if association.subnet_id == subnet_id]:
            del acl._associations[ident]
    return answer


@overlay.wraps(EC2Response)
def create_internet_gateway(original: Any, self: EC2Response) -> Any:
    """Refuse above the quota. On AWS the default VPC has a gateway; moto's has none, so it is counted here."""
    backend = self.ec2_backend
    default = backend.get_default_vpc()
    bare = default is not None and all(gateway.vpc is not default for gateway in backend.internet_gateways.values())
    if len(backend.internet_gateways) + bare >= GATEWAY_QUOTA:
        message = "The maximum number of internet gateways has been reached."
        raise overlay.Refusal("InternetGatewayLimitExceeded", message)
    return original()


def _gateway(response: EC2Response) -> InternetGateway:
    found: InternetGateway = response.ec2_backend.internet_gateways[response._get_param("InternetGatewayId")]
    return found


@overlay.wraps(EC2Response)
def attach_internet_gateway(original: Any, self: EC2Response) -> Any:
    """Refuse a gateway that is attached already, and a VPC that has another one."""
    gateway, vpc_id = _gateway(self), self._get_param("VpcId")
    if gateway.vpc:
        message = f"resource {gateway.id} is already attached to network {gateway.vpc.id}"
        raise overlay.Refusal("Resource.AlreadyAssociated", message)
    if any(other.vpc and other.vpc.id == vpc_id for other in self.ec2_backend.internet_gateways.values()):
        message = f"Network {vpc_id} already has an internet gateway attached"
        raise overlay.Refusal("InvalidParameterValue", message)
    return original()


@overlay.wraps(EC2Response)
def detach_internet_gateway(original: Any, self: EC2Response) -> Any:
    """Refuse while anything in the VPC has a public address (API reference, DetachInternetGateway)."""
    gateway, vpc_id = _gateway(self), self._get_param("VpcId")
    if not gateway.vpc or gateway.vpc.id != vpc_id:
        raise overlay.Refusal("Gateway.NotAttached", f"resource {gateway.id} is not attached to network {vpc_id}")
    if any(eni.public_ip and eni.vpc_id == vpc_id for eni in self.ec2_backend.enis.values()):
        message = f"Network {vpc_id} has some mapped public address(es)."
        message += " Please unmap those public address(es) before detaching the gateway."
        raise overlay.Refusal("DependencyViolation", message)
    return original()


@overlay.wraps(EC2Response)
def delete_internet_gateway(original: Any, self: EC2Response) -> Any:
    """Refuse while it is attached."""
    if _gateway(self).vpc:
        raise _in_use("internetGateway", _gateway(self).id)
    return original()


@overlay.wraps(EC2Response)
def allocate_address(original: Any, self: EC2Response) -> Any:
    """Refuse above the quota."""
    if len(self.ec2_backend.addresses) >= ADDRESS_QUOTA:
        raise overlay.Refusal("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    return original()


@overlay.wraps(EC2Response)
def release_address(original: Any, self: EC2Response) -> Any:
    """Refuse while it is in use: with AuthFailure while its NAT gateway is being deleted.

    kubernetes-sigs/cluster-api-provider-aws and kubernetes/kops both wait for that error to pass. For an address of an
    existing gateway the error is `InvalidIPAddress.InUse`.
    """
    address = _address(self)
    if address is not None and address.association_id:
        going = [nat for nat in self.ec2_backend.nat_gateways.values() if nat.state in ("deleting", "failed")]
        if any(nat._eni is address.eni for nat in going):
            raise overlay.Refusal("AuthFailure", "You do not have permission to access the specified resource.")
        raise overlay.Refusal("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
    return original()


@overlay.wraps(EC2Response)
def disassociate_address(original: Any, self: EC2Response) -> Any:
    """Refuse to disassociate a NAT gateway's address (VPC guide: "Elastic IP address … cannot be disassociated")."""
    wanted = self._get_param("AssociationId")
    for address in self.ec2_backend.addresses:
        if wanted and address.association_id == wanted and getattr(address.eni, "requester_managed", False):
            raise overlay.Refusal("AuthFailure", "You do not have permission to access the specified resource.")
    return original()


def _address(response: EC2Response) -> Any:
    ident, public = response._get_param("AllocationId"), response._get_param("PublicIp")
    mine = (
        a for a in response.ec2_backend.addresses if ident in (a.allocation_id, None) and public in (a.public_ip, None)
    )
    return next(mine, None)


@overlay.wraps(EC2Response)
def delete_route_table(original: Any, self: EC2Response) -> Any:
    """Refuse for a VPC's main table, and while subnets use it."""
    table = self.ec2_backend.route_tables[self._get_param("RouteTableId")]
    if table.main_association_id or table._associations:
        raise _in_use("routeTable", table.id)
    return original()


@overlay.wraps(EC2Response)
def associate_route_table(original: Any, self: EC2Response) -> Any:
    """Refuse a subnet that has a route table, even this one; the message is AWS's (hashicorp/terraform#5037)."""
    subnet_id, table_id = self._get_param("SubnetId"), self._get_param("RouteTableId")
    if any(subnet_id in table._associations.values() for table in self.ec2_backend.route_tables.values()):
        message = f"the specified association for route table {table_id} conflicts with an existing association"
        raise overlay.Refusal("Resource.AlreadyAssociated", message)
    return original()


@overlay.wraps(EC2Response)
def disassociate_route_table(original: Any, self: EC2Response) -> Any:
    """Refuse for a VPC's main table, and for an association that does not exist."""
    wanted = self._get_param("AssociationId")
    tables = self.ec2_backend.route_tables.values()
    if any(table.main_association_id == wanted for table in tables):
        message = f"cannot disassociate the main route table association {wanted}"
        raise overlay.Refusal("InvalidParameterValue", message)
    if all(wanted not in table._associations for table in tables):
        message = f"The association ID '{wanted}' does not exist"
        raise overlay.Refusal("InvalidAssociationID.NotFound", message)
    return original()


def _check_target(response: EC2Response) -> None:
    """Refuse a gateway that is not attached to the table's VPC, and a NAT gateway outside it or not available.

    AWS's messages: giantswarm/aws-operator#632 for a gateway that is not attached (yet); boto/boto3#779 for a NAT
    gateway that is still pending.
    """
    backend = response.ec2_backend
    table = backend.route_tables[response._get_param("RouteTableId")]
    gateway = backend.internet_gateways.get(response._get_param("GatewayId"))
    if gateway and (gateway.vpc is None or gateway.vpc.id != table.vpc_id):
        message = f"route table {table.id} and network gateway {gateway.id} belong to different networks"
        raise overlay.Refusal("InvalidParameterValue", message)
    nat = backend.nat_gateways.get(response._get_param("NatGatewayId"))
    if nat and nat.state != "available":
        raise overlay.Refusal("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat.id}' does not exist")
    if nat and nat.vpc_id != table.vpc_id:
        message = f"route table {table.id} and network gateway {nat.id} belong to different networks"
        raise overlay.Refusal("InvalidParameterValue", message)


@overlay.wraps(EC2Response)
def create_route(original: Any, self: EC2Response) -> Any:
    """Refuse a destination that already has a route, even an identical one, and targets that are not usable."""
    _check_target(self)
    table, destination = self.ec2_backend.route_tables[self._get_param("RouteTableId")], _destination(self)
    if any(destination in (r.destination_cidr_block, r.destination_ipv6_cidr_block) for r in table.routes):
        raise overlay.Refusal("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    return original()


def _destination(response: EC2Response) -> str:
    return str(response._get_param("DestinationCidrBlock") or response._get_param("DestinationIpv6CidrBlock"))


@overlay.wraps(EC2Response)
def replace_route(original: Any, self: EC2Response) -> Any:
    """Refuse targets that are not usable."""
    _check_target(self)
    return original()


@overlay.wraps(EC2Response)
def delete_route(original: Any, self: EC2Response) -> Any:
    """Refuse to delete the VPC's local route."""
    table, destination = self.ec2_backend.route_tables[self._get_param("RouteTableId")], _destination(self)
    if any(route.local and destination == route.destination_cidr_block for route in table.routes):
        message = f"cannot remove local route {destination} in route table {table.id}"
        raise overlay.Refusal("InvalidParameterValue", message)
    return original()


def check_nat(response: EC2Response, backend: EC2Backend) -> None:
    """Refuse a NAT gateway with missing requirements, or above the quota."""
    if not response._get_param("SubnetId"):
        raise overlay.Refusal("MissingParameter", "The request must contain the parameter SubnetId")
    public = response._get_param("ConnectivityType") != "private"
    if public and not response._get_param("AllocationId"):
        message = (
            "The request must include the AllocationId parameter. Add the required parameter and retry the request."
        )
        raise overlay.Refusal("MissingParameter", message)
    zone = backend.get_subnet(response._get_param("SubnetId")).availability_zone
    counted = [nat for nat in backend.nat_gateways.values() if nat.state != "deleted"]
    if len([nat for nat in counted if backend.get_subnet(nat.subnet_id).availability_zone == zone]) >= NAT_QUOTA:
        raise overlay.Refusal("NatGatewayLimitExceeded", "The maximum number of NAT Gateways has been reached.")
