"""What Route 53 refuses: invalid and conflicting records, deleting zones that are not empty, and changes too soon."""

import ipaddress
import itertools
from collections.abc import Iterator
from typing import Any

from moto.route53.models import FakeZone, RecordSet, Route53Backend
from moto.route53.responses import Route53

from ecsctl.sandbox.aws.route53.state import changes_of
from ecsctl.sandbox.core import overlay


@overlay.wraps(Route53, "change_resource_record_sets")
def not_busy(original: Any, self: Route53) -> Any:
    """Refuse as many changes as `busy_zone` has set."""
    changes = changes_of(self.current_account)
    if changes.busy:
        changes.busy -= 1
        message = "The request was rejected because Route 53 was still processing a prior request."
        raise overlay.Refusal("PriorRequestNotComplete", message)
    return original()


@overlay.wraps(Route53Backend)
def delete_hosted_zone(original: Any, self: Route53Backend, id_: str) -> Any:
    """Refuse while it has records besides its own NS and SOA."""
    if any(record.type not in ("NS", "SOA") for record in self.get_hosted_zone(id_).rrsets):
        message = "The specified hosted zone contains non-required resource record sets  and so cannot be deleted."
        raise overlay.Refusal("HostedZoneNotEmpty", message)
    return original(id_)


def key_of(record: RecordSet) -> tuple[str, str, str]:
    """The key that identifies a record set."""
    return record.name, str(record.type), record.set_identifier or ""


def unfit(zone: FakeZone, records: list[RecordSet]) -> Iterator[str]:
    """Returns the errors in each record by itself."""
    for key, same in itertools.groupby(sorted(key_of(record) for record in records)):
        if len(list(same)) > 1:
            message = f"{key[1]} {key[0]}"
            yield f"The request contains an invalid set of changes for a resource record set '{message}'"
    for record in records:
        if record.name != zone.name and not record.name.endswith(f".{zone.name}"):
            yield f"RRSet with DNS name {record.name} is not permitted in zone {zone.name}"
        for value in sorted({value for value in record.records if record.records.count(value) > 1}):
            yield f"Duplicate Resource Record: '{value}'"
        for value in record.records if record.type == "A" else []:
            if not _is_address(value):
                message = "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with"
                yield f"Invalid Resource Record: 'FATAL problem: {message} '{value}''"
        target, balancers = record.alias_target or {}, ".elb.amazonaws.com."
        if target.get("DNSName", "").endswith(balancers) and target["HostedZoneId"] == zone.resource_id:
            yield (
                f"Tried to create an alias that targets {target['DNSName']}, type {record.type} in zone "
                f"{zone.resource_id}, but the alias target name does not lie within the target zone"
            )


def _is_address(value: str) -> bool:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True


def contradictions(
    zone: FakeZone, standing: dict[tuple[str, str, str], RecordSet], asked: list[tuple[str, RecordSet]]
) -> Iterator[str]:
    """Returns the conflicts among the records, after all changes."""
    if (zone.name, "NS", "") not in standing:
        yield "A HostedZone must contain at least one NS record for the zone itself."
    if (zone.name, "SOA", "") not in standing:
        yield "A HostedZone must contain exactly one SOA record."
    for record in [record for action, record in asked if action != "DELETE"]:
        here = f"RRSet of type {record.type} with DNS name {record.name} is not permitted"
        others = {kind for name, kind, _ in standing if name == record.name} - {record.type}
        if record.type == "CNAME" and record.name == zone.name:
            yield f"{here} at apex in zone {zone.name}"
        elif record.type == "CNAME" and others:
            yield f"{here} as it conflicts with other records with the same DNS name in zone {zone.name}"
        elif "CNAME" in others:
            yield (
                f"{here} because a conflicting RRSet of type CNAME with the same DNS name already exists in zone "
                f"{zone.name}"
            )
