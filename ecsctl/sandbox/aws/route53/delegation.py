"""Which hosted zones are delegated: a zone does not resolve unless its parent names its servers.

Route 53 guide, "Making Amazon Route 53 the DNS service for an existing domain" and "Routing traffic for subdomains":
a new zone has four name servers of its own, and has no effect until the registrar, or an NS record in the parent
zone, names them. The sandbox's own domain is delegated from the beginning.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.route53.models import FakeZone, Route53Backend, route53_backends

from ecsctl.sandbox.core import clock, overlay, script


@dataclass
class _Registrar:
    """When (sandbox time) the registrar was given each zone's servers, by zone id."""

    since: dict[str, float] = field(default_factory=dict)


def _registered(backend: Route53Backend) -> dict[str, float]:
    return overlay.memory(backend, _Registrar).since


@script.switch
def delegate_zone(zone: str, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Set the zone's servers, by zone id, at the domain's registrar: from now on it resolves."""
    register(route53_backends[account_id]["aws"], zone)


@script.switch
def undelegate_zone(zone: str, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Remove the zone's servers at the domain's registrar."""
    _registered(route53_backends[account_id]["aws"]).pop(zone.removeprefix("/hostedzone/"), None)


def register(backend: Route53Backend, zone: str) -> None:
    """Like `delegate_zone`, for a backend that is just being created."""
    _registered(backend)[zone.removeprefix("/hostedzone/")] = clock.now()


def name_servers(zone: FakeZone) -> list[str]:
    """A zone's four servers, in different top-level domains like Route 53's, and always the same for a zone."""
    digest = hashlib.sha256(f"{zone.name} {zone.caller_reference}".encode()).digest()
    hosts = (f"ns-{512 * place + digest[place]}.awsdns-{digest[place + 4] % 64:02}" for place in range(4))
    return [f"{host}.{domain}" for host, domain in zip(hosts, ("com", "net", "org", "co.uk"), strict=True)]


def delegated_since(backend: Route53Backend, zone: FakeZone) -> float | None:
    """When (sandbox time) a public zone was delegated; None if it is not.

    It is delegated by the registrar, or by an NS record in a delegated parent zone in the account.
    """
    if zone.resource_id in _registered(backend):
        return _registered(backend)[zone.resource_id]
    for parent in _above(backend, zone):
        above = delegated_since(backend, parent)
        if above is not None and _is_delegated(parent, zone):
            return above
    return None


def is_delegated_elsewhere(zone: FakeZone, name: str) -> bool:
    """Whether an NS record in the zone delegates the name to other servers."""
    below = (record.name for record in zone.rrsets if record.type == "NS" and record.name != zone.name)
    return any(name == each or name.endswith(f".{each}") for each in below)


def _above(backend: Route53Backend, zone: FakeZone) -> Iterator[FakeZone]:
    for other in backend.zones.values():
        if not other.private_zone and zone.name.endswith(f".{other.name}"):
            yield other


def _is_delegated(parent: FakeZone, zone: FakeZone) -> bool:
    """Whether the parent's NS record for the zone contains one of the zone's servers."""
    servers = set(zone.delegation_set.name_servers) if zone.delegation_set else set()
    named = {
        value.lower().removesuffix(".")
        for record in parent.rrsets
        if record.type == "NS" and record.name == zone.name
        for value in record.records
    }
    return bool(servers & named)
