"""State of ACM's certificates: when each was requested and issued, idempotency tokens, and validation records."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.acm.responses import AWSCertificateManagerResponse

from ecsctl.sandbox.core import clock, overlay

TOKEN = 3600.0  # API reference, RequestCertificate: tokens time out after one hour


@dataclass
class CertificateState:
    """One certificate's dates in sandbox time."""

    requested: float
    algorithm: str = "RSA_2048"
    issued: float | None = None


@dataclass
class Certificates:
    """When and how each was requested, which one each token created, and which load balancers have stopped using it."""

    states: dict[str, CertificateState] = field(default_factory=dict)
    tokens: dict[tuple[Any, ...], tuple[str, float]] = field(default_factory=dict)
    released: dict[tuple[str, str], float] = field(default_factory=dict)


def memory(backend: AWSCertificateManagerBackend) -> Certificates:
    """The state of a region's certificates."""
    return overlay.memory(backend, Certificates)


def account_of(certificate: CertBundle) -> tuple[str, str]:
    """The account and the region of a certificate."""
    parts = certificate.arn.split(":")
    return parts[4], parts[3]


def domains(certificate: CertBundle) -> list[str]:
    """All domain names of a certificate, its main one first."""
    return list(dict.fromkeys([certificate.common_name, *sorted(certificate.sans)]))


def validation_record(account_id: str, domain: str) -> tuple[str, str]:
    """Name and value of the CNAME that validates `domain`: the same for all certificates for it in the account.

    A wildcard has its parent's record (ACM guide, "DNS validation").
    """
    name = domain.removeprefix("*.").rstrip(".").lower()
    digest = hashlib.sha256(f"{account_id} {name}".encode()).hexdigest()
    return f"_{digest[:32]}.{name}.", f"_{digest[32:64]}.{digest[:10]}.acm-validations.aws."


@overlay.wraps(AWSCertificateManagerResponse)
def request_certificate(original: Any, self: AWSCertificateManagerResponse) -> Any:
    """Remember the key algorithm of the request."""
    answer = original()
    algorithm = self._get_param("KeyAlgorithm")
    if algorithm:
        memory(self.acm_backend).states[answer.result["CertificateArn"]].algorithm = algorithm
    return answer


@overlay.wraps(AWSCertificateManagerBackend, "request_certificate")
def _request(
    original: Any, self: AWSCertificateManagerBackend, domain: str, token: str | None, sans: Any, *more: Any
) -> str:
    """Return the same certificate for the same token and names for an hour, even if it has been deleted.

    That the names matter as well, and that the token outlives the certificate, are assumptions: the API reference says
    only that one certificate is issued.
    """
    key = (token, domain, *sorted(sans or []))
    arn, when = memory(self).tokens.get(key, ("", float("-inf")))
    if token and clock.now() - when < TOKEN:
        return arn
    made: str = original(domain, None, sans, *more)
    memory(self).tokens[key] = (made, clock.now())
    memory(self).states[made] = CertificateState(clock.now())
    return made
