"""The DNS record that validates a further name of a certificate: ACM returns it some seconds after the request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.ids import CertificateArn, ValidationName
from ecsctl.resources.support.acm import described, failure_of, of_certificates, proof_of
from ecsctl.resources.support.dns import normal

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class ValidationRecordIds:
    """The CNAME that proves ownership of a name; empty until ACM returns it."""

    name: ValidationName
    value: str


@dataclass(frozen=True, kw_only=True)
class ValidationRecord(Resource[ValidationRecordIds]):
    """Only read: the record that ACM expects in the zone of a certificate's further name.

    Creating it creates nothing, and there is nothing to delete: the record is another resource, and so is the
    certificate. It is the same in every certificate of the name (ACM User Guide, "DNS validation").
    """

    kind = "validation-record"
    title = "proof of ownership"
    done = "ready"
    within = ("certificate",)
    wait = True
    tagged = False
    usual_seconds = 15.0
    limit_seconds = 300.0  # as for the certificate's own
    console = "{console}/acm/home?region={region}#/certificates/list"

    certificate: Order[CertificateArn]
    domain: Fixed[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "domain", normal(self.domain))

    def summary(self) -> str:
        """Says which certificate it validates."""
        return f"which CNAME proves {self.domain} to ACM"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read it."""
        return of_certificates(scope, uses)

    def observe(self, aws: Aws, me: Label) -> Observed[ValidationRecord, ValidationRecordIds] | None:
        """Read by the certificate's ARN."""
        certificate = described(aws, self.certificate)
        if certificate is None:
            return None
        name, value = proof_of(certificate, self.domain)
        return Observed(
            ValidationRecordIds(name, value),
            self,
            ready=bool(name),
            failed=failure_of(certificate),
            note="" if name else "ACM has not published it yet",
        )

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[ValidationRecordIds]]:
        """None: it has nothing of its own on AWS."""
        yield from ()

    def create(self, aws: Aws, me: Label) -> ValidationRecordIds:
        """Changes nothing."""
        return ValidationRecordIds(ValidationName(""), "")
