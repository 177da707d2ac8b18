"""The parts of EC2's answers that moto leaves out, and CIDR blocks in the form that AWS stores."""

import ipaddress
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC

from ecsctl.sandbox.core import overlay

# Members that AWS returns and moto lacks: from the SDK's model and from answers recorded by go-to-k/cdk-real-drift
# (commit c00ed982). They cannot be changed in the sandbox.
_OPEN = {"InternetGatewayBlockMode": "off"}
_ALWAYS: dict[Any, dict[str, Any]] = {
    VPC: {"block_public_access_states": _OPEN},
    Subnet: {"block_public_access_states": _OPEN, "enable_dns64": False, "map_customer_owned_ip_on_launch": False},
    ElasticAddress: {"public_ipv4_pool": "amazon"},
    NatGateway: {"availability_mode": "zonal"},
}
for _kind, _members in _ALWAYS.items():
    for _name, _value in _members.items():
        setattr(_kind, _name, _value)
ElasticAddress.network_interface_id = property(lambda self: self.eni.id if self.eni else None)  # type: ignore[assignment,method-assign] # moto: ""
SecurityGroupRule.group_owner_id = property(lambda self: self.owner_id)  # type: ignore[attr-defined] # moto has none; AWS has
ElasticAddress.network_border_group = property(lambda self: self.ec2_backend.region_name)  # type: ignore[attr-defined] # moto has none; AWS has


def canonical(addresses: str) -> str:
    """A CIDR block without host bits (EC2 API reference, CreateVpc: 100.68.0.18/18 becomes 100.68.0.0/18)."""
    try:
        return str(ipaddress.ip_network(addresses, strict=False))
    except ValueError:
        return addresses  # moto refuses it


@overlay.wraps(EC2Backend, "create_vpc")
def _create_vpc(original: Any, _self: EC2Backend, cidr_block: str, *args: Any, **more: Any) -> Any:
    """Create a VPC with its CIDR block in the form that AWS stores."""
    return original(canonical(cidr_block), *args, **more)
