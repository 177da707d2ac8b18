"""The behaviour of SNS that moto lacks: an e-mail subscription is pending until its address confirms it."""

from ecsctl.sandbox.aws.sns import checks  # noqa: F401 - imported for its declarations
from ecsctl.sandbox.aws.sns.state import PENDING, confirm_email
from ecsctl.sandbox.aws.sns.time import WAITS

__all__ = ["PENDING", "WAITS", "confirm_email"]
