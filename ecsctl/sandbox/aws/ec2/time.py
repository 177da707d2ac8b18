"""EC2's eventual consistency: ids that do not exist, or were created only a moment ago, are not found."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.route_tables import Route
from moto.ec2.responses import EC2Response
from moto.iam.models import iam_backends

from ecsctl.sandbox.aws.ec2.interfaces import drop_released
from ecsctl.sandbox.aws.ec2.state import nats
from ecsctl.sandbox.core import clock, overlay, script

NAT_PENDING = 90.0  # public Terraform logs: 1 m 24 s to 2 m 01 s until available
NAT_FAILING = 20.0  # an assumption; AWS says only that a failed gateway was pending before
NAT_DELETING = 50.0  # an assumption; 40 s to 1 m in practice
NAT_LISTED = 3600.0  # VPC guide, "Delete a NAT gateway": remains visible for about an hour; a failed one as well

# EC2 API reference, "Eventual consistency in the Amazon EC2 API": a describe or a change right after a create may
# return NotFound. It gives no number; two seconds is an assumption.
LAG = 2.0

_ID = re.compile(r"^(vpc|subnet|igw|rtb|sg|nat|eipalloc|eni)-[0-9a-zA-Z]+$")
_NOT_IDS = {
    "Filter",
    "Filters",
    "TagSpecification",
    "TagSpecifications",
    "Tag",
    "Tags",
    "ClientToken",
    "Description",
    "GroupName",
}


@dataclass
class _Lag:
    seconds: float = LAG


@dataclass
class Creations:
    """When each id was created, in sandbox time."""

    at: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Kind:
    existing: Callable[[Any], Iterable[str]]
    code: str
    message: str


_KINDS = {
    "vpc": _Kind(lambda b: b.vpcs, "InvalidVpcID.NotFound", "The vpc ID '{}' does not exist"),
    "subnet": _Kind(
        lambda b: (s for zone in b.subnets.values() for s in zone),
        "InvalidSubnetID.NotFound",
        "The subnet ID '{}' does not exist",
    ),
    "igw": _Kind(
        lambda b: b.internet_gateways,
        "InvalidInternetGatewayID.NotFound",
        "The internetGateway ID '{}' does not exist",
    ),
    "rtb": _Kind(lambda b: b.route_tables, "InvalidRouteTableID.NotFound", "The routeTable ID '{}' does not exist"),
    "sg": _Kind(
        lambda b: (g for vpc in b.groups.values() for g in vpc),
        "InvalidGroup.NotFound",
        "The security group '{}' does not exist",
    ),
    "nat": _Kind(lambda b: b.nat_gateways, "NatGatewayNotFound", "The Nat Gateway {} was not found"),
    "eipalloc": _Kind(
        lambda b: (a.allocation_id for a in b.addresses),
        "InvalidAllocationID.NotFound",
        "The allocation ID '{}' does not exist",
    ),
    "eni": _Kind(lambda b: b.enis, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '{}' does not exist"),
}


@script.switch
def lag(seconds: float, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Hide new ids for `seconds` of sandbox time in this account, until a reset; with 0 they are visible at once."""
    lag_of(account_id).seconds = seconds


def lag_of(account_id: str) -> _Lag:
    """For how many seconds new ids are hidden in an account."""
    return overlay.memory(iam_backends[account_id]["aws"], _Lag)  # any backend that is the same in all regions


def _is_fresh(backend: EC2Backend, ident: str) -> bool:
    created = overlay.memory(backend, Creations).at.get(ident)
    return created is not None and clock.now() - created < lag_of(backend.account_id).seconds


def not_found(ident: str) -> overlay.Refusal:
    """EC2's NotFound error for this type of id."""
    kind = _KINDS[ident.split("-", maxsplit=1)[0]]
    return overlay.Refusal(kind.code, kind.message.format(ident))


def _named(value: Any) -> Iterator[str]:
    """All ids in a request's parameters that must exist."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NOT_IDS:
                yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)
    elif isinstance(value, str) and _ID.match(value):
        yield value


def _refusal(response: EC2Response) -> overlay.Refusal | None:
    backend = response.ec2_backend
    for ident in _named(response._get_params()):
        if ident not in set(_KINDS[ident.split("-")[0]].existing(backend)) or _is_fresh(backend, ident):
            if ident.startswith("nat-") and response._get_action() in ("CreateRoute", "ReplaceRoute"):
                return overlay.Refusal("InvalidNatGatewayID.NotFound", f"The natGateway ID '{ident}' does not exist")
            return not_found(ident)
    return None


@overlay.wraps(EC2Response)
def call_action(original: Any, self: EC2Response) -> Any:
    """Advance gateways to the clock, and return NotFound for ids that do not exist or are still hidden, in reads and
    changes alike.
    """
    tick(self.ec2_backend)
    refusal = _refusal(self)
    if refusal is None:
        return original()
    status, headers, body = self.serialized(ActionResult(refusal))
    headers, body = self._enrich_response({**headers, "status": str(status)}, body)
    return status, headers, body


@overlay.wraps(EC2Response)
def serialized(original: Any, self: EC2Response, answer: ActionResult) -> Any:
    """Record when ids are created, and remove those that are too new from every list."""
    result: Any = answer.result
    if isinstance(result, dict):
        if self._get_action().startswith("Describe"):
            result.update(_observed(self.ec2_backend, result))
        else:
            _note_creations(self.ec2_backend, result)
    return original(answer)


def _observed(backend: EC2Backend, result: dict[str, Any]) -> dict[str, Any]:
    lists = {key: value for key, value in result.items() if isinstance(value, list)}
    return {key: [item for item in items if not _is_fresh(backend, _about(item))] for key, items in lists.items()}


def _about(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("resource_id", ""))
    ident = str(getattr(item, "id", ""))
    return str(item.group_id) if ident.startswith("sgr-") else ident


def _note_creations(backend: EC2Backend, result: dict[str, Any]) -> None:
    creations = overlay.memory(backend, Creations).at
    for value in result.values():
        ident = value if isinstance(value, str) else getattr(value, "id", None)
        if isinstance(ident, str) and _ID.match(ident):
            creations.setdefault(ident, clock.now())


class _Blackhole(Route):
    """A route whose target no longer exists: it stays, as a blackhole."""

    state = "blackhole"


def tick(backend: EC2Backend) -> None:
    """Advance the region's gateways, their interfaces and the routes through them to the clock."""
    drop_released(backend)
    for nat in list(backend.nat_gateways.values()):
        nat_state = nats(backend).nat_states[nat.id]
        since = clock.now() - (nat_state.made if nat_state.deleted is None else nat_state.deleted)
        if nat_state.deleted is not None:
            _move(nat, "deleting" if since < NAT_DELETING else "deleted")
        elif nat_state.failure:
            _move(nat, "pending" if since < NAT_FAILING else "failed", nat_state.failure)
        else:
            nat.state = "pending" if since < NAT_PENDING else "available"
        if nat.state in ("deleted", "failed") and since >= NAT_LISTED:
            del backend.nat_gateways[nat.id]
    for table in backend.route_tables.values():
        for route in table.routes:
            kind: Any = _Blackhole if _is_blackhole(backend, route) else Route
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


def _is_blackhole(backend: EC2Backend, route: Route) -> bool:
    if route.nat_gateway is not None:
        return route.nat_gateway.state in ("deleting", "deleted", "failed")
    gateway: Any = route.gateway
    if gateway is None or not gateway.id.startswith("igw-"):
        return False
    return gateway.id not in backend.internet_gateways or gateway.vpc is None
