"""Who may issue certificates for a name, by the CAA records in the account's public zones (RFC 8659)."""

import re

from moto.route53.models import route53_backends

_ISSUE = re.compile(r"\s*\d+\s+(issue|issuewild)\s+(.*)", re.IGNORECASE)


def denies_issuers(account_id: str, domain: str, issuers: frozenset[str]) -> bool:
    """Whether the nearest CAA records, at the name or above it, allow none of these issuers.

    For a wildcard, `issuewild` applies, or `issue` if there is none.
    """
    wildcard, name = domain.startswith("*."), domain.removeprefix("*.").rstrip(".").lower() + "."
    while name:
        values = [
            value
            for zone in route53_backends[account_id]["aws"].zones.values()
            for record in ([] if zone.private_zone else zone.rrsets)
            if record.type == "CAA" and record.name == name
            for value in record.records
        ]
        if values:
            tags = [(match[1].lower(), _issuer(match[2])) for one in values if (match := _ISSUE.match(one))]
            wild = [who for tag, who in tags if tag == "issuewild"] if wildcard else []
            may = wild or [who for tag, who in tags if tag == "issue"]
            return bool(may) and not issuers & set(may)
        name = name.partition(".")[2]
    return False


def _issuer(value: str) -> str:
    return value.strip().strip('"').split(";")[0].strip().lower()
