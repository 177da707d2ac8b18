"""What several kinds ask of ACM: every certificate of the region, and whose each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl.engine.label import flat
from ecsctl.resources.common import there

if TYPE_CHECKING:
    from types_boto3_acm.literals import KeyAlgorithmType
    from types_boto3_acm.type_defs import CertificateDetailTypeDef, CertificateSummaryTypeDef

    from ecsctl.aws import Aws

# ACM API reference, ListCertificates: without them only those with RSA keys of 1024 and 2048 bits are listed.
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


def requested(aws: Aws) -> list[CertificateSummaryTypeDef]:
    """Every certificate of the region that was requested from ACM, not imported or of a private authority."""
    everything = aws.look(aws.acm.list_certificates, Includes={"keyTypes": KEY_TYPES})["CertificateSummaryList"]
    return [one for one in everything if one.get("Type", "AMAZON_ISSUED") == "AMAZON_ISSUED"]


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    """The certificate's tags; none if it has vanished."""
    answer = there(lambda: aws.look(aws.acm.list_tags_for_certificate, CertificateArn=arn))
    return flat(answer["Tags"]) if answer else {}


def described(aws: Aws, arn: str) -> CertificateDetailTypeDef | None:
    """The certificate; None while ACM does not know it, which for a new one takes a moment."""
    answer = there(lambda: aws.look(aws.acm.describe_certificate, CertificateArn=arn))
    return answer["Certificate"] if answer else None


def died_of(certificate: CertificateDetailTypeDef) -> str:
    """Why it will never be of use (again), in a sentence; empty while there is hope."""
    status = certificate.get("Status", "")
    reason = certificate.get("FailureReason", "")
    return f"{DEAD[status]}{f' ({reason})' if reason else ''}" if status in DEAD else ""
