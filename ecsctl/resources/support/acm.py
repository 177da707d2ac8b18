"""What several resource types read from ACM: every certificate in the region, and its owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecsctl.engine.label import flat
from ecsctl.ids import ValidationName
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.dns import normal
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of

if TYPE_CHECKING:
    from types_boto3_acm.literals import KeyAlgorithmType
    from types_boto3_acm.type_defs import CertificateDetailTypeDef, CertificateSummaryTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

# ACM API reference, ListCertificates: by default only those with RSA keys of 1024 and 2048 bits are listed.
KEY_TYPES: tuple[KeyAlgorithmType, ...] = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)
DEAD = {
    "FAILED": "ACM refused to issue it",
    "VALIDATION_TIMED_OUT": "ACM did not find its validation record within 72 hours",
    "EXPIRED": "it has expired",
    "REVOKED": "it was revoked",
    "INACTIVE": "it is inactive",
}


def of_certificates(scope: Scope, uses: Uses) -> Iterator[Statement]:
    """The permissions to read certificates: all of them are listed, and for most only the tags are read."""
    described = " DescribeCertificate" if uses.certificate else ""
    certificates = (scope.arn("acm", "certificate/*"),)
    yield anywhere("acm", "ListCertificates")
    yield Statement("CertificateRead", of("acm", f"ListTagsForCertificate{described}"), certificates)


def requested(aws: Aws) -> list[CertificateSummaryTypeDef]:
    """Every certificate in the region that was requested from ACM, neither imported nor from a private authority."""
    everything = aws.read(aws.acm.list_certificates, Includes={"keyTypes": KEY_TYPES})["CertificateSummaryList"]
    return [one for one in everything if one.get("Type", "AMAZON_ISSUED") == "AMAZON_ISSUED"]


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    """The certificate's tags, by key; none if it was deleted meanwhile."""
    answer = none_if_gone(lambda: aws.read(aws.acm.list_tags_for_certificate, CertificateArn=arn))
    return flat(answer["Tags"]) if answer else {}


def described(aws: Aws, arn: str) -> CertificateDetailTypeDef | None:
    """The certificate; None while ACM does not know it, which for a new one takes a moment."""
    answer = none_if_gone(lambda: aws.read(aws.acm.describe_certificate, CertificateArn=arn))
    return answer["Certificate"] if answer else None


def failure_of(certificate: CertificateDetailTypeDef) -> str:
    """Returns why it will never be usable (again), in a sentence; empty as long as it may be."""
    status = certificate.get("Status", "")
    reason = certificate.get("FailureReason", "")
    return f"{DEAD[status]}{f' ({reason})' if reason else ''}" if status in DEAD else ""


def proof_of(certificate: CertificateDetailTypeDef, domain: str) -> tuple[ValidationName, str]:
    """Name and value of the record that validates a domain and its wildcard; empty until ACM returns them.

    A name and its wildcard share one (ACM User Guide, "DNS validation").
    """
    for option in certificate.get("DomainValidationOptions", []):
        if normal(option["DomainName"]).removeprefix("*.") == domain.removeprefix("*.") and "ResourceRecord" in option:
            record = option["ResourceRecord"]
            return ValidationName(normal(record["Name"])), normal(record["Value"])
    return ValidationName(""), ""


FIXES = {  # ACM User Guide, "Troubleshoot certificate requests", by the reason of the failure
    "CAA_ERROR": 'add 0 issue "amazon.com" to the CAA records of the domain, or of the name above it that has some',
    "ADDITIONAL_VERIFICATION_REQUIRED": "ask AWS Support to verify the domain (a case about ACM)",
    "DOMAIN_NOT_ALLOWED": "ask AWS Support about the domain: it is on a list of unsafe ones",
    "INVALID_PUBLIC_DOMAIN": "fix domain.name: no certificate authority knows its top-level domain",
    "DOMAIN_VALIDATION_DENIED": "ask AWS Support about the domain",
}


def fix_for(certificate: CertificateDetailTypeDef) -> str:
    """Returns what a person can do about a certificate that ACM refused; empty if that is not final, or nothing is
    known.
    """
    cure = FIXES.get(certificate.get("FailureReason", "")) if certificate.get("Status") == "FAILED" else None
    return f"{cure}; then run the same command again, or give domain.certificate_arn" if cure else ""


def covers(name: str, domain: str) -> bool:
    """Whether a certificate's name matches a domain: `*` stands for exactly one label (RFC 6125, 6.4.3)."""
    name, domain = name.casefold().rstrip("."), domain.casefold().rstrip(".")
    return name == domain or (name.startswith("*.") and name[2:] == domain.partition(".")[2])
