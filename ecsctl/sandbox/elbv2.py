"""What AWS's elbv2 does that moto does not: time, interfaces, names, certificates, health; by the modules below."""

from ecsctl.sandbox import (
    elbv2_attributes,  # noqa: F401 - imported for its declarations
    elbv2_balancers,  # noqa: F401 - imported for its declarations
    elbv2_listeners,  # noqa: F401 - imported for its declarations
)
from ecsctl.sandbox.elbv2_targets import set_target_health

__all__ = ["set_target_health"]
