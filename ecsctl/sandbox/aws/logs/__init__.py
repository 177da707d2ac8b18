"""The behaviour of CloudWatch Logs that moto lacks: checks, and deleted groups that AWS services create again."""

from ecsctl.sandbox.aws.logs import checks, keys, reading, state  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.logs.time import revive_log_groups

__all__ = ["revive_log_groups"]
