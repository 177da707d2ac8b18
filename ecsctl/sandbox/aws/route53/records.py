"""What AWS's route53 does that moto does not: changes all or none, compared to what is there, and slow to be true."""

import ipaddress
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.route53.models import (
    FakeZone,
    HostedZoneIdentifier,
    RecordSet,
    Route53Backend,
    reverse_domain_name,
    route53_backends,
)
from moto.route53.responses import Route53

from ecsctl.sandbox.aws.route53 import delegation
from ecsctl.sandbox.core import clock, overlay, script

IN_SYNC = 30.0  # Route 53 guide: "changes generally propagate … within 60 seconds"

_PLAIN = re.compile(r"[a-z0-9\-_.]")


@dataclass
class _Changes:
    """When each change was asked for, when each record came to be as it is, and how often to say "not yet"."""

    asked: dict[str, float] = field(default_factory=dict)
    since: dict[tuple[str, str, str], float] = field(default_factory=dict)
    busy: int = 0
    elsewhere: dict[tuple[str, str, str], float] = field(default_factory=dict)  # records of others' DNS, and since when


def _changes(account_id: str) -> _Changes:
    return overlay.memory(route53_backends[account_id]["aws"], _Changes)  # one for all partitions will do


@script.switch
def busy_zone(times: int = 1, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let the next `times` changes of records be refused with PriorRequestNotComplete."""
    _changes(account_id).busy = times


@script.switch
def set_elsewhere(name: str, value: str, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Set a CNAME at a DNS provider that is not Route 53: the world finds it from now on."""
    _changes(account_id).elsewhere[normal(name), "CNAME", normal(value)] = clock.now()


def zones_of(account_id: str) -> list[tuple[Route53Backend, FakeZone]]:
    """The hosted zones of all partitions, each with what holds it: an account is in one of them."""
    backends = [route53_backends[account_id][partition] for partition in list(route53_backends[account_id])]
    return [(backend, zone) for backend in backends for zone in backend.zones.values()]


def standing_since(account_id: str, name: str, kind: str, value: str) -> float | None:
    """Since when (sandbox time) the world finds a record of this name, type and value in a public zone; None if not."""
    if (elsewhere := _changes(account_id).elsewhere.get((normal(name), kind, normal(value)))) is not None:
        return elsewhere
    for backend, zone in zones_of(account_id):
        delegated = None if zone.private_zone else delegation.delegated_since(backend, zone)
        if delegated is None or delegation.led_elsewhere(zone, normal(name)):
            continue
        for record in zone.rrsets:
            same = (normal(value) == normal(each) for each in record.records)
            if record.name == normal(name) and record.type == kind and any(same):
                since = _changes(account_id).since.get((zone.resource_id, record.name, kind), 0.0)
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
    """Store the zone's own records in one shape, with names that end in a dot; one zone a caller reference."""
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
    """A zone's id begins with Z and has 21 characters at most, as each that AWS has ever shown."""
    return f"Z{original(*args, **kwargs)}"[:21]


@overlay.wraps(Route53Backend)
def delete_hosted_zone(original: Any, self: Route53Backend, id_: str) -> Any:
    """Refuse while it has records of the user's."""
    if any(record.type not in ("NS", "SOA") for record in self.get_hosted_zone(id_).rrsets):
        message = "The specified hosted zone contains non-required resource record sets  and so cannot be deleted."
        raise overlay.Refusal("HostedZoneNotEmpty", message)
    return original(id_)


@overlay.wraps(Route53)
def list_hosted_zones_by_name(original: Any, self: Route53) -> ActionResult:  # noqa: ARG001 - it filters
    """Sort zones by name from DNSName on: a sort, not a filter (API reference, ListHostedZonesByName)."""
    name, zone_id, most = self._get_param("DNSName"), self._get_param("HostedZoneId"), self._get_int_param("MaxItems")
    start = (reverse_domain_name(normal(name)), zone_id or "") if name else ("", "")
    keyed = sorted(((reverse_domain_name(z.name), z.resource_id), z) for z in self.backend.zones.values())
    found = [zone for key, zone in keyed if key >= start]
    page, rest = found[: most or 100], found[most or 100 :]
    result = {"DNSName": name, "HostedZones": page, "IsTruncated": bool(rest), "MaxItems": most or 100}
    if rest:
        result |= {"NextDNSName": rest[0].name, "NextHostedZoneId": rest[0].resource_id}
    return ActionResult(result)


@overlay.wraps(Route53Backend)
def list_resource_record_sets(
    original: Any, _self: Route53Backend, zone_id: str, start_type: str, start_name: str, max_items: int
) -> Any:
    """List from the first record at or after the start, however its name is spelled."""
    return original(zone_id, start_type, normal(start_name) if start_name else start_name, max_items)


@overlay.wraps(Route53)
def change_resource_record_sets(original: Any, self: Route53) -> ActionResult:
    """Apply all the changes or none; PENDING for a while."""
    changes = _changes(self.current_account)
    if changes.busy:
        changes.busy -= 1
        message = "The request was rejected because Route 53 was still processing a prior request."
        raise overlay.Refusal("PriorRequestNotComplete", message)
    original()
    ident = "C" + mock_random.get_random_string(length=20, include_digits=True).upper()
    changes.asked[ident] = clock.now()
    info = {"Id": f"/change/{ident}", "Status": "PENDING", "SubmittedAt": utcnow()}
    return ActionResult({"ChangeInfo": info})


@overlay.wraps(Route53)
def get_change(original: Any, self: Route53) -> ActionResult:  # noqa: ARG001 - it knows no change
    """PENDING until every name server has it."""
    ident = self._get_param("Id").replace("/change/", "")
    asked = _changes(self.current_account).asked.get(ident)
    if asked is None:
        raise overlay.Refusal("NoSuchChange", f"Could not find resource with ID: {ident}")
    status = "INSYNC" if clock.now() - asked >= IN_SYNC else "PENDING"
    return ActionResult({"ChangeInfo": {"Id": f"/change/{ident}", "Status": status, "SubmittedAt": utcnow()}})


@overlay.wraps(Route53Backend, "change_resource_record_sets")
def _change(original: Any, self: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:  # noqa: ARG001 - it compares nothing
    """Check the whole batch against the zone, then take it over. The messages are those of public bug reports."""
    zone = self.get_hosted_zone(zoneid)
    asked = [(change["Action"], _record(change)) for change in change_list]
    wrong = list(_unfit(zone, [record for _, record in asked]))
    standing = {_key(record): record for record in zone.rrsets}
    for action, record in asked if not wrong else []:
        wrong += _apply(standing, action, record)
    wrong += list(_contradictions(zone, standing, asked)) if not wrong else []
    if wrong:
        raise overlay.Refusal("InvalidChangeBatch", f"[{', '.join(wrong)}]")
    since, before = _changes(self.account_id).since, {_key(record): _content(record) for record in zone.rrsets}
    for key, record in standing.items():
        if before.get(key) != _content(record):
            since[zone.resource_id, record.name, str(record.type)] = clock.now()
    zone.rrsets = list(standing.values())


def _record(change: dict[str, Any]) -> RecordSet:
    given = change["ResourceRecordSet"]
    plain = ("TTL" in given) + bool(given.get("ResourceRecords"))
    if plain + bool(given.get("AliasTarget")) != (1 if given.get("AliasTarget") else 2):
        found = "more than one" if plain and given.get("AliasTarget") else "none"
        shown = f"[Action={change['Action']}, Name={given['Name']}, Type={given['Type']}"
        message = "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
        message += f"TrafficPolicyInstanceId], but found {found} in Change with {shown}, SetIdentifier=null]"
        raise overlay.Refusal("InvalidInput", message)
    values = [each["Value"] for each in given.get("ResourceRecords", [])]
    make: Any = RecordSet  # moto's classes have abstract methods that nobody calls
    record: RecordSet = make({**given, "Name": normal(given["Name"]), "ResourceRecords": values})
    if record.alias_target:
        record.alias_target = {**record.alias_target, "DNSName": normal(record.alias_target["DNSName"])}
    return record


def _key(record: RecordSet) -> tuple[str, str, str]:
    return record.name, str(record.type), record.set_identifier or ""


def _content(record: RecordSet) -> Any:
    alias = record.alias_target or {}
    target = (alias.get("HostedZoneId"), alias.get("DNSName"), str(alias.get("EvaluateTargetHealth")).lower())
    return str(record.ttl), sorted(record.records), target


def _unfit(zone: FakeZone, records: list[RecordSet]) -> Iterator[str]:
    """What is wrong with the records in themselves."""
    for key, same in itertools.groupby(sorted(_key(record) for record in records)):
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


def _apply(standing: dict[tuple[str, str, str], RecordSet], action: str, record: RecordSet) -> list[str]:
    """Make one change to `standing`, or return why not."""
    shown, existing = f"[name='{record.name}', type='{record.type}']", standing.get(_key(record))
    if action == "CREATE" and existing:
        return [f"Tried to create resource record set {shown} but it already exists"]
    if action == "DELETE":
        if not existing:
            return [f"Tried to delete resource record set {shown} but it was not found"]
        if _content(existing) != _content(record):
            shown += " but the values provided do not match the current values"
            return [f"Tried to delete resource record set {shown}"]
        del standing[_key(record)]
        return []
    standing[_key(record)] = record
    return []


def _contradictions(
    zone: FakeZone, standing: dict[tuple[str, str, str], RecordSet], asked: list[tuple[str, RecordSet]]
) -> Iterator[str]:
    """What cannot stand beside what, after all the changes."""
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
