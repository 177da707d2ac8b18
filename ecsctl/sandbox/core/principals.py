"""Says who acts: the ARN that AWS records for a caller, and for a service that has assumed a role."""

from moto.core.responses import BaseResponse
from moto.sts.models import sts_backends


def caller(response: BaseResponse) -> str:
    """The caller's ARN, as GetCallerIdentity returns it."""
    backend = sts_backends[response.current_account][response.partition]
    return str(backend.get_caller_identity(response.access_key, response.region)[1])


def session(role_arn: str, name: str) -> str:
    """The ARN of a session of a role: without the role's path (IAM guide, "IAM identifiers")."""
    before, _, role = role_arn.partition(":role/")
    return f"{before.replace(':iam:', ':sts:')}:assumed-role/{role.rpartition('/')[2]}/{name}"
