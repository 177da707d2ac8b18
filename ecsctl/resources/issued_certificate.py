"""A certificate that a listener can use: the requested one from a certain moment on, or one that the user brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Order, Resource, Seen
from ecsctl.ids import CertificateArn, IssuedCertificateArn, RecordName
from ecsctl.resources.acm import described, died_of

if TYPE_CHECKING:
    from types_boto3_acm.type_defs import CertificateDetailTypeDef

    from ecsctl.aws import Aws


@dataclass(frozen=True)
class IssuedCertificateIds:
    """The ARN of a certificate that a listener may be given."""

    arn: IssuedCertificateArn


@dataclass(frozen=True)
class IssuedCertificate(Resource[IssuedCertificateIds]):
    """A wait and nothing else: until ACM has found the validation record and issued the certificate.

    Making it makes nothing, and there is nothing to delete: the certificate itself is another resource.
    """

    kind = "issued-certificate"
    title = "issued certificate"
    within = ("certificate",)
    wait = True
    tagged = False
    usual = 180.0  # in a zone that is delegated
    limit = 2700.0  # mostly minutes; Terraform waits 75 minutes, and a run can be started again
    console = "{console}/acm/home?region={region}#/certificates/list"

    certificate: Fixed[CertificateArn]
    record: Order[RecordName | None] = None  # None: the user sets it where the domain's DNS is

    def summary(self) -> str:
        """What takes so long."""
        return "waits until ACM has found the record"

    def observe(self, aws: Aws, me: Label) -> Seen[IssuedCertificate, IssuedCertificateIds] | None:
        """By the certificate's ARN."""
        certificate = described(aws, self.certificate)
        if certificate is None:
            return None
        issued = certificate.get("Status") == "ISSUED"
        return Seen(
            IssuedCertificateIds(IssuedCertificateArn(self.certificate)),
            self,
            ready=issued,
            failed=died_of(certificate),
            note="" if issued else _waits_for(certificate),
            since=certificate.get("IssuedAt"),
        )

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[IssuedCertificateIds]]:
        """None: it is nothing of its own."""
        yield from ()

    def create(self, aws: Aws, me: Label) -> IssuedCertificateIds:
        """Changes nothing."""
        return IssuedCertificateIds(IssuedCertificateArn(self.certificate))


def _waits_for(certificate: CertificateDetailTypeDef) -> str:
    """Which record ACM looks for: whoever has the domain's DNS elsewhere must set it there."""
    options = certificate.get("DomainValidationOptions", [])
    records = (option["ResourceRecord"] for option in options if "ResourceRecord" in option)
    wanted = " and ".join(sorted({f"{record['Type']} {record['Name']} {record['Value']}" for record in records}))
    return f"ACM looks for {wanted}" if wanted else ""


@dataclass(frozen=True)
class BorrowedCertificateIds:
    """The ids of a certificate that is not ours, and issued."""

    arn: IssuedCertificateArn


@dataclass(frozen=True)
class BorrowedCertificate(Resource[BorrowedCertificateIds]):
    """A certificate that is there already: issued, and in the load balancer's region."""

    kind = "borrowed-certificate"
    title = "certificate"
    borrowed = True
    console = "{console}/acm/home?region={region}#/certificates/list"

    arn: Fixed[str]

    def observe(self, aws: Aws, me: Label) -> Seen[BorrowedCertificate, BorrowedCertificateIds] | None:
        """By its ARN, which names its region and account."""
        ids = BorrowedCertificateIds(IssuedCertificateArn(self.arn))
        region, account = ([*self.arn.split(":"), *[""] * 6])[3:5]
        if region != me.region:
            wrong = f"it is in {region or 'no region'}, and a load balancer uses those of its own region, {me.region}"
            return Seen(ids, self, failed=wrong)
        if account != me.account:
            return Seen(ids, self, failed=f"it is of account {account}, not of {me.account}")
        certificate = described(aws, self.arn)
        if certificate is None:
            return None
        pending = certificate.get("Status") == "PENDING_VALIDATION"
        failed = "it is not issued yet: ACM waits for its validation" if pending else died_of(certificate)
        return Seen(ids, self, failed=failed, since=certificate.get("CreatedAt"))

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BorrowedCertificateIds]]:
        """None: it does not carry our mark."""
        yield from ()
