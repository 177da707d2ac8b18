"""A new certificate appears late, its validation records later, and it is issued once they resolve."""

from typing import Any

from moto.acm.exceptions import CertificateNotFound
from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws import route53
from ecsctl.sandbox.aws.acm.state import account_of, domains, memory, validation_record
from ecsctl.sandbox.aws.route53 import caa
from ecsctl.sandbox.core import clock, overlay

# ACM guide, "DNS validation", and the wait of hashicorp/terraform-provider-aws, internal/service/acm: a fresh
# certificate is not found at first, and its records come later. The seconds are assumptions.
UNKNOWN = 1.0
RECORDS = 5.0
VALIDATION = 30.0  # after the record resolves; 30 s to 5 min in practice
TIMEOUT = 72 * 3600.0  # ACM guide: "VALIDATION_TIMED_OUT" after 72 hours
LETTING_GO = 60.0  # how long InUseBy still names a load balancer that has stopped using it; up to 20 min in practice
AMAZON = frozenset({"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"})  # ACM guide, CAA records


def issued_since(account_id: str, region: str, arn: str) -> float | None:
    """When (sandbox time) the certificate was issued; None if it is not. Raises KeyError if it does not exist."""
    backend = acm_backends[account_id][region]
    certificate = backend._certificates[arn]
    certificate.check()
    if certificate.status != "ISSUED":
        return None
    state = memory(backend).states.get(arn)
    return 0.0 if state is None or state.issued is None else state.issued


def release_if_unused(account_id: str, region: str, arn: str, load_balancer_arn: str) -> None:
    """Note that a load balancer has stopped using the certificate; ACM shows it in InUseBy for a while longer."""
    memory(acm_backends[account_id][region]).released[arn, load_balancer_arn] = clock.now()


@overlay.wraps(CertBundle)
def check(original: Any, self: CertBundle) -> None:
    """Issue it once the CNAME of every name has resolved for VALIDATION seconds in a public zone of the account."""
    account_id, region = account_of(self)
    state = memory(acm_backends[account_id][region]).states.get(self.arn)
    if state is None or self.type != "AMAZON_ISSUED":
        original()
        return
    if self.status != "PENDING_VALIDATION":
        return
    records = [validation_record(account_id, domain) for domain in domains(self)]
    stands = [route53.unchanged_since(account_id, name, "CNAME", value) for name, value in records]
    since = [moment for moment in stands if moment is not None]
    due = max([state.requested + RECORDS, *since]) + VALIDATION
    if len(since) == len(records) and clock.now() >= due:
        forbidden = any(caa.denies_issuers(account_id, domain, AMAZON) for domain in domains(self))
        state.issued, self.status = (None, "FAILED") if forbidden else (due, "ISSUED")
    elif clock.now() - state.requested >= TIMEOUT:
        self.status = "VALIDATION_TIMED_OUT"


@overlay.wraps(AWSCertificateManagerBackend)
def describe_certificate(original: Any, self: AWSCertificateManagerBackend, arn: str) -> CertBundle:
    """A new certificate is not found at first."""
    state = memory(self).states.get(arn)
    if state is not None and clock.now() - state.requested < UNKNOWN:
        raise CertificateNotFound(arn=arn, account_id=self.account_id)
    found: CertBundle = original(arn)
    return found


def used_by(account_id: str, region: str, arn: str) -> list[str]:
    """The load balancers that use it, and those that stopped so recently that ACM still lists them."""
    balancers = elbv2_backends[account_id][region].load_balancers.values()
    using = {b.arn for b in balancers for listener in b.listeners.values() if arn in listener.certificates}
    released = memory(acm_backends[account_id][region]).released.items()
    return sorted(using | {lb for (of, lb), when in released if of == arn and clock.now() - when < LETTING_GO})
