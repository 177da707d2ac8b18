"""AWS's codeconnections, which moto does not have at all: connections to GitHub that a human completes.

The older name of the service, codestar-connections, answers alike; each makes ARNs with its own prefix."""

from ecsctl.sandbox.aws.codeconnections import checks, operations  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.codeconnections.state import Connection, complete_handshake, connection

__all__ = ["Connection", "complete_handshake", "connection"]
