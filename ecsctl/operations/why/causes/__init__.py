"""Everything that can be wrong, nearest to the running app first."""

from __future__ import annotations

from ecsctl.operations.why.causes import building, delivering, fronting, rolling, running, starting
from ecsctl.operations.why.causes.cause import Cause, Certainty, Judge

JUDGES: tuple[Judge, ...] = (
    *starting.JUDGES,
    *running.JUDGES,
    *rolling.JUDGES,
    *fronting.JUDGES,
    *building.JUDGES,
    *delivering.JUDGES,
)

__all__ = ["JUDGES", "Cause", "Certainty"]
