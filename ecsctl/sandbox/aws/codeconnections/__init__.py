"""AWS's codeconnections, which moto lacks entirely: connections to GitHub that a person completes.

The service's older name, codestar-connections, works the same; each creates ARNs with its own prefix."""

from ecsctl.sandbox.aws.codeconnections import checks, operations  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.codeconnections.state import Connection, complete_handshake, connection

__all__ = ["Connection", "complete_handshake", "connection"]
