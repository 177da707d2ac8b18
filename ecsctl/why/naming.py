"""Reads the certificate and the hosted zones of the app's domain names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsctl.resources.support.dns import normal

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.why.evidence import Facts


def certificate(aws: Aws, facts: Facts) -> None:
    """Read the certificate of the app's domain name."""
    domain = facts.domain
    if not domain:
        return
    every = aws.read(
        aws.acm.list_certificates,
        CertificateStatuses=[
            "PENDING_VALIDATION",
            "ISSUED",
            "EXPIRED",
            "VALIDATION_TIMED_OUT",
            "REVOKED",
            "FAILED",
        ],
    )["CertificateSummaryList"]
    ours = [one["CertificateArn"] for one in every if one.get("DomainName") == domain]
    found = [aws.read(aws.acm.describe_certificate, CertificateArn=arn)["Certificate"] for arn in ours]
    wanted = {domain, *facts.also}  # a certificate for other names is an older one
    found.sort(key=lambda one: (not wanted <= {*one.get("SubjectAlternativeNames", ()), one["DomainName"]},
                                one["Status"] != "ISSUED"))  # fmt: skip
    facts.certificate = dict(found[0]) if found else None


def zones(aws: Aws, facts: Facts) -> None:
    """Read the records of the app's domain names, and which of their zones is not delegated correctly."""
    if not facts.domain:
        return
    listed = aws.read(aws.route53.list_hosted_zones)["HostedZones"]
    above_of: dict[str, list[Any]] = {}
    for name in (facts.domain, *facts.also):
        if above := _zones_above(listed, name):
            above_of[above[0]["Id"]] = above
            facts.names += _records(aws, above[0]["Id"], name)
    if (facts.certificate or {}).get("Status") != "PENDING_VALIDATION":
        return
    found = [_delegation(aws, *above) for above in above_of.values()]
    astray = (one for one in found if "parent" in one and {*one["parent"]} != {*one["ours"]})
    facts.delegation = next(astray, found[0] if found else {})


def _delegation(aws: Aws, zone: Any, *parents: Any) -> dict[str, list[str]]:
    """Return the name servers of a zone, and those in the NS record of its parent zone."""
    ours = [one for one in _records(aws, zone["Id"], zone["Name"]) if one["Type"] == "NS"]
    found = {"zone": [zone["Name"].rstrip(".")], "ours": _values(ours)}
    for parent in parents[:1]:
        leads = [one for one in _records(aws, parent["Id"], zone["Name"]) if one["Type"] == "NS"]
        found |= {"above": [parent["Name"].rstrip(".")], "parent": _values(leads)}
    return found


def _records(aws: Aws, zone: str, name: str) -> list[Any]:
    """Return the records of a name. Route 53 lists all records from that name on, in its own order."""
    zone = zone.removeprefix("/hostedzone/")  # as ListHostedZones returns it; with it, an id may be too long
    found = aws.route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName=name, MaxItems="20")
    return [dict(one) for one in found["ResourceRecordSets"] if normal(one["Name"]) == normal(name)]


def _zones_above(zones: list[Any], domain: str) -> list[Any]:
    """Return the public zones that contain a name, the most specific first."""
    public = [one for one in zones if not one.get("Config", {}).get("PrivateZone")]
    fits = [one for one in public if f".{normal(domain)}".endswith(f".{normal(one['Name'])}")]
    return sorted(fits, key=lambda one: -len(one["Name"]))


def _values(records: list[Any]) -> list[str]:
    return [normal(one["Value"]) for record in records for one in record.get("ResourceRecords", ())]
