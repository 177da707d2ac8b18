"""The behaviour of Secrets Manager that moto lacks: names and values of secrets that are being deleted."""

from ecsctl.sandbox.aws.secretsmanager import time  # noqa: F401 - imported for its declarations
from ecsctl.sandbox.aws.secretsmanager.checks import MARKED
from ecsctl.sandbox.aws.secretsmanager.state import secret_value

__all__ = ["MARKED", "secret_value"]
