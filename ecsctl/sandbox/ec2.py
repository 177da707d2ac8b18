"""What AWS's ec2 does that moto does not: time, quotas, dependencies and its own words, in the modules named here."""

from ecsctl.sandbox import ec2_groups, ec2_network  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.ec2_interfaces import ServiceInterface, attach_interface, release_interface
from ecsctl.sandbox.ec2_nat import fail_next_nat, tick
from ecsctl.sandbox.ec2_visibility import lag
from ecsctl.sandbox.ec2_zones import zone

__all__ = ["ServiceInterface", "attach_interface", "fail_next_nat", "lag", "release_interface", "tick", "zone"]
