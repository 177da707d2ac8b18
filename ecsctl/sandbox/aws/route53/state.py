"""State of Route 53: when each record got its value, and which records resolve."""

import re
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.route53.models import FakeZone, HostedZoneIdentifier, Route53Backend, route53_backends

from ecsctl.sandbox.aws.route53 import delegation
from ecsctl.sandbox.core import clock, overlay, script

_PLAIN = re.compile(r"[a-z0-9\-_.]")


@dataclass
class _Changes:
    """When each change was requested, when each record last changed, and how many changes to refuse."""

    asked: dict[str, float] = field(default_factory=dict)
    since: dict[tuple[str, str, str], float] = field(default_factory=dict)
    busy: int = 0
    elsewhere: dict[tuple[str, str, str], float] = field(default_factory=dict)  # at other DNS providers: since when


def changes_of(account_id: str) -> _Changes:
    """The state of an account's changes."""
    return overlay.memory(route53_backends[account_id]["aws"], _Changes)  # the same for all partitions


@script.switch
def set_elsewhere(name: str, value: str, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Set a CNAME at a DNS provider other than Route 53: from now on it resolves."""
    changes_of(account_id).elsewhere[normal(name), "CNAME", normal(value)] = clock.now()


@script.switch
def busy_zone(times: int = 1, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let the next `times` changes of records be refused with PriorRequestNotComplete."""
    changes_of(account_id).busy = times


def zones_of(account_id: str) -> list[tuple[Route53Backend, FakeZone]]:
    """The hosted zones of all partitions, each with its backend: an account belongs to one of them."""
    backends = [route53_backends[account_id][partition] for partition in list(route53_backends[account_id])]
    return [(backend, zone) for backend in backends for zone in backend.zones.values()]


def unchanged_since(account_id: str, name: str, kind: str, value: str) -> float | None:
    """Since when (sandbox time) a record with this name, type and value resolves publicly; None if it does not."""
    if (elsewhere := changes_of(account_id).elsewhere.get((normal(name), kind, normal(value)))) is not None:
        return elsewhere
    for backend, zone in zones_of(account_id):
        delegated = None if zone.private_zone else delegation.delegated_since(backend, zone)
        if delegated is None or delegation.is_delegated_elsewhere(zone, normal(name)):
            continue
        for record in zone.rrsets:
            same = (normal(value) == normal(each) for each in record.records)
            if record.name == normal(name) and record.type == kind and any(same):
                since = changes_of(account_id).since.get((zone.resource_id, record.name, kind), 0.0)
                return max(since, delegated)
    return None


def normal(name: str) -> str:
    r"""A name as Route 53 stores it: lower case, a dot at the end, other characters as `\052` (for `*`) and so on.

    Route 53 guide, "DNS domain name format".
    """
    name = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), name).lower().rstrip(".") + "."
    return "".join(char if _PLAIN.match(char) else f"\\{ord(char):03o}" for char in name)


@overlay.wraps(Route53Backend)
def create_hosted_zone(original: Any, self: Route53Backend, name: str, *args: Any, **kwargs: Any) -> FakeZone:
    """Create one zone per caller reference, and store its own records in the usual form: names end in a dot.

    Raises Refusal.
    """
    reference = kwargs.get("caller_reference")
    if reference and any(zone.caller_reference == reference for zone in self.zones.values()):
        message = "A hosted zone has already been created with the specified caller reference."
        raise overlay.Refusal("HostedZoneAlreadyExists", message)
    zone: FakeZone = original(normal(name), *args, **kwargs)
    servers = delegation.name_servers(zone)
    if zone.delegation_set is not None:
        zone.delegation_set.name_servers = servers
    for record in zone.rrsets:
        soa = f"{servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
        record.records = [f"{server}." for server in servers] if record.type == "NS" else [soa]
    return zone


@overlay.wraps(HostedZoneIdentifier)
def generate(original: Any, _self: HostedZoneIdentifier, *args: Any, **kwargs: Any) -> str:
    """A zone id as AWS's: it begins with Z and has 21 characters at most."""
    return f"Z{original(*args, **kwargs)}"[:21]
