"""A record in one of the user's hosted zones."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from ecsctl.aws import partitions
from ecsctl.engine.label import APP, ID, Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import HostedZoneId, LoadBalancerDns, LoadBalancerZoneId, RecordName, ValidationName
from ecsctl.resources.support.acm import described, of_certificates, requested, tags_of
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.dns import (
    PREFIX,
    TYPE,
    ExistingRecords,
    existing_records,
    normal,
    tag_value,
    tagged_zones,
    tags_in,
)
from ecsctl.resources.support.policy_document import Condition, Statement
from ecsctl.resources.support.rights import anywhere

if TYPE_CHECKING:
    from types_boto3_route53.literals import ChangeActionType
    from types_boto3_route53.type_defs import ChangeTypeDef, ResourceRecordSetOutputTypeDef, ResourceRecordSetTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

MARK_TTL = 300  # seconds
VALIDATION = ".acm-validations.aws"  # ACM User Guide, "DNS validation"
BALANCER = re.compile(rf"\.([a-z0-9-]+)\.elb\.{partitions.SUFFIX}$")  # an Application Load Balancer's own name


@dataclass(frozen=True)
class DnsRecordIds:
    """Describes what names a record: its hosted zone, name and type."""

    zone: HostedZoneId
    name: RecordName
    type: str


@dataclass(frozen=True, kw_only=True)
class DnsRecord(Resource[DnsRecordIds]):
    """A record in one of the user's hosted zones: an alias of a load balancer (A), or a CNAME.

    A TXT record at `_ecsctl.` and the name, created and deleted in the same change, says that it is ours. A record
    without one is someone else's and refused, with one exception: a `shared` record that already exists and has the
    value we need is used unchanged and never deleted. ACM's validation records are of this kind: all certificates of a
    domain share one, in all regions, and need it to be renewed (ACM User Guide, "DNS validation").
    """

    kind = "dns-record"
    title = "DNS record"
    arns = "route53"
    within = ("name",)
    independent_of = ("alias_dns_name", "alias_zone")  # the record may outlive what it points to
    many_in_account = True
    tagged = False  # the TXT record has the owner, and no other tags
    console = "{console}/route53/v2/hostedzones?region={region}#ListRecordSets/{zone}"

    zone: Fixed[HostedZoneId]
    name: Fixed[str | ValidationName]
    type: Fixed[Literal["A", "CNAME"]]
    alias_dns_name: LoadBalancerDns | None
    alias_zone: LoadBalancerZoneId | None
    resource_record: str | None
    ttl: int | None  # seconds; an alias has none
    shared: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", self.zone.removeprefix("/hostedzone/"))
        object.__setattr__(self, "name", normal(self.name))
        object.__setattr__(self, "alias_dns_name", self.alias_dns_name and _balancer(self.alias_dns_name))
        object.__setattr__(self, "resource_record", self.resource_record and _values(self.resource_record))
        if self.type == "CNAME" and self.ttl is None:
            object.__setattr__(self, "ttl", 300)

    def summary(self) -> str:
        """Says where it leads."""
        if self.shared:
            return "the CNAME by which ACM validates the domain"
        return f"{self.type} {self.name} → {self.alias_dns_name or self.resource_record}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        zones = f"arn:{scope.partition}:route53:::hostedzone/"
        # Records carry no tags: ours are found by reading the zones.
        yield Statement("DnsRead", ("route53:ListResourceRecordSets",), (f"{zones}*",))
        yield anywhere("route53", "ListHostedZones")
        yield from of_certificates(scope, uses)
        if uses.zone:  # the domain's own records, and those that prove to Certificate Manager that it is ours
            key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
            names = (uses.domain, *uses.further)
            proofs = [f"_*.{name.removeprefix('*.')}" for name in names]
            # An asterisk in DNS is `\052` here (Route 53 guide, "Using IAM policy conditions for fine-grained access
            # control"); the "?" matches the backslash, however IAM treats one in a pattern.
            of_ours = (*(re.sub(r"^\*", "?052", name) for name in names), *dict.fromkeys(proofs))
            records = Condition("ForAllValues:StringLike", key, of_ours)
            yield Statement("Dns", ("route53:ChangeResourceRecordSets",), (f"{zones}{uses.zone}",), (records,))

    def observe(self, aws: Aws, me: Label) -> Observed[DnsRecord, DnsRecordIds] | None:
        """Read by its zone and name, with one call in most zones."""
        if not self.name:  # ACM has not returned it yet
            return None
        existing = existing_records(aws, self.zone, self.name, self.type)
        if existing.record is None and existing.text is None:
            return None
        actual, tags = self._actual(existing), existing.tags
        if self.shared and existing.fits and actual.resource_record == self.resource_record and not me.matches(tags):
            return Observed(self._ids(), actual, None, note="existed already: used, never deleted")
        if me.matches(tags):
            return Observed(self._ids(), actual, tags)
        note, hint = self._in_the_way(existing, me)
        return Observed(self._ids(), actual, tags, note=note, hint=hint)

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[DnsRecordIds]]:
        """Found by the tags in TXT records, in all public zones of the account: a call for each zone, and for each 300
        records.

        Route 53 allows an account five calls a second (Route 53 Developer Guide, "Quotas"), so a run reads all zones
        once, and afterwards only those in which tags were found or created.
        """
        known = tagged_zones(aws).get(me.app)
        yield from _tagged(aws, me, sorted(known) if known is not None else _public_zones(aws))

    @classmethod
    def find_recorded(
        cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]
    ) -> Iterator[Found[DnsRecordIds]] | None:
        """Found by the tags in the zones in which any record is recorded: a running app needs no others."""
        return _tagged(aws, me, sorted({HostedZoneId(ids["zone"]) for ids in recorded}))

    def create(self, aws: Aws, me: Label) -> DnsRecordIds:
        """Create it with its tags, both or none. AWS refuses CREATE if either exists: nothing is overwritten."""
        tagged_zones(aws).get(me.app, set()).add(self.zone)
        self._change(aws, [("CREATE", self._record()), ("CREATE", self._tag_record(me))])
        return self._ids()

    def update(self, aws: Aws, me: Label, ids: DnsRecordIds, changed: frozenset[str]) -> None:
        """Overwrite our own record; if it was deleted and its tags were not, it is created again."""
        with aws.uncached():
            gone = existing_records(aws, ids.zone, ids.name, self.type).record is None
        self._change(aws, [("CREATE" if gone else "UPSERT", self._record()), ("UPSERT", self._tag_record(me))])

    @classmethod
    def delete(cls, aws: Aws, ids: DnsRecordIds) -> None:
        """Delete it with the record of its tags, both exactly as they are. A record without the tags is left alone.

        A validation record stays, without our tags, while another deployment's certificate needs it. Certificates of
        other regions cannot be read from here.
        """
        with aws.uncached():
            existing = existing_records(aws, ids.zone, ids.name, ids.type)
        if existing.text is None:
            return
        changes: list[ChangeTypeDef] = [{"Action": "DELETE", "ResourceRecordSet": existing.text}]
        if existing.record is not None and existing.fits and not _is_needed_by_others(aws, ids.name, existing):
            changes.append({"Action": "DELETE", "ResourceRecordSet": existing.record})
        aws.route53.change_resource_record_sets(HostedZoneId=ids.zone, ChangeBatch={"Changes": changes})

    def _change(self, aws: Aws, changes: list[tuple[ChangeActionType, ResourceRecordSetTypeDef]]) -> None:
        batch: list[ChangeTypeDef] = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
        aws.route53.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch={"Changes": batch})

    def _record(self) -> ResourceRecordSetTypeDef:
        if self.alias_dns_name and self.alias_zone:
            return {
                "Name": self.name,
                "Type": self.type,
                "AliasTarget": {
                    "HostedZoneId": self.alias_zone,
                    "DNSName": self.alias_dns_name,
                    "EvaluateTargetHealth": False,  # there is only one load balancer to point to
                },
            }
        return {
            "Name": self.name,
            "Type": self.type,
            "TTL": self.ttl or 0,
            "ResourceRecords": [{"Value": self.resource_record or ""}],
        }

    def _tag_record(self, me: Label) -> ResourceRecordSetTypeDef:
        value = tag_value(me, self.type)
        return {"Name": PREFIX + self.name, "Type": "TXT", "TTL": MARK_TTL, "ResourceRecords": [{"Value": value}]}

    def _ids(self) -> DnsRecordIds:
        return DnsRecordIds(self.zone, RecordName(self.name), self.type)

    def _in_the_way(self, existing: ExistingRecords, me: Label) -> tuple[str, str]:
        """Returns what is in the record's place, and the way out: a record of another type can never become ours."""
        found = f"{existing.described} in the hosted zone {self.zone}"
        if existing.tags.get(APP) == me.app and existing.tags.get(ID) != me.id:
            region = _region(existing.record) if existing.record else ""
            if region not in ("", me.region):
                return found, (
                    f"{me.app} serves {self.name} from {region}: name another domain here ([domain] name), or, if it "
                    f"is to move, take it down there first: ecsctl down --name {me.app} --region {region}. To "
                    f'work there, set region = "{region}" in ecsctl.toml'
                )
        if existing.fits or existing.record is None:
            offer = f"a TXT record {PREFIX}{self.name} with the value {tag_value(me, self.type)}"
            return found, f"choose another name, or make it ours by {offer}"
        # Otherwise someone else's TXT record would be in the way next.
        foreign = existing.text is not None and not me.matches(tags_in(existing.text))
        both = f" and the TXT record {PREFIX}{self.name}" if foreign else ""
        return found, (
            f"no {self.type} record can exist beside it: once it is no longer needed, delete that "
            f"{existing.record['Type']} record{both} in Route 53, or choose another name; then run the same "
            f"command again"
        )

    def _actual(self, existing: ExistingRecords) -> DnsRecord:
        record = existing.record if existing.fits else None
        alias = record.get("AliasTarget") if record else None
        values = [one["Value"] for one in record.get("ResourceRecords", [])] if record else []
        return DnsRecord(
            zone=self.zone,
            name=self.name,
            type=self.type,
            alias_dns_name=LoadBalancerDns(alias["DNSName"]) if alias else None,
            alias_zone=LoadBalancerZoneId(alias["HostedZoneId"]) if alias else None,
            resource_record=", ".join(values) or None,
            ttl=record.get("TTL") if record else None,
        )


def _may_be_of_another_region(record: ResourceRecordSetOutputTypeDef, me: Label) -> bool:
    """Whether it points to another region's load balancer, or is one of ACM's, which are the same in all regions."""
    values = [normal(one["Value"]) for one in record.get("ResourceRecords", [])]
    return _region(record) not in ("", me.region) or any(value.endswith(VALIDATION) for value in values)


def _region(record: ResourceRecordSetOutputTypeDef) -> str:
    """The region of the load balancer that an alias points to, from the name that ELB gave it; empty if it is none."""
    leads = record.get("AliasTarget", {}).get("DNSName", "")
    found = BALANCER.search(normal(leads))
    return found[1] if found else ""


def _balancer(name: str) -> str:
    """A load balancer's name as ELB returns it: the console of Route 53 puts `dualstack.` before it."""
    return normal(name).removeprefix("dualstack.") if type(name) is str else name


def _values(value: str) -> str:
    """A record's values in a fixed order, since AWS returns them in another (recorded answers); promises are left as
    they are.
    """
    return ", ".join(sorted(normal(one) for one in value.split(", "))) if type(value) is str else value


def _tagged(aws: Aws, me: Label, zones: Iterable[HostedZoneId]) -> Iterator[Found[DnsRecordIds]]:
    """The app's records in these zones, by their tags; afterwards only zones that had any are searched."""
    zones_with_tags: set[HostedZoneId] = set()
    for zone_id in zones:
        # A recorded zone may have been deleted since, with everything in it.
        answer = none_if_gone(partial(aws.read, aws.route53.list_resource_record_sets, HostedZoneId=zone_id))
        records = answer["ResourceRecordSets"] if answer else []
        for record in records:
            name = normal(record["Name"])
            tags = tags_in(record) if name.startswith(PREFIX) else {}
            if tags.get(APP) == me.app:
                kind = tags.get(TYPE, "A")
                zones_with_tags.add(zone_id)
                ids = DnsRecordIds(zone_id, RecordName(name.removeprefix(PREFIX)), kind)
                beside = [one for one in records if one["Type"] == kind and normal(one["Name"]) == ids.name]
                yield Found(ids, tags, elsewhere=any(_may_be_of_another_region(one, me) for one in beside))
    tagged_zones(aws).setdefault(me.app, zones_with_tags)


def _public_zones(aws: Aws) -> Iterator[HostedZoneId]:
    for zone in aws.read(aws.route53.list_hosted_zones)["HostedZones"]:
        if not zone.get("Config", {}).get("PrivateZone"):
            yield HostedZoneId(zone["Id"].removeprefix("/hostedzone/"))


def _is_needed_by_others(aws: Aws, name: str, existing: ExistingRecords) -> bool:
    """Whether a certificate of another deployment is validated, and later renewed, by this CNAME."""
    if existing.record is None or existing.record["Type"] != "CNAME":
        return False
    domain = name.partition(".")[2]
    for certificate in requested(aws):
        if certificate.get("Status") not in ("PENDING_VALIDATION", "ISSUED"):
            continue
        names = certificate.get("SubjectAlternativeNameSummaries")  # the first hundred
        all_known = names is not None and not certificate.get("HasAdditionalSubjectAlternativeNames")
        if all_known and not {certificate.get("DomainName"), *(names or ())} & {domain, f"*.{domain}"}:
            continue
        theirs = tags_of(aws, certificate["CertificateArn"])
        if (theirs.get(APP), theirs.get(ID)) == (existing.tags.get(APP), existing.tags.get(ID)):
            continue
        details = described(aws, certificate["CertificateArn"])
        options = details.get("DomainValidationOptions", []) if details else []
        if any(normal(option.get("ResourceRecord", {}).get("Name", "")) == name for option in options):
            return True
    return False
