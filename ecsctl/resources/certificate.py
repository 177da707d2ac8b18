"""The certificate of the app's domain, as requested."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.engine.label import APP, Label
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import CertificateArn, ValidationName
from ecsctl.resources.support.acm import described, failure_of, of_certificates, proof_of, requested, tags_of
from ecsctl.resources.support.common import only
from ecsctl.resources.support.dns import normal
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import of

if TYPE_CHECKING:
    from types_boto3_acm.type_defs import CertificateDetailTypeDef, CertificateSummaryTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class CertificateIds:
    """A requested certificate's ids, and the CNAME that proves ownership of the domain; empty until ACM returns it."""

    arn: CertificateArn
    record_name: ValidationName
    record_value: str


@dataclass(frozen=True, kw_only=True)
class Certificate(Resource[CertificateIds]):
    """A certificate requested from ACM, validated by DNS. It is ready when ACM says which record it waits for.

    The record among its ids is that of its domain, and so also of the domain's wildcard (ACM User Guide, "DNS
    validation"). Those of further names are in `ValidationRecord`.
    """

    kind = "certificate"
    title = "certificate"
    many_in_account = True
    usual_delete_seconds = 60.0
    arns = "acm"
    repeats = ("describe_certificate",)
    usual_seconds = 15.0
    limit_seconds = 300.0  # until ACM returns the record; Terraform waits as long
    disposable = True
    stable_ids = frozenset(
        {"record_name", "record_value"}
    )  # the same for each of a domain (ACM guide, "DNS validation")
    console = "{console}/acm/home?region={region}#/certificates/list"

    domain: Fixed[str]
    subject_alternative_names: Fixed[frozenset[str]]  # further names, wildcards too

    def __post_init__(self) -> None:
        object.__setattr__(self, "domain", normal(self.domain))
        object.__setattr__(
            self, "subject_alternative_names", frozenset(map(normal, self.subject_alternative_names)) - {self.domain}
        )

    def summary(self) -> str:
        """The names."""
        return ", ".join((self.domain, *sorted(self.subject_alternative_names)))

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        certificates = (scope.arn("acm", "certificate/*"),)
        yield from of_certificates(scope, uses)
        yield Statement(
            "CertificateOurs", of("acm", "AddTagsToCertificate DeleteCertificate"), certificates, scope.ours
        )
        if uses.zone or uses.elsewhere:
            asks = of("acm", "AddTagsToCertificate RequestCertificate")
            yield Statement("CertificateRequest", asks, ("*",), scope.tagged)

    def observe(self, aws: Aws, me: Label) -> Observed[Certificate, CertificateIds] | None:
        """Read by its tags, since a domain may have any number of certificates; those of its own domain first."""
        listed = requested(aws)
        near = [one for one in listed if normal(one.get("DomainName", "")) == self.domain]
        ours = _with_our_tags(aws, me, near) or _with_our_tags(aws, me, listed)
        arn = only(ours, "certificates", me)
        certificate = described(aws, arn) if arn else None
        if arn is None or certificate is None:
            return None
        domain = normal(certificate.get("DomainName", ""))
        names = {normal(name) for name in certificate.get("SubjectAlternativeNames", [])}
        actual = Certificate(domain=domain, subject_alternative_names=frozenset(names))
        ids = _ids(certificate)
        return Observed(
            ids,
            actual,
            ours[arn],
            ready=bool(ids.record_name),
            failed=failure_of(certificate),
            note="" if ids.record_name else "ACM has not published its validation record yet",
            since=certificate.get("CreatedAt"),
        )

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[CertificateIds]]:
        """All in the region, and the tags of each: no listing of ACM's shows them."""
        yield from _of_app(aws, me, requested(aws))

    @classmethod
    def find_recorded(
        cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]
    ) -> Iterator[Found[CertificateIds]] | None:
        """Those that are recorded, and others of the same domains: the rest belongs to others, and would cost a call
        each.
        """
        arns = {one["arn"] for one in recorded}
        domains = {one["record_name"].partition(".")[2] for one in recorded}
        return _of_app(
            aws, me, [one for one in requested(aws)
                      if one["CertificateArn"] in arns or normal(one.get("DomainName", "")) in domains]
        )  # fmt: skip

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: CertificateIds) -> Iterator[Callable[[], object]]:
        """Read what the listing leaves out."""
        yield partial(aws.read, aws.acm.list_tags_for_certificate, CertificateArn=ids.arn)
        yield partial(aws.read, aws.acm.describe_certificate, CertificateArn=ids.arn)

    def create(self, aws: Aws, me: Label) -> CertificateIds:
        """The token makes a repeated call the same call for an hour; after that its tags are known everywhere."""
        answer = aws.acm.request_certificate(
            DomainName=self.domain,
            SubjectAlternativeNames=[self.domain, *sorted(self.subject_alternative_names)],
            ValidationMethod="DNS",
            IdempotencyToken=me.token(32),
            Tags=me.upper(),
        )
        return CertificateIds(CertificateArn(answer["CertificateArn"]), ValidationName(""), "")

    def update(self, aws: Aws, me: Label, ids: CertificateIds, changed: frozenset[str]) -> None:
        """Only its tags can change."""
        if "tags" in changed:
            aws.acm.add_tags_to_certificate(CertificateArn=ids.arn, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: CertificateIds) -> None:
        """ACM refuses while a listener uses it, and for some minutes afterwards."""
        aws.acm.delete_certificate(CertificateArn=ids.arn)


def _with_our_tags(
    aws: Aws, me: Label, certificates: list[CertificateSummaryTypeDef]
) -> dict[CertificateArn, dict[str, str]]:
    """Those that are exactly this part, with their tags: a call for each."""
    tags = {CertificateArn(one["CertificateArn"]): tags_of(aws, one["CertificateArn"]) for one in certificates}
    return {arn: its for arn, its in tags.items() if me.matches(its)}


def _of_app(aws: Aws, me: Label, certificates: list[CertificateSummaryTypeDef]) -> Iterator[Found[CertificateIds]]:
    for certificate in certificates:
        tags = tags_of(aws, certificate["CertificateArn"])
        if tags.get(APP) == me.app:
            yield Found(CertificateIds(CertificateArn(certificate["CertificateArn"]), ValidationName(""), ""), tags)


def _ids(certificate: CertificateDetailTypeDef) -> CertificateIds:
    name, value = proof_of(certificate, normal(certificate.get("DomainName", "")))
    return CertificateIds(CertificateArn(certificate["CertificateArn"]), name, value)
