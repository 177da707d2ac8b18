"""What AWS's ec2 does that moto does not: time, quotas, dependencies and its own words, in the modules named here."""

from typing import Any

from moto.ec2.models import EC2Backend

from ecsctl.sandbox import (
    ec2_groups,  # noqa: F401 - imported for its declarations
    ec2_network,  # noqa: F401 - imported for its declarations
    overlay,
)
from ecsctl.sandbox.ec2_interfaces import ServiceInterface, attach_interface, release_interface
from ecsctl.sandbox.ec2_nat import fail_next_nat, tick
from ecsctl.sandbox.ec2_visibility import lag

__all__ = ["ServiceInterface", "attach_interface", "fail_next_nat", "lag", "release_interface", "tick"]


@overlay.wraps(EC2Backend)
def _load_amis(original: Any, self: EC2Backend) -> None:
    """Skip moto's two thousand machine images: they take longer to make at each reset than most tests."""
