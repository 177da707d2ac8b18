"""Why a running app is not reachable: its certificate, its domain name, or that name's zone."""

from __future__ import annotations

from collections.abc import Callable

from ecsctl.resources.support.acm import covers
from ecsctl.resources.support.dns import normal
from ecsctl.why.causes.cause import Cause, Check
from ecsctl.why.causes.fixes import Fix, by_hand, change, up
from ecsctl.why.evidence import Evidence, Facts

REFUSED: dict[str, Callable[[str], tuple[str, Fix]]] = {
    "CAA_ERROR": lambda name: (
        "a CAA record of the domain lets no one of Amazon's issue it",
        by_hand(f'at {name} or the domain above it, add to the CAA record: 0 issue "amazon.com"', "ecsctl up"),
    ),
    "ADDITIONAL_VERIFICATION_REQUIRED": lambda name: (
        "AWS asks for more about the domain before it issues one, to prevent fraud",
        by_hand(f"open a case at AWS Support about the certificate of {name}", "ecsctl up"),
    ),
    "DOMAIN_NOT_ALLOWED": lambda name: (
        "the domain is reported as unsafe",
        by_hand(f"have {name} taken off the lists that VirusTotal shows for it", "ecsctl up"),
    ),
    "INVALID_PUBLIC_DOMAIN": lambda _: (
        "the name is in no public top-level domain",
        change("domain.name", "to one that is"),
    ),
}
"""Failure reasons that another request would meet again (ACM guide, "Certificate request fails")."""


def certificate(facts: Facts) -> Cause | None:
    """The certificate is not issued (ACM guide, "Troubleshoot certificate validation", "Certificate request fails")."""
    found = facts.certificate or {}
    status = found.get("Status", "ISSUED")
    if status == "ISSUED":
        return None
    name, why = found.get("DomainName", ""), found.get("FailureReason", "")
    observed = Evidence("certificate", f"{name}: {status}" + (f", {why}" if why else ""), found.get("CreatedAt"))
    if status == "PENDING_VALIDATION":
        if lost := _not_delegated(facts):
            return lost
        options = found.get("DomainValidationOptions", ())
        open_ones = [one for one in options if "ResourceRecord" in one and one.get("ValidationStatus") != "SUCCESS"]
        name = open_ones[0]["DomainName"].removeprefix("*.") if open_ones else name
        proofs = ", ".join(dict.fromkeys(one["ResourceRecord"]["Name"] for one in open_ones))
        proof = f"the CNAME {proofs}" if proofs else "its CNAME"
        sentence = (
            f"the certificate of {found.get('DomainName', '')} waits for its proof: {proof} is not visible in DNS"
        )
        record = open_ones[0]["ResourceRecord"] if open_ones else {}
        if record.get("Value") and not facts.delegation.get("ours"):  # its zone is not in the account
            set_it = by_hand(f"where the DNS of {name} is, set {record['Name']} CNAME {record['Value']}", "ecsctl up")
            return Cause("certificate-pending", sentence, (observed,), (set_it,))
        servers = f" ({', '.join(facts.delegation['ours'])})" if facts.delegation.get("ours") else ""
        fix = (by_hand(f"at the domain's registrar, or in the zone above, name the name servers of its hosted "
                        f"zone{servers}; "
                        f"`dig NS {name}` shows them once they count", "ecsctl up"),)  # fmt: skip
        return Cause("certificate-pending", sentence, (observed,), fix)
    if status == "VALIDATION_TIMED_OUT" and (lost := _not_delegated(facts)):
        return lost
    if why in REFUSED:
        said, way = REFUSED[why](name)
        return Cause("certificate-failed", f"the certificate of {name} is refused: {said} ({why})", (observed,), (way,))
    sentence = f"the certificate of {name} is {status.lower().replace('_', ' ')}" + (f": {why}" if why else "")
    if status == "VALIDATION_TIMED_OUT":
        sentence = f"the certificate of {name} was not proven within 72 hours: its CNAME was not visible in DNS"
    return Cause("certificate-failed", sentence, (observed,), (up("asks for a new one, whose CNAME must be in DNS"),))


def certificate_of_another(facts: Facts) -> Cause | None:
    """The load balancer's certificate does not cover the app's domain names."""
    served = facts.served or {}
    names = [served.get("DomainName", ""), *served.get("SubjectAlternativeNames", ())]
    bare = [domain for domain in _domains(facts) if not any(covers(one, domain) for one in names)]
    if not served or not bare:
        return None
    domain = ", ".join(bare)
    observed = Evidence(
        "certificate", f"{served.get('CertificateArn', '')} holds for {', '.join(sorted(set(filter(None, names))))}"
    )
    fix = (change("domain.certificate_arn", f"to a certificate of {domain}, or remove it: then ecsctl asks for one"),)
    return Cause("certificate-other", f"the load balancer's certificate does not hold for {domain}", (observed,), fix)


def name_taken(facts: Facts) -> Cause | None:
    """A CNAME exists at the app's name, and DNS allows no other record beside it (RFC 1034, 3.6.2)."""
    for one in facts.names:
        name = normal(one.get("Name", ""))
        if one.get("Type") == "CNAME" and name in _domains(facts):
            value = ", ".join(record["Value"] for record in one.get("ResourceRecords", ()))
            observed = Evidence("Route 53", f"{name} is a CNAME to {value}")
            sentence = (
                f"the name {name} is taken by a CNAME that is not ecsctl's, and no other record may stand beside one"
            )
            key = "domain.name" if name == normal(facts.domain) else "domain.names"
            fix = (by_hand(f"if it is no longer needed, delete the CNAME {name} in Route 53: "
                            "from then on the name leads nowhere until the app's own record is made", "ecsctl up"),
                    change(key, "to another name"))  # fmt: skip
            return Cause("name-taken", sentence, (observed,), fix)
    return None


def _not_delegated(facts: Facts) -> Cause | None:
    """The parent zone is in the account, and does not name the zone's name servers."""
    known = facts.delegation
    if "parent" not in known or _names(known["parent"]) == _names(known.get("ours", [])):
        return None
    zone, above = known["zone"][0], known["above"][0]
    name_servers = ", ".join(known["ours"])
    leads = f"leads to other name servers: {', '.join(known['parent'])}" if known["parent"] else "does not lead to it"
    sentence = f"resolvers do not find the zone {zone}: the zone {above} above it {leads}"
    observed = Evidence("Route 53", f"the name servers of {zone} are {name_servers}")
    fix = (by_hand(f"in the hosted zone {above}, set the NS record {zone} to {name_servers}", "ecsctl up"),)
    return Cause("zone-not-delegated", sentence, (observed,), fix)


def _names(servers: list[str]) -> set[str]:
    return {one.casefold().rstrip(".") for one in servers}


def _domains(facts: Facts) -> list[str]:
    """All domain names of the app."""
    return [normal(one) for one in (facts.domain, *facts.also) if one]


CHECKS: tuple[Check, ...] = (certificate, certificate_of_another, name_taken)
