"""What things cost a month when they are left behind: list prices, for orientation."""

from __future__ import annotations

AS_OF = "us-east-1 list prices, November 2026"
HOURS = 730  # in a month

MONTHLY = {  # dollars a month for one, by kind; what is not here costs nothing by itself
    "nat-gateway": 0.045 * HOURS,
    "elastic-ip": 0.005 * HOURS,
    "load-balancer": 0.0225 * HOURS,
    "secret": 0.40,
}
PER_GIGABYTE = {"repository": 0.10, "bucket": 0.023, "log-group": 0.03}  # dollars a gigabyte and month


def monthly(kind: str, size: int = 0) -> float:
    """Dollars a month for one resource of this kind that holds `size` bytes. Kinds are spelled with hyphens."""
    return MONTHLY.get(kind, 0.0) + PER_GIGABYTE.get(kind, 0.0) * size / 1e9
