"""The table [service.spot]: which tasks run on capacity that AWS sells cheaper, and reclaims when it needs it."""

from __future__ import annotations

from math import gcd
from typing import Any

from pydantic import Field

from ecsctl.config.section import Section


class Spot(Section):
    """Tasks on Fargate Spot: cheaper, and stopped with two minutes' notice when AWS needs the capacity."""

    percent: int = Field(100, ge=1, le=100, description="The share of the tasks beyond base that run on Spot.")
    base: int = Field(
        0, ge=0, le=5000, description="How many tasks run on Fargate On-Demand first: AWS never takes those back."
    )

    @property
    def strategy(self) -> list[dict[str, Any]]:
        """In ECS's form: weights in their lowest terms, and the base, which only one provider may have.

        A provider of weight 0 gets no task but those of its base (ECS API reference, CapacityProviderStrategyItem).
        """
        common = gcd(self.percent, 100)
        spot = {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": self.percent // common}
        if self.percent == 100 and not self.base:
            return [spot]
        usual = {"capacityProvider": "FARGATE", "base": self.base, "weight": (100 - self.percent) // common}
        return [usual, spot]
