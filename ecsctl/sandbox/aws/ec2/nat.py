"""NAT gateways take minutes to become available, may fail after a 200, and stay listed after they are deleted."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.responses import EC2Response
from moto.ec2.utils import generic_filter

from ecsctl.sandbox.aws.ec2.checks import check_nat
from ecsctl.sandbox.aws.ec2.interfaces import attach_interface
from ecsctl.sandbox.aws.ec2.state import NatState, nats, planned_nat_failures
from ecsctl.sandbox.aws.ec2.time import not_found, tick
from ecsctl.sandbox.core import clock, overlay

_ASKED = ("SubnetId", "AllocationId", "ConnectivityType", "TagSpecifications")
_FILTERS = ("nat-gateway-id", "state", "subnet-id", "vpc-id", "tag-key", "tag:")


@overlay.wraps(EC2Response)
def create_nat_gateway(original: Any, self: EC2Response) -> ActionResult:
    """Create a gateway: 200 and `pending`, even if it fails later; the same token returns the same gateway.

    Raises Refusal.
    """
    backend = self.ec2_backend
    token = self._get_param("ClientToken")
    asked = {name: self._get_param(name) for name in _ASKED}
    known = nats(backend).tokens.get(token)
    if known:
        if known[0] != asked:
            message = "The client token you have provided is associated with a resource that has different parameters."
            raise overlay.Refusal("IdempotentParameterMismatch", message)
        return ActionResult({"NatGateway": known[1], "ClientToken": token})
    check_nat(self, backend)
    nat: NatGateway = _made(original, self)
    nats(backend).nat_states[nat.id] = NatState(clock.now(), _failure(backend, nat, asked["AllocationId"]))
    _address(backend, nat, asked["AllocationId"])
    if token:
        nats(backend).tokens[token] = (asked, nat)
    return ActionResult({"NatGateway": nat, "ClientToken": token})


def _made(original: Any, response: EC2Response) -> NatGateway:
    """moto's gateway, with an interface as AWS creates it and without the address, which may be in use already.

    In a full subnet it has no interface.
    """
    params = response._get_params()
    allocation = params.pop("AllocationId", None)
    connectivity = params.setdefault("ConnectivityType", "public")
    try:
        nat: NatGateway = original().result["NatGateway"]
    finally:
        if allocation:
            params["AllocationId"] = allocation
    backend = nat.ec2_backend
    backend.enis.pop(nat._eni.id)
    nat.state, nat.connectivity_type = "pending", connectivity
    if backend.get_subnet(nat.subnet_id).available_ip_address_count < 1:
        return nat  # without an interface
    text = f"Interface for NAT Gateway {nat.id}"
    place = (backend.account_id, backend.region_name, nat.subnet_id)
    eni = attach_interface(*place, [], text, "amazon-aws", kind="nat_gateway")
    eni.source_dest_check = False
    nat._eni, nat.private_ip = eni, str(eni.private_ip_address)
    nat.address_set[:] = [{"networkInterfaceId": eni.id, "privateIp": eni.private_ip_address, "isPrimary": True}]
    return nat


def _failure(backend: EC2Backend, nat: NatGateway, allocation: str | None) -> tuple[str, str] | None:
    """Returns why this gateway will fail. Messages: VPC guide, "NAT gateway creation fails".

    An attached internet gateway is required: "Network vpc-xxxxxxxx has no Internet gateway attached". A
    missing route to it is no failure of the gateway on AWS.
    """
    if planned_nat_failures(backend.account_id):
        return planned_nat_failures(backend.account_id).pop(0)
    if nat._eni.id not in backend.enis:
        message = "Subnet has insufficient free addresses to create this NAT gateway"
        return "InsufficientFreeAddressesInSubnet", message
    if nat.connectivity_type == "private":
        return None
    if not any(one.vpc and one.vpc.id == nat.vpc_id for one in backend.internet_gateways.values()):
        return "Gateway.NotAttached", f"Network {nat.vpc_id} has no Internet gateway attached"
    if allocation and backend.address_by_allocation([allocation])[0].association_id:
        return "Resource.AlreadyAssociated", f"Elastic IP address {allocation} is already associated"
    return None


def _address(backend: EC2Backend, nat: NatGateway, allocation: str | None) -> None:
    if not allocation:
        return
    nat.address_set[0]["allocationId"] = allocation
    if nats(backend).nat_states[nat.id].failure is None:
        address = backend.associate_address(eni=nat._eni, allocation_id=allocation)
        nat.address_set[0].update(publicIp=address.public_ip, associationId=address.association_id)


@overlay.wraps(EC2Response)
def describe_nat_gateways(original: Any, self: EC2Response) -> ActionResult:  # noqa: ARG001 - it ignores tag filters
    """List gateways, including recently deleted ones, by id or by `Filter` (singular in boto3). Raises Refusal."""
    nats = list(self.ec2_backend.nat_gateways.values())
    filters: dict[str, Any] = self._filters_from_querystring()
    for name in filters:
        if not name.startswith(_FILTERS):
            raise overlay.Refusal("InvalidParameterValue", f"The filter '{name}' is invalid")
    ids = self._get_param("NatGatewayIds", []) or None
    ids = filters.pop("nat-gateway-id", ids) if ids is None else ids
    return ActionResult({"NatGateways": generic_filter(filters, [nat for nat in nats if ids is None or nat.id in ids])})


@overlay.wraps(EC2Response)
def delete_nat_gateway(original: Any, self: EC2Response) -> ActionResult:  # noqa: ARG001 - it deletes at once
    """Begin to delete a gateway.

    That AWS accepts the call again while it is `deleting`, but not once it is `deleted`, is an assumption.
    """
    backend = self.ec2_backend
    nat = backend.nat_gateways[self._get_param("NatGatewayId")]
    if nat.state == "deleted":
        raise not_found(nat.id)
    nat_state = nats(backend).nat_states[nat.id]
    if nat_state.deleted is None:
        nat_state.deleted = clock.now()
        nat.delete_time = utcnow()
        tick(backend)
    return ActionResult({"NatGatewayId": nat.id})
