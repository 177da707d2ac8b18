"""Which route table each client token made."""

from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.responses import EC2Response

from ecsctl.sandbox.core import overlay


@dataclass
class _Tables:
    """Which table each client token made. Tokens outlive what they made."""

    tokens: dict[str, RouteTable] = field(default_factory=dict)


@overlay.wraps(EC2Response)
def create_route_table(original: Any, self: EC2Response) -> Any:
    """Answer the same token with the same table, a deleted one too (API reference, "Ensuring idempotency")."""
    token = self._get_param("ClientToken")
    tokens = overlay.memory(self.ec2_backend, _Tables).tokens
    if token in tokens:
        if tokens[token].vpc_id != self._get_param("VpcId"):
            message = "The client token you have provided is associated with a resource that has different parameters."
            raise overlay.Refusal("IdempotentParameterMismatch", message)
        return ActionResult({"RouteTable": tokens[token], "ClientToken": token})
    answer = original()
    if token:
        tokens[token] = answer.result["RouteTable"]
    return answer
