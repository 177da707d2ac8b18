"""The behaviour of AWS's resourcegroupstaggingapi that moto lacks: new resources are listed late, and deleted
ones for a while.
"""

from ecsctl.sandbox.aws.tagging import resources, state  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.tagging.time import delay_tagging

__all__ = ["delay_tagging"]
