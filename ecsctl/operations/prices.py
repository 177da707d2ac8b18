"""What things cost a month: list prices, for orientation.

From AWS's pages "Amazon VPC pricing" (NAT gateway, public IPv4 address), "Elastic Load Balancing pricing" (the hours of
an application load balancer, without its capacity units), "AWS Fargate pricing" (Linux) and "AWS Secrets Manager
pricing". Other regions differ, mostly by less than a third: the sentence says whose prices these are.
"""

from __future__ import annotations

AS_OF = "us-east-1 list prices, November 2026"
HOURS = 730  # in a month
ADDRESS = 0.005 * HOURS  # a public IPv4 address, of whatever wears it

MONTHLY = {  # dollars a month for one, by kind; what is not here costs nothing by itself
    "nat-gateway": 0.045 * HOURS,
    "elastic-ip": ADDRESS,
    "load-balancer": 0.0225 * HOURS,
    "secret": 0.40,
}
FARGATE = {"ARM64": (0.03238, 0.00356), "X86_64": (0.04048, 0.004445)}  # dollars an hour for a vCPU, for a gigabyte
PER_GIGABYTE = {"repository": 0.10, "bucket": 0.023, "log-group": 0.03}  # dollars a gigabyte and month
BY_USE = frozenset({"service", "image", "build-project", "pipeline"})  # by the second, the build, the action
BILLED = MONTHLY.keys() | PER_GIGABYTE.keys() | BY_USE


def monthly(kind: str, size: int = 0) -> float:
    """Dollars a month for one resource of this kind that holds `size` bytes. Kinds are spelled with hyphens."""
    return MONTHLY.get(kind, 0.0) + PER_GIGABYTE.get(kind, 0.0) * size / 1e9


def task(cpu: int, memory: int, architecture: str, *, public: bool) -> float:
    """Dollars a month for a task that never stops: CPU units, MiB, and a public address if it has one."""
    core, gigabyte = FARGATE.get(architecture, FARGATE["X86_64"])
    return HOURS * (core * cpu / 1024 + gigabyte * memory / 1024) + (ADDRESS if public else 0.0)
