"""State of EC2: route tables by client token; each NAT gateway's dates, and its planned failure."""

from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.responses import EC2Response
from moto.iam.models import iam_backends

from ecsctl.sandbox.core import overlay, script


@dataclass
class _Tables:
    """The route table that each client token created. Tokens outlive the tables."""

    tokens: dict[str, RouteTable] = field(default_factory=dict)


@overlay.wraps(EC2Response)
def create_route_table(original: Any, self: EC2Response) -> Any:
    """Return the same table for the same token, even if it was deleted (API reference, "Ensuring idempotency").

    Raises Refusal.
    """
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


@dataclass
class NatState:
    """One gateway's dates in sandbox time, and its planned failure, if any."""

    made: float
    failure: tuple[str, str] | None = None
    deleted: float | None = None


@dataclass
class Nats:
    """The NAT gateways of a region, by id, and the one that each client token created."""

    nat_states: dict[str, NatState] = field(default_factory=dict)
    tokens: dict[str, tuple[dict[str, Any], NatGateway]] = field(default_factory=dict)


@dataclass
class _PlannedFailures:
    failures: list[tuple[str, str]] = field(default_factory=list)


@script.switch
def fail_next_nat(
    code: str = "InternalError",
    message: str = "Network interface eni-0123456789abcdef0, created and used internally by this NAT gateway is in "
    "an invalid state. Please try again.",
    account_id: str = DEFAULT_ACCOUNT_ID,
) -> None:
    """Let the next NAT gateway of the account fail after CreateNatGateway has returned 200.

    Codes and messages: VPC guide, "Troubleshoot NAT gateways", "NAT gateway creation fails". May be called repeatedly.
    """
    planned_nat_failures(account_id).append((code, message))


def planned_nat_failures(account_id: str) -> list[tuple[str, str]]:
    """The code and message with which each of the next NAT gateways will fail."""
    return overlay.memory(iam_backends[account_id]["aws"], _PlannedFailures).failures


def nats(backend: EC2Backend) -> Nats:
    """The NAT gateways of a region."""
    return overlay.memory(backend, Nats)
