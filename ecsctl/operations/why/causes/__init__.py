"""Everything that can be wrong, nearest to the running app first."""

from __future__ import annotations

from ecsctl.operations.why.causes import building, delivering, fronting, health, network, rolling, running, starting
from ecsctl.operations.why.causes.cause import Cause, Certainty, Judge
from ecsctl.operations.why.causes.mends import Act, Mend, Step

JUDGES: tuple[Judge, ...] = (
    *starting.JUDGES,
    *network.JUDGES,
    *running.JUDGES,
    *health.JUDGES,
    *rolling.JUDGES,
    *fronting.JUDGES,
    *building.JUDGES,
    *delivering.JUDGES,
)

__all__ = ["JUDGES", "Act", "Cause", "Certainty", "Mend", "Step"]
