"""The behaviour of EC2 that moto lacks: time, quotas, dependencies, error messages. The modules are imported here."""

from ecsctl.sandbox.aws.ec2 import checks, flow_logs, nat, security_groups  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.ec2.interfaces import ServiceInterface, attach_interface, release_interface
from ecsctl.sandbox.aws.ec2.public_access import block_public_access, blocks_egress
from ecsctl.sandbox.aws.ec2.shared import share_network
from ecsctl.sandbox.aws.ec2.state import fail_next_nat
from ecsctl.sandbox.aws.ec2.time import LAG, lag, tick
from ecsctl.sandbox.aws.ec2.zones import zone

__all__ = [
    "LAG",
    "ServiceInterface",
    "attach_interface",
    "block_public_access",
    "blocks_egress",
    "fail_next_nat",
    "lag",
    "release_interface",
    "share_network",
    "tick",
    "zone",
]
