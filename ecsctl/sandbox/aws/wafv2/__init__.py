"""The behaviour of AWS's wafv2 that moto lacks."""

from ecsctl.sandbox.aws.wafv2 import checks  # noqa: F401 - imported for its declarations
