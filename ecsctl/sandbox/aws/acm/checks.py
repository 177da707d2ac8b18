"""What ACM refuses: too many names, and deleting a certificate that is in use."""

from typing import Any

from moto.acm.models import AWSCertificateManagerBackend

from ecsctl.sandbox.aws.acm.time import used_by
from ecsctl.sandbox.core import overlay

NAMES = 10  # ACM guide, "Quotas": domain names of a certificate, unless the quota is raised


@overlay.wraps(AWSCertificateManagerBackend, "request_certificate")
def few_names(
    original: Any, _self: AWSCertificateManagerBackend, domain: str, token: str | None, sans: Any, *more: Any
) -> Any:
    """Refuse more names than the quota allows."""
    if len({domain, *(sans or [])}) > NAMES:
        message = f"Maximum number of domain names in a certificate request is {NAMES}."  # the wording is an assumption
        raise overlay.Refusal("LimitExceededException", message)
    return original(domain, token, sans, *more)


@overlay.wraps(AWSCertificateManagerBackend)
def delete_certificate(original: Any, self: AWSCertificateManagerBackend, arn: str) -> None:
    """Refuse while InUseBy names a load balancer."""
    if arn in self._certificates and used_by(self.account_id, self.region_name, arn):
        message = f"Certificate {arn} in account {self.account_id} is in use."
        raise overlay.Refusal("ResourceInUseException", message)
    original(arn)
