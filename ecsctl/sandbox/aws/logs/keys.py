"""The KMS key of a log group: it must exist, be enabled, and allow CloudWatch Logs to use it."""

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from ecsctl.sandbox.aws import kms
from ecsctl.sandbox.core import overlay


def check_key(backend: LogsBackend, group: str, key: str) -> None:
    """Refuse a key that is not given as an ARN, does not exist, is disabled, or does not allow its use for this group.

    The messages are those of hashicorp/terraform#24194 and hashicorp/terraform-provider-aws#29282; for a disabled key
    the API reference, AssociateKmsKey, has only the code.
    """
    if not key.startswith("arn:"):
        raise overlay.Refusal("InvalidParameterException", f"The specified KMS Key Id could not be found. '{group}'")
    arn = f"arn:{key.split(':')[1]}:logs:{backend.region_name}:{backend.account_id}:log-group:{group}"
    state = kms.state(key)
    if state and state != "Enabled":
        raise overlay.Refusal("InvalidParameterException", f"The specified KMS key {key} is not enabled. '{group}'")
    service = f"logs.{backend.region_name}.{kms.suffix(key)}"
    if not kms.allows(key, service, ("Encrypt", "Decrypt", "GenerateDataKey"), {"aws:logs:arn": arn}):
        raise overlay.Refusal(
            "AccessDeniedException",
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'",
        )


@overlay.adds(LogsResponse)
def associate_kms_key(self: LogsResponse) -> str:
    """Encrypt with this key whatever is ingested from now on (API reference)."""
    _group_of(self).kms_key_id = self._get_param("kmsKeyId")
    return ""


@overlay.adds(LogsResponse)
def disassociate_kms_key(self: LogsResponse) -> str:
    """Remove the key; data that is encrypted already stays so (API reference)."""
    _group_of(self).kms_key_id = None
    return ""


def _group_of(response: LogsResponse) -> LogGroup:
    name, key = response._get_param("logGroupName"), response._get_param("kmsKeyId")
    if (group := response.logs_backend.groups.get(name)) is None:
        raise ResourceNotFoundException
    if key:
        check_key(response.logs_backend, name, key)
    return group
