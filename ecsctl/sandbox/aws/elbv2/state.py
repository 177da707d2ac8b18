"""The state that is kept of load balancers and targets beside moto's dictionaries."""

from dataclasses import dataclass, field

from moto.elbv2.models import ELBv2Backend, elbv2_backends

from ecsctl.sandbox.core import overlay


@dataclass
class Balancers:
    """Remembers when each load balancer was asked for, and its interface in each subnet."""

    made: dict[str, float] = field(default_factory=dict)
    interfaces: dict[str, dict[str, str]] = field(default_factory=dict)


def balancers_of(backend: ELBv2Backend) -> Balancers:
    """Returns when the load balancers of a region were asked for, and their interfaces."""
    return overlay.memory(backend, Balancers)


@dataclass
class Targets:
    """The health of each target; who drains until when, by group; and when each group left its last listener."""

    health: dict[tuple[str, str, int], tuple[str, str | None, str | None]] = field(default_factory=dict)
    leaving: dict[str, dict[str, tuple[int, float]]] = field(default_factory=dict)
    released: dict[str, float] = field(default_factory=dict)


def targets_of(backend: ELBv2Backend) -> Targets:
    """The state that a region keeps of its targets and target groups."""
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
