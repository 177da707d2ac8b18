"""The behaviour of AWS's Application Auto Scaling that moto lacks: refusals, tags, and services that scale."""

from ecsctl.sandbox.aws.autoscaling import checks, state, time  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.autoscaling.tags import tags_of_targets

__all__ = ["tags_of_targets"]
