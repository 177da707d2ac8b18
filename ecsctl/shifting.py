"""How long a release waits by design, if requests are shifted from one set of tasks to another: ECS's own
arithmetic.
"""

from __future__ import annotations

import math
from typing import Literal

WAYS = {"blue-green": "BLUE_GREEN", "canary": "CANARY", "linear": "LINEAR", "rolling": "ROLLING"}
"""The strategies as ecsctl.toml calls them, and as ECS does."""
Stage = Literal["pre-scale-up", "post-scale-up", "pre-production-traffic-shift", "post-production-traffic-shift"]
"""Where a release can be held until a person answers, in AWS's words, in the order in which it gets there."""


def stage_of(name: str) -> str:
    """A stage as ECS calls it."""
    return name.upper().replace("-", "_")


def steps_of(way: str, percent: float) -> int:
    """In how many steps the requests are shifted."""
    if way == "LINEAR" and percent:
        return math.ceil(round(100 / percent, 6))
    return 2 if way == "CANARY" and percent < 100 else 1


def minutes_of(way: str, bake: int, percent: float, minutes: int) -> int:
    """The minutes between its steps, and those for which the old tasks stay after the last one.

    ECS API reference, LinearConfiguration: no wait after the step that reaches 100 percent.
    """
    if way == "LINEAR" and percent:
        return bake + minutes * (steps_of(way, percent) - 1)
    return bake + minutes if way == "CANARY" else bake
