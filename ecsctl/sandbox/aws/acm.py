"""What AWS's acm does that moto does not: issued once the CNAME stands in the zone, and deleted once nobody uses it."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from moto.acm.exceptions import CertificateNotFound
from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends
from moto.acm.responses import AWSCertificateManagerResponse
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws import route53
from ecsctl.sandbox.aws.route53 import caa
from ecsctl.sandbox.core import clock, overlay

# ACM guide, "DNS validation", and the wait of hashicorp/terraform-provider-aws, internal/service/acm: a fresh
# certificate is not found at first, and its records come later. The seconds are assumptions.
UNKNOWN = 1.0
RECORDS = 5.0
VALIDATION = 30.0  # after the record stands; 30 s to 5 min in practice
TIMEOUT = 72 * 3600.0  # ACM guide: "VALIDATION_TIMED_OUT" after 72 hours
TOKEN = 3600.0  # API reference, RequestCertificate: tokens time out after one hour
LETTING_GO = 60.0  # how long InUseBy names a load balancer that uses it no more; up to 20 min in practice
AMAZON = frozenset({"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"})  # ACM guide, CAA records
SUMMARIES = 100  # API reference, CertificateSummary: names that a listing shows
NAMES = 10  # ACM guide, "Quotas": domain names of a certificate, unless the quota is raised
LISTED = ["RSA_1024", "RSA_2048"]  # API reference, ListCertificates, Filters.keyTypes: the default


@dataclass
class _Life:
    """One certificate's dates in sandbox time."""

    requested: float
    algorithm: str = "RSA_2048"
    issued: float | None = None


@dataclass
class _Certificates:
    lives: dict[str, _Life] = field(default_factory=dict)
    tokens: dict[tuple[Any, ...], tuple[str, float]] = field(default_factory=dict)
    released: dict[tuple[str, str], float] = field(default_factory=dict)


def _memory(backend: AWSCertificateManagerBackend) -> _Certificates:
    return overlay.memory(backend, _Certificates)


def issued_since(account_id: str, region: str, arn: str) -> float | None:
    """Since when (sandbox time) the certificate is ISSUED, None while it is not. Raises KeyError if there is none."""
    backend = acm_backends[account_id][region]
    certificate = backend._certificates[arn]
    certificate.check()
    if certificate.status != "ISSUED":
        return None
    life = _memory(backend).lives.get(arn)
    return 0.0 if life is None or life.issued is None else life.issued


def let_go(account_id: str, region: str, arn: str, load_balancer_arn: str) -> None:
    """A load balancer uses the certificate no more; ACM will notice in a while."""
    _memory(acm_backends[account_id][region]).released[arn, load_balancer_arn] = clock.now()


def validation_record(account_id: str, domain: str) -> tuple[str, str]:
    """Name and value of the CNAME that validates `domain`: the same for each certificate of it in the account.

    A wildcard has its parent's record (ACM guide, "DNS validation").
    """
    name = domain.removeprefix("*.").rstrip(".").lower()
    digest = hashlib.sha256(f"{account_id} {name}".encode()).hexdigest()
    return f"_{digest[:32]}.{name}.", f"_{digest[32:64]}.{digest[:10]}.acm-validations.aws."


def _account(certificate: CertBundle) -> tuple[str, str]:
    parts = certificate.arn.split(":")
    return parts[4], parts[3]


def _domains(certificate: CertBundle) -> list[str]:
    return list(dict.fromkeys([certificate.common_name, *sorted(certificate.sans)]))


@overlay.wraps(AWSCertificateManagerResponse)
def request_certificate(original: Any, self: AWSCertificateManagerResponse) -> Any:
    """Note which key was asked for."""
    answer = original()
    algorithm = self._get_param("KeyAlgorithm")
    if algorithm:
        _memory(self.acm_backend).lives[answer.result["CertificateArn"]].algorithm = algorithm
    return answer


@overlay.wraps(AWSCertificateManagerBackend, "request_certificate")
def _request(
    original: Any, self: AWSCertificateManagerBackend, domain: str, token: str | None, sans: Any, *more: Any
) -> str:
    """Answer the same token and names with the same certificate for an hour, even a deleted one.

    That names count as well, and that the token outlives the certificate, are assumptions: the API reference says
    only that one certificate is made.
    """
    if len({domain, *(sans or [])}) > NAMES:
        message = f"Maximum number of domain names in a certificate request is {NAMES}."  # the wording is an assumption
        raise overlay.Refusal("LimitExceededException", message)
    key = (token, domain, *sorted(sans or []))
    arn, when = _memory(self).tokens.get(key, ("", float("-inf")))
    if token and clock.now() - when < TOKEN:
        return arn
    made: str = original(domain, None, sans, *more)
    _memory(self).tokens[key] = (made, clock.now())
    _memory(self).lives[made] = _Life(clock.now())
    return made


@overlay.wraps(CertBundle)
def check(original: Any, self: CertBundle) -> None:
    """ISSUED once every name's CNAME has stood long enough in a public zone of the account; never by a timer."""
    account_id, region = _account(self)
    life = _memory(acm_backends[account_id][region]).lives.get(self.arn)
    if life is None or self.type != "AMAZON_ISSUED":
        original()
        return
    if self.status != "PENDING_VALIDATION":
        return
    records = [validation_record(account_id, domain) for domain in _domains(self)]
    stands = [route53.standing_since(account_id, name, "CNAME", value) for name, value in records]
    since = [moment for moment in stands if moment is not None]
    due = max([life.requested + RECORDS, *since]) + VALIDATION
    if len(since) == len(records) and clock.now() >= due:
        forbidden = any(caa.forbids(account_id, domain, AMAZON) for domain in _domains(self))
        life.issued, self.status = (None, "FAILED") if forbidden else (due, "ISSUED")
    elif clock.now() - life.requested >= TIMEOUT:
        self.status = "VALIDATION_TIMED_OUT"


@overlay.wraps(AWSCertificateManagerBackend)
def describe_certificate(original: Any, self: AWSCertificateManagerBackend, arn: str) -> CertBundle:
    """Not found at first."""
    life = _memory(self).lives.get(arn)
    if life is not None and clock.now() - life.requested < UNKNOWN:
        raise CertificateNotFound(arn=arn, account_id=self.account_id)
    found: CertBundle = original(arn)
    return found


@overlay.wraps(CertBundle)
def describe(original: Any, self: CertBundle) -> dict[str, Any]:
    """Show the certificate as AWS does: its own records, in order and late; who uses it; what is not known yet."""
    answer: dict[str, Any] = original()
    inner = answer["Certificate"]
    account_id, region = _account(self)
    life = _memory(acm_backends[account_id][region]).lives.get(self.arn)
    inner["InUseBy"] = _used_by(account_id, region, self.arn)
    inner["SubjectAlternativeNames"] = _domains(self)
    inner["SubjectAlternativeNameSummaries"] = _domains(self)[
        :SUMMARIES
    ]  # only ListCertificates has it, and the next one
    inner["HasAdditionalSubjectAlternativeNames"] = len(_domains(self)) > SUMMARIES
    if life is None or "DomainValidationOptions" not in inner:
        return answer
    inner["KeyAlgorithm"] = life.algorithm
    inner["RenewalEligibility"] = "ELIGIBLE" if inner["InUseBy"] else "INELIGIBLE"
    inner["DomainValidationOptions"] = [_option(self, account_id, life, domain) for domain in _domains(self)]
    if self.status == "FAILED":
        inner["FailureReason"] = "CAA_ERROR"  # nothing else is refused here (ACM guide, "Troubleshoot CAA problems")
    if life.issued is None:
        for unknown in ("IssuedAt", "NotBefore", "NotAfter", "Serial", "Issuer"):
            inner.pop(unknown)
    else:
        inner["IssuedAt"] = life.issued
    return answer


def _option(certificate: CertBundle, account_id: str, life: _Life, domain: str) -> dict[str, Any]:
    states = {"ISSUED": "SUCCESS", "PENDING_VALIDATION": "PENDING_VALIDATION"}
    since = route53.standing_since(account_id, validation_record(account_id, domain)[0], "CNAME",
                                   validation_record(account_id, domain)[1])  # fmt: skip
    if since is not None and clock.now() >= max(life.requested + RECORDS, since) + VALIDATION:
        states["PENDING_VALIDATION"] = "SUCCESS"  # each name by itself; the certificate once all are
    option: dict[str, Any] = {
        "DomainName": domain,
        "ValidationDomain": domain,
        "ValidationStatus": states.get(certificate.status, "FAILED"),
        "ValidationMethod": "DNS",
    }
    if clock.now() - life.requested >= RECORDS:
        name, value = validation_record(account_id, domain)
        option["ResourceRecord"] = {"Name": name, "Type": "CNAME", "Value": value}
    return option


def _used_by(account_id: str, region: str, arn: str) -> list[str]:
    """The load balancers that use it, and those of which ACM has not noticed yet that they no longer do."""
    balancers = elbv2_backends[account_id][region].load_balancers.values()
    using = {b.arn for b in balancers for listener in b.listeners.values() if arn in listener.certificates}
    released = _memory(acm_backends[account_id][region]).released.items()
    return sorted(using | {lb for (of, lb), when in released if of == arn and clock.now() - when < LETTING_GO})


@overlay.wraps(AWSCertificateManagerBackend)
def list_certificates(original: Any, self: AWSCertificateManagerBackend, statuses: Any, includes: Any) -> list[Any]:  # noqa: ARG001 - a wrapper is called with it
    """Leave out keys that were not asked for: without a filter, all but RSA up to 2048 bits."""
    return list(original(statuses, {"keyTypes": LISTED, **(includes or {})}))


@overlay.wraps(AWSCertificateManagerBackend)
def delete_certificate(original: Any, self: AWSCertificateManagerBackend, arn: str) -> None:
    """Refuse while ACM believes that it is in use."""
    if arn in self._certificates and _used_by(self.account_id, self.region_name, arn):
        message = f"Certificate {arn} in account {self.account_id} is in use."
        raise overlay.Refusal("ResourceInUseException", message)
    original(arn)
