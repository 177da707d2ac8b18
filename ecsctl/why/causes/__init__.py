"""All checks, those closest to the running app first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ecsctl.parts import WEB
from ecsctl.why.causes import (
    balancing,
    building,
    delivering,
    fronting,
    health,
    jobs,
    keys,
    mounting,
    network,
    releasing,
    rolling,
    running,
    starting,
)
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Act, Fix, Step, rebuilt, resumed
from ecsctl.why.causes.workers import of_worker
from ecsctl.why.evidence import Facts

OF_ALL: tuple[Check, ...] = (
    *keys.CHECKS,
    *starting.CHECKS,
    *mounting.CHECKS,
    *network.CHECKS,
    *running.CHECKS,
)
TASKS: tuple[Check, ...] = (*OF_ALL, *balancing.CHECKS, *health.CHECKS)  # with those behind a load balancer
BUILDS = building.CHECKS


def causes_of(facts: Facts) -> Iterator[Cause]:
    """Yield every cause that the facts support, with complete fixes."""
    checks = OF_ALL if rolling.absent(facts) else TASKS  # without a service there are no tasks behind the load balancer
    yield from (replace(cause, process=WEB) for cause in _led(checks, resumed, facts))
    yield from filter(None, (check(facts) for check in releasing.CHECKS))
    yield from (replace(cause, process=WEB) for check in rolling.CHECKS if (cause := check(facts)))
    yield from filter(None, (check(facts) for check in (*fronting.CHECKS, *jobs.CHECKS)))
    yield from _led(BUILDS, rebuilt, facts)
    yield from filter(None, (check(facts) for check in delivering.CHECKS))


def causes_of_worker(facts: Facts) -> Iterator[Cause]:
    """Yield every cause for a worker, with its name and its own keys."""
    yield from (of_worker(cause, facts.process) for cause in _led(OF_ALL, resumed, facts))
    yield from (of_worker(cause, facts.process) for check in rolling.CHECKS if (cause := check(facts)))


def _led(checks: tuple[Check, ...], on: Callable[[Fix, Facts], Fix], facts: Facts) -> Iterator[Cause]:
    for cause in filter(None, (check(facts) for check in checks)):
        yield cause if cause.waiting else replace(cause, fix=tuple(on(way, facts) for way in cause.fix))


__all__ = ["BUILDS", "Act", "Cause", "Certainty", "Fix", "Step", "causes_of", "causes_of_worker"]
