"""A certificate that a listener can use: the requested one once it is issued, or an existing one of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Fixed, Found, Observed, Order, Resource
from ecsctl.ids import CertificateArn, IssuedCertificateArn, RecordName
from ecsctl.resources.support.acm import covers, described, failure_of, fix_for, of_certificates
from ecsctl.resources.support.dns import normal

if TYPE_CHECKING:
    from types_boto3_acm.type_defs import CertificateDetailTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class IssuedCertificateIds:
    """The ARN of a certificate that a listener may be given."""

    arn: IssuedCertificateArn


@dataclass(frozen=True, kw_only=True)
class IssuedCertificate(Resource[IssuedCertificateIds]):
    """Only a wait: until ACM has found the validation record and issued the certificate.

    Creating it creates nothing, and there is nothing to delete: the certificate itself is another resource.
    """

    kind = "issued-certificate"
    title = "issued certificate"
    done = "ready"
    within = ("certificate",)
    independent_of = ("record",)  # an issued certificate does not need it
    wait = True
    tagged = False
    repeats = ("describe_certificate",)
    usual_seconds = 180.0  # in a zone that is delegated
    limit_seconds = 2700.0  # mostly minutes; Terraform waits 75 minutes, and a run can be started again
    console = "{console}/acm/home?region={region}#/certificates/list"

    certificate: Fixed[CertificateArn]
    record: Order[RecordName | None] = None  # None: the user sets it where the domain's DNS is hosted
    elsewhere: frozenset[str] = field(default=frozenset(), compare=False)  # names whose records are hosted in other DNS

    def summary(self) -> str:
        """Says what is waited for."""
        return "waits until ACM has found the record"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read it."""
        return of_certificates(scope, uses)

    def observe(self, aws: Aws, me: Label) -> Observed[IssuedCertificate, IssuedCertificateIds] | None:
        """Read by the certificate's ARN."""
        certificate = described(aws, self.certificate)
        if certificate is None:
            return None
        issued = certificate.get("Status") == "ISSUED"
        return Observed(
            IssuedCertificateIds(IssuedCertificateArn(self.certificate)),
            self,
            ready=issued,
            failed=failure_of(certificate),
            hint=fix_for(certificate),
            note="" if issued else _waits_for(certificate),
            ask="" if issued else self._to_be_set(certificate),
            since=certificate.get("IssuedAt"),
        )

    def _to_be_set(self, certificate: CertificateDetailTypeDef) -> str:
        """The records that only a person can create."""
        wanted = dict.fromkeys(one for one in _open(certificate) if one[0] in self.elsewhere)
        records = [f"where the DNS of {name} is, set this record: {own} CNAME {value}" for name, own, value in wanted]
        ends = "ecsctl up waits until AWS has found it; it may be stopped, and run again"
        return "\n".join((*records, ends)) if records else ""

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[IssuedCertificateIds]]:
        """None: it has nothing of its own on AWS."""
        yield from ()

    def create(self, aws: Aws, me: Label) -> IssuedCertificateIds:
        """Changes nothing."""
        return IssuedCertificateIds(IssuedCertificateArn(self.certificate))


def _open(certificate: CertificateDetailTypeDef) -> list[tuple[str, str, str]]:
    """Each name that is not validated yet, and its CNAME."""
    return [
        (normal(one["DomainName"]).removeprefix("*."), one["ResourceRecord"]["Name"], one["ResourceRecord"]["Value"])
        for one in certificate.get("DomainValidationOptions", [])
        if "ResourceRecord" in one and one.get("ValidationStatus") != "SUCCESS"
    ]


def _waits_for(certificate: CertificateDetailTypeDef) -> str:
    """Returns which record ACM expects, for a domain whose DNS is elsewhere: a person must create it there."""
    wanted = " and ".join(sorted({f"CNAME {own} {value}" for _, own, value in _open(certificate)}))
    return f"ACM expects {wanted}" if wanted else ""


@dataclass(frozen=True)
class BorrowedCertificateIds:
    """The ids of a certificate that is not ours, and issued."""

    arn: IssuedCertificateArn


@dataclass(frozen=True, kw_only=True)
class BorrowedCertificate(Resource[BorrowedCertificateIds]):
    """An existing certificate: issued, in the load balancer's region, and valid for the app's name."""

    kind = "borrowed-certificate"
    title = "certificate"
    borrowed = True
    console = "{console}/acm/home?region={region}#/certificates/list"

    arn: Fixed[str]
    domain: str = field(default="", compare=False)  # that it must cover; empty: any name may point to the app
    subject_alternative_names: tuple[str, ...] = field(default=(), compare=False)  # further names that it must cover

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to read it."""
        return of_certificates(scope, uses)

    def observe(self, aws: Aws, me: Label) -> Observed[BorrowedCertificate, BorrowedCertificateIds] | None:
        """Read by its ARN, which names its region and account."""
        ids = BorrowedCertificateIds(IssuedCertificateArn(self.arn))
        region, account = ([*self.arn.split(":"), *[""] * 6])[3:5]
        instead = "name an issued certificate of this account and region, or leave it out: then one is requested"
        if region != me.region:
            wrong = f"{self.arn} is in {region or 'no region'}, and a load balancer takes those of its own, {me.region}"
            return Observed(ids, self, failed=wrong, hint=instead)
        if account != me.account:
            return Observed(ids, self, failed=f"{self.arn} is of account {account}, not of {me.account}", hint=instead)
        certificate = described(aws, self.arn)
        if certificate is None:
            return None
        failed, hint = self._unfit(certificate) or ("", "")
        return Observed(
            ids, self, failed=failed and f"{self.arn}: {failed}", hint=hint, since=certificate.get("CreatedAt")
        )

    def _unfit(self, certificate: CertificateDetailTypeDef) -> tuple[str, str] | None:
        """Returns why the load balancer could not serve the domain with it, and what to do."""
        instead = "name another certificate, or leave it out: then one is requested"
        if certificate.get("Status") == "PENDING_VALIDATION":
            waits = _waits_for(certificate) or "ACM waits for its validation"
            return f"it is not issued yet: {waits}", f"set that record and wait until ACM has issued it; or {instead}"
        if failed_because := failure_of(certificate):
            return failed_because, fix_for(certificate) or instead
        names = {
            *map(normal, certificate.get("SubjectAlternativeNames", [])),
            normal(certificate.get("DomainName", "")),
        }
        wanted = [one for one in (self.domain, *self.subject_alternative_names) if one]
        if bare := [one for one in wanted if not any(covers(name, one) for name in names)]:
            return f"it is for {', '.join(sorted(filter(None, names)))}, not for {', '.join(bare)}", instead
        return None

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BorrowedCertificateIds]]:
        """None: it does not carry our tags."""
        yield from ()
