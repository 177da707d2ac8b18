"""What things cost a month: list prices, for orientation.

A kind's price is in its class. Tasks are priced by "AWS Fargate pricing" (Linux), secrets by "AWS Secrets Manager
pricing". Other regions differ, mostly by less than a third: the sentence says which region's prices these are.
"""

from __future__ import annotations

from ecsctl.resources import by_name
from ecsctl.resources.elastic_ip import ElasticIp

AS_OF = "us-east-1 list prices, November 2026"
HOURS = 730  # in a month
ADDRESS = ElasticIp.hourly * HOURS
SECRET = 0.40
STORAGE, FREE = 0.000111, 20  # dollars an hour for a GiB of a task's storage, and the GiB that are free
SPOT = 0.3  # of that, as an estimate: "up to 70% discount", depending on supply and demand ("AWS Fargate pricing")
SCHEDULED, UNCHARGED = 1.0, 14  # dollars for a million starts by EventBridge Scheduler, and the millions that are free
FARGATE = {"ARM64": (0.03238, 0.00356), "X86_64": (0.04048, 0.004445)}  # dollars an hour for a vCPU, for a gigabyte


def monthly(kind: str, size: int = 0) -> float:
    """Dollars a month for one resource of this kind that holds `size` bytes."""
    facts = by_name()[kind]
    return facts.hourly * HOURS + facts.per_gigabyte * size / 1e9


def is_billed(kind: str) -> bool:
    """Whether one of this kind costs anything at all, if only by use."""
    facts = by_name()[kind]
    return bool(facts.hourly or facts.per_gigabyte or facts.by_use)


def minute(cpu: int, memory: int, architecture: str) -> float:
    """Dollars for a minute of a task: CPU units, MiB."""
    return task(cpu, memory, architecture, public=False) / HOURS / 60


def task(cpu: int, memory: int, architecture: str, *, public: bool, storage: int = 0) -> float:
    """Dollars a month for a task that runs all the time: CPU units, MiB, GiB of storage, a public address if it has
    one.
    """
    core, gigabyte = FARGATE.get(architecture, FARGATE["X86_64"])
    hourly = core * cpu / 1024 + gigabyte * memory / 1024 + STORAGE * max(0, storage - FREE)
    return HOURS * hourly + (ADDRESS if public else 0.0)
