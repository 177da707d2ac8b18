"""The behaviour of Route 53 that moto lacks: atomic changes that take time, and delegated zones."""

from ecsctl.sandbox.aws.route53 import answers, checks, records, time  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.route53.state import busy_zone, normal, set_elsewhere, unchanged_since, zones_of

__all__ = ["busy_zone", "normal", "set_elsewhere", "unchanged_since", "zones_of"]
