"""The behaviour of AWS's logs that moto lacks: it checks retention and ARNs, and groups that AWS writes to come
back.
"""

from ecsctl.sandbox.aws.logs import checks, keys, reading, state  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.logs.time import revive_log_groups

__all__ = ["revive_log_groups"]
