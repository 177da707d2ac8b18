"""The behaviour of ELB that moto lacks: time, interfaces, names, certificates and health, in the modules below."""

from ecsctl.sandbox.aws.elbv2 import attributes, balancers, listeners, targets  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.elbv2.state import set_target_health
from ecsctl.sandbox.aws.elbv2.time import CERTIFICATE_LAG, LINGERING, PROVISIONING, is_provisioned
from ecsctl.sandbox.aws.elbv2.weights import shift, weights

__all__ = [
    "CERTIFICATE_LAG",
    "LINGERING",
    "PROVISIONING",
    "is_provisioned",
    "set_target_health",
    "shift",
    "weights",
]
