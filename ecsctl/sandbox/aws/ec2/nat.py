"""NAT gateways take minutes to become available, may fail after a 200, and stay listed after they are deleted."""

from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.route_tables import Route
from moto.ec2.responses import EC2Response
from moto.ec2.utils import generic_filter
from moto.iam.models import iam_backends

from ecsctl.sandbox.aws.ec2.interfaces import attach_interface, drop_released
from ecsctl.sandbox.aws.ec2.time import not_found
from ecsctl.sandbox.core import clock, overlay, script

PENDING = 90.0  # public Terraform logs: 1 m 24 s to 2 m 01 s until available
FAILING = 20.0  # an assumption; AWS says only that a failed gateway was pending before
DELETING = 50.0  # an assumption; 40 s to 1 m in practice
LISTED = 3600.0  # VPC guide, "Delete a NAT gateway": remains visible for about an hour; a failed one as well
QUOTA = 5  # VPC guide, "Amazon VPC quotas": NAT gateways per Availability Zone; failed ones count until they go

_ASKED = ("SubnetId", "AllocationId", "ConnectivityType", "TagSpecifications")
_FILTERS = ("nat-gateway-id", "state", "subnet-id", "vpc-id", "tag-key", "tag:")


@dataclass
class _Life:
    """One gateway's dates in sandbox time, and the failure that awaits it, if any."""

    made: float
    failure: tuple[str, str] | None = None
    deleted: float | None = None


@dataclass
class _Nats:
    lives: dict[str, _Life] = field(default_factory=dict)
    tokens: dict[str, tuple[dict[str, Any], NatGateway]] = field(default_factory=dict)


@dataclass
class _Planned:
    failures: list[tuple[str, str]] = field(default_factory=list)


class _Blackhole(Route):
    """A route whose target no longer exists: it stays, as a blackhole."""

    state = "blackhole"


@script.switch
def fail_next_nat(
    code: str = "InternalError",
    message: str = "Network interface eni-0123456789abcdef0, created and used internally by this NAT gateway is in "
    "an invalid state. Please try again.",
    account_id: str = DEFAULT_ACCOUNT_ID,
) -> None:
    """Let the next NAT gateway of the account end as `failed`, after its create has answered 200.

    Codes and messages: VPC guide, "Troubleshoot NAT gateways", "NAT gateway creation fails". May be called repeatedly.
    """
    _planned(account_id).append((code, message))


def _planned(account_id: str) -> list[tuple[str, str]]:
    return overlay.memory(iam_backends[account_id]["aws"], _Planned).failures


def _nats(backend: EC2Backend) -> _Nats:
    return overlay.memory(backend, _Nats)


def tick(backend: EC2Backend) -> None:
    """Bring the region's gateways, their interfaces and the routes through them up to the clock."""
    drop_released(backend)
    for nat in list(backend.nat_gateways.values()):
        life = _nats(backend).lives[nat.id]
        since = clock.now() - (life.made if life.deleted is None else life.deleted)
        if life.deleted is not None:
            _move(nat, "deleting" if since < DELETING else "deleted")
        elif life.failure:
            _move(nat, "pending" if since < FAILING else "failed", life.failure)
        else:
            nat.state = "pending" if since < PENDING else "available"
        if nat.state in ("deleted", "failed") and since >= LISTED:
            del backend.nat_gateways[nat.id]
    for table in backend.route_tables.values():
        for route in table.routes:
            kind: Any = _Blackhole if _leads_nowhere(backend, route) else Route
            route.__class__ = kind  # Route.state is a property that always says "active"


def _move(nat: NatGateway, state: str, failure: tuple[str, str] = ("", "")) -> None:
    if nat.state == state:
        return
    nat.state = state
    if state in ("deleted", "failed"):
        backend = nat.ec2_backend
        for address in list(backend.addresses):
            if address.eni is nat._eni:
                backend.disassociate_address(address=address.public_ip)
        if nat._eni.id in backend.enis:
            nat._eni.delete()
    if state == "failed":
        nat.failure_code, nat.failure_message = failure  # type: ignore[attr-defined] # moto has neither; AWS has
        nat.delete_time = utcnow()  # type: ignore[attr-defined] # as above


def _leads_nowhere(backend: EC2Backend, route: Route) -> bool:
    if route.nat_gateway is not None:
        return route.nat_gateway.state in ("deleting", "deleted", "failed")
    gateway: Any = route.gateway
    if gateway is None or not gateway.id.startswith("igw-"):
        return False
    return gateway.id not in backend.internet_gateways or gateway.vpc is None


@overlay.wraps(EC2Response)
def call_action(original: Any, self: EC2Response) -> Any:
    """At each request, the state as of now."""
    tick(self.ec2_backend)
    return original()


@overlay.wraps(EC2Response)
def create_nat_gateway(original: Any, self: EC2Response) -> ActionResult:
    """Start a gateway: 200 and `pending`, even if it fails later; the same token always means the same gateway."""
    backend = self.ec2_backend
    token = self._get_param("ClientToken")
    asked = {name: self._get_param(name) for name in _ASKED}
    known = _nats(backend).tokens.get(token)
    if known:
        if known[0] != asked:
            message = "The client token you have provided is associated with a resource that has different parameters."
            raise overlay.Refusal("IdempotentParameterMismatch", message)
        return ActionResult({"NatGateway": known[1], "ClientToken": token})
    _check(self, backend)
    nat: NatGateway = _made(original, self)
    _nats(backend).lives[nat.id] = _Life(clock.now(), _will_fail(backend, nat, asked["AllocationId"]))
    _address(backend, nat, asked["AllocationId"])
    if token:
        _nats(backend).tokens[token] = (asked, nat)
    return ActionResult({"NatGateway": nat, "ClientToken": token})


def _check(response: EC2Response, backend: EC2Backend) -> None:
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
    if len([nat for nat in counted if backend.get_subnet(nat.subnet_id).availability_zone == zone]) >= QUOTA:
        raise overlay.Refusal("NatGatewayLimitExceeded", "The maximum number of NAT Gateways has been reached.")


def _made(original: Any, response: EC2Response) -> NatGateway:
    """moto's gateway, with an interface as AWS makes it and without the address, which may be in use already.

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


def _will_fail(backend: EC2Backend, nat: NatGateway, allocation: str | None) -> tuple[str, str] | None:
    """Why this gateway will end as failed. Words: VPC guide, "NAT gateway creation fails".

    An attached internet gateway is required: "Network vpc-xxxxxxxx has no Internet gateway attached". A
    missing route to it is no failure of the gateway on AWS.
    """
    if _planned(backend.account_id):
        return _planned(backend.account_id).pop(0)
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
    if _nats(backend).lives[nat.id].failure is None:
        address = backend.associate_address(eni=nat._eni, allocation_id=allocation)
        nat.address_set[0].update(publicIp=address.public_ip, associationId=address.association_id)


@overlay.wraps(EC2Response)
def describe_nat_gateways(original: Any, self: EC2Response) -> ActionResult:  # noqa: ARG001 - it ignores tag filters
    """List gateways, recently deleted ones too; by id, and by `Filter`, which boto3 spells in the singular."""
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

    That AWS takes the call again while it is `deleting`, and not once it is `deleted`, is an assumption.
    """
    backend = self.ec2_backend
    nat = backend.nat_gateways[self._get_param("NatGatewayId")]
    if nat.state == "deleted":
        raise not_found(nat.id)
    life = _nats(backend).lives[nat.id]
    if life.deleted is None:
        life.deleted = clock.now()
        nat.delete_time = utcnow()
        tick(backend)
    return ActionResult({"NatGatewayId": nat.id})
