"""The records of a domain name, and their owner: Route 53's records carry no tags, so a TXT record next to each
holds them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import quote, unquote
from weakref import WeakKeyDictionary

from ecsctl.engine.label import APP, ID, RESOURCE, Label
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from types_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.ids import HostedZoneId

S = TypeVar("S", bound=str)

PREFIX = "_ecsctl."  # before a record's name: the name of the TXT record with its tags
TYPE = "ecsctl:type"
PAGE = 100  # a page that starts at a name has its own records first, and its tags soon after, in all but unusual zones
MOST = 255  # Route 53 Developer Guide, "TXT record type": characters of one string in a value

_tagged: WeakKeyDictionary[Aws, dict[str, set[HostedZoneId]]] = WeakKeyDictionary()


def tagged_zones(aws: Aws) -> dict[str, set[HostedZoneId]]:
    """The zones in which this run has found or created each app's tags; none until it has searched all zones."""
    return _tagged.setdefault(aws, {})


def normal(name: S) -> S:
    """A name in normal form: lower case, without a dot at its end, and with `*` instead of Route 53's escape.

    A promise (a subclass of str) is returned unchanged.
    """
    if type(name) is not str:
        return name
    plain = re.sub(r"\\(\d{3})", lambda escape: chr(int(escape[1], 8)), name)
    return cast(S, plain.lower().removesuffix("."))


def tag_value(me: Label, kind: str) -> str:
    """The value of the TXT record that names the owner of a record of the type `kind`."""
    words = {APP: me.app, ID: me.id, RESOURCE: me.resource, TYPE: kind}
    text = " ".join(f"{key}={quote(value)}" for key, value in words.items())
    return " ".join(f'"{text[start : start + MOST]}"' for start in range(0, len(text), MOST))


def read(values: Sequence[str]) -> dict[str, str]:
    """The tags in a TXT record's values; empty unless these are exactly one such value."""
    text = "".join(re.findall(r'"([^"]*)"', values[0])) if len(values) == 1 else ""
    words = [word.split("=", 1) for word in text.split(" ") if word.startswith("ecsctl:") and "=" in word]
    return {key: unquote(value) for key, value in words}


def tags_in(record: ResourceRecordSetOutputTypeDef) -> dict[str, str]:
    """The tags in a TXT record, by key; empty if it has none."""
    return read([one["Value"] for one in record.get("ResourceRecords", [])]) if record["Type"] == "TXT" else {}


@dataclass(frozen=True)
class ExistingRecords:
    """The records at a name: the one of the requested type, or a conflicting one, and the TXT record with tags."""

    record: ResourceRecordSetOutputTypeDef | None
    text: ResourceRecordSetOutputTypeDef | None
    fits: bool  # the record is of the desired type, and no part of a routing policy

    @property
    def tags(self) -> dict[str, str]:
        """The tags in the TXT record, unless they cannot belong to this record."""
        return tags_in(self.text) if self.text is not None and (self.fits or self.record is None) else {}

    @property
    def described(self) -> str:
        """The record at the name, in words: "CNAME shop.example.com → old.example.com"."""
        record = self.record or self.text
        if record is None:
            return "nothing"
        leads = [record["AliasTarget"]["DNSName"]] if "AliasTarget" in record else []
        leads += [one["Value"] for one in record.get("ResourceRecords", [])]
        policy = f" (of the routing policy's part {record['SetIdentifier']})" if "SetIdentifier" in record else ""
        return f"{record['Type']} {normal(record['Name'])} → {', '.join(map(normal, leads))}{policy}"


def existing_records(aws: Aws, zone: str, name: str, kind: str) -> ExistingRecords:
    """The records at the name, where a record of type `kind` is desired."""
    records = _from(aws, zone, name)
    here = [one for one in records if normal(one["Name"]) == name]
    texts = _texts(records, PREFIX + name)
    if not texts and len(records) == PAGE:
        texts = _texts(_from(aws, zone, PREFIX + name), PREFIX + name)
    same = [one for one in here if one["Type"] == kind]
    # A CNAME allows no other record beside it: Route 53 Developer Guide, "CNAME record type".
    others = [one for one in here if "CNAME" in (kind, one["Type"])]
    record = next(iter([*same, *others]), None)
    fits = record is not None and record["Type"] == kind and "SetIdentifier" not in record
    return ExistingRecords(record, next(iter(texts), None), fits)


def _texts(records: Sequence[ResourceRecordSetOutputTypeDef], name: str) -> list[ResourceRecordSetOutputTypeDef]:
    return [one for one in records if one["Type"] == "TXT" and normal(one["Name"]) == name]


def _from(aws: Aws, zone: str, name: str) -> list[ResourceRecordSetOutputTypeDef]:
    """The first records at or after the name, followed by those of names below it; all of the zone's, if they have been
    read. Empty if the zone no longer exists.
    """
    asked = aws.route53.list_resource_record_sets
    if whole := aws.answered(asked, HostedZoneId=zone):
        return whole["ResourceRecordSets"]
    page = partial(aws.first_page, asked, HostedZoneId=zone, StartRecordName=name, MaxItems=str(PAGE))
    answer = none_if_gone(page)
    return answer["ResourceRecordSets"] if answer else []
