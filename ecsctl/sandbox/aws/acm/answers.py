"""What ACM returns about a certificate, and which certificates it lists."""

from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends

from ecsctl.sandbox.aws import route53
from ecsctl.sandbox.aws.acm.state import CertificateState, account_of, domains, memory, validation_record
from ecsctl.sandbox.aws.acm.time import RECORDS, VALIDATION, used_by
from ecsctl.sandbox.core import clock, overlay

SUMMARIES = 100  # API reference, CertificateSummary: names that a listing shows
LISTED = ["RSA_1024", "RSA_2048"]  # API reference, ListCertificates, Filters.keyTypes: the default


@overlay.wraps(CertBundle)
def describe(original: Any, self: CertBundle) -> dict[str, Any]:
    """Describe a certificate as AWS does: its validation records, in order and late, and the resources that use it."""
    answer: dict[str, Any] = original()
    inner = answer["Certificate"]
    account_id, region = account_of(self)
    state = memory(acm_backends[account_id][region]).states.get(self.arn)
    inner["InUseBy"] = used_by(account_id, region, self.arn)
    inner["SubjectAlternativeNames"] = domains(self)
    inner["SubjectAlternativeNameSummaries"] = domains(self)[
        :SUMMARIES
    ]  # ListCertificates alone returns this and the next one
    inner["HasAdditionalSubjectAlternativeNames"] = len(domains(self)) > SUMMARIES
    if state is None or "DomainValidationOptions" not in inner:
        return answer
    inner["KeyAlgorithm"] = state.algorithm
    inner["RenewalEligibility"] = "ELIGIBLE" if inner["InUseBy"] else "INELIGIBLE"
    inner["DomainValidationOptions"] = [_option(self, account_id, state, domain) for domain in domains(self)]
    if self.status == "FAILED":
        inner["FailureReason"] = "CAA_ERROR"  # the only simulated failure (ACM guide, "Troubleshoot CAA problems")
    if state.issued is None:
        for unknown in ("IssuedAt", "NotBefore", "NotAfter", "Serial", "Issuer"):
            inner.pop(unknown)
    else:
        inner["IssuedAt"] = state.issued
    return answer


def _option(certificate: CertBundle, account_id: str, state: CertificateState, domain: str) -> dict[str, Any]:
    states = {"ISSUED": "SUCCESS", "PENDING_VALIDATION": "PENDING_VALIDATION"}
    since = route53.unchanged_since(account_id, validation_record(account_id, domain)[0], "CNAME",
                                   validation_record(account_id, domain)[1])  # fmt: skip
    if since is not None and clock.now() >= max(state.requested + RECORDS, since) + VALIDATION:
        states["PENDING_VALIDATION"] = "SUCCESS"  # each name by itself; the certificate once all are
    option: dict[str, Any] = {
        "DomainName": domain,
        "ValidationDomain": domain,
        "ValidationStatus": states.get(certificate.status, "FAILED"),
        "ValidationMethod": "DNS",
    }
    if clock.now() - state.requested >= RECORDS:
        name, value = validation_record(account_id, domain)
        option["ResourceRecord"] = {"Name": name, "Type": "CNAME", "Value": value}
    return option


@overlay.wraps(AWSCertificateManagerBackend)
def list_certificates(original: Any, self: AWSCertificateManagerBackend, statuses: Any, includes: Any) -> list[Any]:  # noqa: ARG001 - a wrapper is called with it
    """Leave out certificates whose key type was not asked for: without a filter, all but RSA up to 2048 bits."""
    return list(original(statuses, {"keyTypes": LISTED, **(includes or {})}))
