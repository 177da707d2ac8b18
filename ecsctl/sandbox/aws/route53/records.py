"""Changes of records, applied all or none after checks. The messages are those of public bug reports."""

from typing import Any

from moto.route53.models import RecordSet, Route53Backend

from ecsctl.sandbox.aws.route53.checks import contradictions, key_of, unfit
from ecsctl.sandbox.aws.route53.state import changes_of, normal
from ecsctl.sandbox.core import clock, overlay


@overlay.wraps(Route53Backend, "change_resource_record_sets")
def _change(original: Any, self: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:  # noqa: ARG001 - it compares nothing
    """Check the whole batch against the zone, then apply it. The messages are those of public bug reports."""
    zone = self.get_hosted_zone(zoneid)
    asked = [(change["Action"], _record(change)) for change in change_list]
    wrong = list(unfit(zone, [record for _, record in asked]))
    standing = {key_of(record): record for record in zone.rrsets}
    for action, record in asked if not wrong else []:
        wrong += _apply(standing, action, record)
    wrong += list(contradictions(zone, standing, asked)) if not wrong else []
    if wrong:
        raise overlay.Refusal("InvalidChangeBatch", f"[{', '.join(wrong)}]")
    since, before = changes_of(self.account_id).since, {key_of(record): _content(record) for record in zone.rrsets}
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


def _content(record: RecordSet) -> Any:
    alias = record.alias_target or {}
    target = (alias.get("HostedZoneId"), alias.get("DNSName"), str(alias.get("EvaluateTargetHealth")).lower())
    return str(record.ttl), sorted(record.records), target


def _apply(standing: dict[tuple[str, str, str], RecordSet], action: str, record: RecordSet) -> list[str]:
    """Make one change to `standing`, or return why not."""
    shown, existing = f"[name='{record.name}', type='{record.type}']", standing.get(key_of(record))
    if action == "CREATE" and existing:
        return [f"Tried to create resource record set {shown} but it already exists"]
    if action == "DELETE":
        if not existing:
            return [f"Tried to delete resource record set {shown} but it was not found"]
        if _content(existing) != _content(record):
            shown += " but the values provided do not match the current values"
            return [f"Tried to delete resource record set {shown}"]
        del standing[key_of(record)]
        return []
    standing[key_of(record)] = record
    return []
