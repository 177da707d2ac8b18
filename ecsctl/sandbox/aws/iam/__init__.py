"""The behaviour of IAM that moto lacks: refusals, and new roles that cannot be assumed at first."""

from ecsctl.sandbox.aws.iam import simulator, trust  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.iam.checks import invalid_principal
from ecsctl.sandbox.aws.iam.state import ensure_service_linked
from ecsctl.sandbox.aws.iam.time import PROPAGATION, can_be_assumed, is_service_linked_role_ready

__all__ = [
    "PROPAGATION",
    "can_be_assumed",
    "ensure_service_linked",
    "invalid_principal",
    "is_service_linked_role_ready",
]
