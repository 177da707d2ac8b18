"""Whether a hosted zone is delegated to, and who may issue certificates for it: according to the account's zones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ecsctl.engine.label import APP
from ecsctl.errors import Unreachable
from ecsctl.resources.support.acm import requested
from ecsctl.resources.support.dns import PREFIX, normal, tags_in

if TYPE_CHECKING:
    from types_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label

REGISTRAR = "us-east-1"  # where Route 53's registrar is (AWS General Reference, "Route 53 endpoints")
# ACM User Guide, "(Optional) Configure a CAA record": any of these lets Amazon issue.
AMAZON = frozenset({"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"})
_ISSUE = re.compile(r'^\s*\d+\s+(issue|issuewild)\s+"?([^"]*)"?\s*$', re.IGNORECASE)


def has_worked_before(aws: Aws, zone: str, domain: str, me: Label) -> bool:
    """Whether it has worked before: the app's record exists in the zone, or ACM has issued for the domain."""
    tag_sets = (tags_in(record) for record in _records(aws, zone) if normal(record["Name"]) == PREFIX + domain)
    if any(tags.get(APP) == me.app for tags in tag_sets):
        return True
    issued = (one for one in requested(aws) if one.get("Status") == "ISSUED")
    return any(
        domain in map(normal, (one.get("DomainName", ""), *one.get("SubjectAlternativeNameSummaries", ())))
        for one in issued
    )


def unfit(aws: Aws, zone: str, domain: str, *, certificate: bool, partition: str = "aws") -> Iterator[tuple[str, str]]:
    """The reasons why the domain cannot be resolved, or a certificate cannot be issued; each with what to do.

    Only what the account's own zones show, and its registrar: a parent in another account is assumed to be right.
    """
    listed = aws.read(aws.route53.list_hosted_zones)["HostedZones"]
    public = {one["Id"].rsplit("/", 1)[-1]: normal(one["Name"]) for one in listed
              if not one.get("Config", {}).get("PrivateZone")}  # fmt: skip
    apex = public[zone]
    records = _records(aws, zone)
    yield from _undelegated(aws, zone, apex, records, public)
    if partition == "aws" and not any(apex.endswith(f".{name}") for name in public.values()):
        yield from _registered(aws, zone, apex, _values(records, apex, "NS"))
    for name in _up_to(domain, apex):
        if name != apex and (servers := _values(records, name, "NS")):
            yield (f"{name} is led away from {apex} ({zone}) to {', '.join(servers)} by an NS record in it",
                   "name the zone of those servers (domain.hosted_zone), or delete the NS record")  # fmt: skip
    if certificate:
        yield from _forbidden(aws, domain, public, zone)


def _undelegated(
    aws: Aws, zone: str, apex: str, records: Sequence[ResourceRecordSetOutputTypeDef], public: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Route 53 guide, "Routing traffic for subdomains": an NS record in the parent names the zone's servers."""
    nearest = max((name for name in public.values() if apex.endswith(f".{name}")), key=len, default="")
    parents = [one for one, name in public.items() if nearest and name == nearest]
    own, above = set(_values(records, apex, "NS")), set[str]()
    for parent in parents:
        in_parent = _records(aws, parent)
        between = [name for name in _up_to(apex, nearest) if name not in (apex, nearest)]
        if any(_values(in_parent, name, "NS") for name in between):  # through a zone that nothing is known about
            return
        above |= set(_values(in_parent, apex, "NS"))
    if parents and own and not own & above:
        says = f"names {', '.join(sorted(above))}" if above else "has no NS record for it"
        yield (f"{apex} ({zone}) is not delegated, so its records are not found and no certificate is issued: its "
               f"parent {nearest} ({parents[0]}) {says}",
               f"set the NS record {apex} in {parents[0]} to {', '.join(sorted(own))}")  # fmt: skip


def _registered(aws: Aws, zone: str, apex: str, own: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A domain that this account has registered, with the servers of another zone: each new zone has its own
    (aws-samples/amazon-cloudfront-secure-static-site#22). One that is registered elsewhere, or may not be read, is not
    refused.
    """
    place = aws.elsewhere(REGISTRAR)
    try:
        detail = place.read(place.route53domains.get_domain_detail, DomainName=apex)
    except (BotoCoreError, ClientError, Unreachable):
        return
    named = [normal(one["Name"]) for one in detail.get("Nameservers", ())]
    if named and own and not {*named} & {*own}:
        servers = " ".join(f"Name={one}" for one in own)
        yield (f"{apex} ({zone}) is not delegated, so its records are not found and no certificate is issued: the "
               f"domain is registered in this account with other name servers ({', '.join(sorted(named))})",
               f"aws route53domains update-domain-nameservers --region {REGISTRAR} --domain-name {apex} --nameservers "
               f"{servers}; or name the hosted zone that has those (domain.hosted_zone)")  # fmt: skip


def _forbidden(aws: Aws, domain: str, public: dict[str, str], zone: str) -> Iterator[tuple[str, str]]:
    """RFC 8659: the closest parent name that has CAA records decides; without any, everyone may issue.

    For a wildcard its `issuewild` records decide, if there are any.
    """
    for name in _upwards(domain.removeprefix("*.")):
        held = max((one for one in public.values() if name == one or name.endswith(f".{one}")), key=len, default="")
        places = [one for one, apex in public.items() if apex == held]
        for place in [zone] if zone in places else places:
            values = _values(_records(aws, place), name, "CAA")
            matched = [match for one in values if (match := _ISSUE.match(one))]
            wild = [one for one in matched if one[1].lower() == "issuewild"] if domain.startswith("*.") else []
            tag = "issuewild" if wild else "issue"
            issuers = [one[2].split(";")[0].strip().lower() for one in wild or matched if one[1].lower() == tag]
            if issuers and not AMAZON & set(issuers):
                only = ", ".join(filter(None, issuers)) or "no one"
                yield (f"the CAA records of {name} in {place} let only {only} issue certificates, not Amazon",
                       f'add 0 {tag} "amazon.com" to the CAA records of {name}, or give '
                       "domain.certificate_arn")  # fmt: skip
            if values:
                return


def _upwards(domain: str) -> Iterator[str]:
    """The domain and all names above it."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def _up_to(domain: str, apex: str) -> Iterator[str]:
    """The domain, and the names above it up to the zone's."""
    while domain == apex or domain.endswith(f".{apex}"):
        yield domain
        if domain == apex:
            return
        domain = domain.partition(".")[2]


def _values(records: Sequence[ResourceRecordSetOutputTypeDef], name: str, kind: str) -> list[str]:
    return [
        one["Value"] if kind == "CAA" else normal(one["Value"])
        for record in records
        if record["Type"] == kind and normal(record["Name"]) == name
        for one in record.get("ResourceRecords", [])
    ]


def _records(aws: Aws, zone: str) -> Sequence[ResourceRecordSetOutputTypeDef]:
    """All records of a zone; the search for our tags shares the same answer."""
    return aws.read(aws.route53.list_resource_record_sets, HostedZoneId=zone)["ResourceRecordSets"]
