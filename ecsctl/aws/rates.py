"""The rates at which AWS accepts calls, where it documents a low one. We stay below it, so that our own calls alone
never cause throttling.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

READS = ("BatchGet", "Describe", "Get", "List")


@dataclass(frozen=True)
class Rate:
    """A token bucket: this many calls at once, and this many a second from then on."""

    burst: float
    refill: float


# Amazon EC2 Developer Guide, "Request throttling"; Amazon ECS API Reference, "Request throttling"; Route 53 Developer
# Guide, "Quotas"; Certificate Manager User Guide, "Quotas" (the lowest of the operations that we use). AWS documents no
# low rates for other services.
RATES = {
    "ec2 reads": Rate(100, 20),
    "ec2": Rate(50, 5),
    "ecs reads": Rate(50, 20),
    "ecs": Rate(20, 5),
    "route53 reads": Rate(4, 4),  # out of five, since calls do not arrive as evenly as they are sent
    "route53": Rate(4, 4),
    "acm reads": Rate(8, 8),
    "acm": Rate(5, 5),
}
TOGETHER = {"route53 reads": "route53"}  # one bucket for all calls


@dataclass
class Pace:
    """The token buckets of those rates, filled and emptied by the calls of this process."""

    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)  # with the moment
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def due(self, service: str, operation: str, now: float) -> float:
        """Take a token for a call, and return the seconds until the call may be made."""
        name = f"{service} reads" if operation.startswith(READS) else service
        rate = RATES.get(name)
        if rate is None:
            return 0.0
        name = TOGETHER.get(name, name)
        with self._lock:
            level, at = self._levels.get(name, (rate.burst, now))
            level = min(rate.burst, level + (now - at) * rate.refill) - 1
            self._levels[name] = level, now
        return max(0.0, -level / rate.refill)
