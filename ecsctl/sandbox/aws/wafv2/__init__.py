"""What AWS's wafv2 does that moto does not."""

from ecsctl.sandbox.aws.wafv2 import checks  # noqa: F401 - imported for its declarations
