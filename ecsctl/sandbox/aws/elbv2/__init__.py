"""What AWS's elbv2 does that moto does not: time, interfaces, names, certificates, health; by the modules below."""

from ecsctl.sandbox.aws.elbv2 import attributes, balancers, listeners  # noqa: F401 - imported for its declarations
from ecsctl.sandbox.aws.elbv2.targets import set_target_health
from ecsctl.sandbox.aws.elbv2.weights import shift, weights

__all__ = ["set_target_health", "shift", "weights"]
