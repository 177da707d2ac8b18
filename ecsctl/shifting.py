"""How long a release waits by itself, where requests go from one set of tasks to another: ECS's own arithmetic."""

from __future__ import annotations

import math

WAYS = {"blue-green": "BLUE_GREEN", "canary": "CANARY", "linear": "LINEAR", "rolling": "ROLLING"}
"""The strategies as ecsctl.toml calls them, and as ECS does."""


def minutes_of(way: str, bake: int, percent: float, minutes: int) -> int:
    """The minutes at its steps, and those for which the old tasks stay after the last one.

    ECS API reference, LinearConfiguration: no wait after the step that comes to 100 percent.
    """
    if way == "LINEAR" and percent:
        return bake + minutes * (math.ceil(round(100 / percent, 6)) - 1)
    return bake + minutes if way == "CANARY" else bake
