"""State of load balancers and targets that moto's dictionaries lack."""

from dataclasses import dataclass, field

from moto.elbv2.models import ELBv2Backend, elbv2_backends

from ecsctl.sandbox.core import overlay


@dataclass
class Balancers:
    """When each load balancer was requested, and its interface in each subnet."""

    made: dict[str, float] = field(default_factory=dict)
    interfaces: dict[str, dict[str, str]] = field(default_factory=dict)


def balancers_of(backend: ELBv2Backend) -> Balancers:
    """The state of a region's load balancers."""
    return overlay.memory(backend, Balancers)


@dataclass
class Targets:
    """The health of each target; draining targets by group, and until when; when each group's last use ended."""

    health: dict[tuple[str, str, int], tuple[str, str | None, str | None]] = field(default_factory=dict)
    leaving: dict[str, dict[str, tuple[int, float]]] = field(default_factory=dict)
    released: dict[str, float] = field(default_factory=dict)


def targets_of(backend: ELBv2Backend) -> Targets:
    """The state of a region's targets and target groups."""
    return overlay.memory(backend, Targets)


def set_target_health(
    account_id: str,
    region: str,
    tg_arn: str,
    target_id: str,
    port: int,
    state: str,
    reason: str | None = None,
    description: str | None = None,
) -> None:
    """Set the health of a registered target from now on: `healthy`, `unhealthy`, `initial` …

    Reasons and descriptions as in the API reference, TargetHealth. A target without one is `initial`.
    """
    targets_of(elbv2_backends[account_id][region]).health[tg_arn, target_id, int(port)] = (state, reason, description)
