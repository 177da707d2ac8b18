"""Everything that can be wrong, nearest to the running app first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ecsctl.parts import WEB
from ecsctl.why.causes import (
    building,
    delivering,
    fronting,
    health,
    jobs,
    mounting,
    network,
    releasing,
    rolling,
    running,
    starting,
)
from ecsctl.why.causes.cause import Cause, Certainty, Judge
from ecsctl.why.causes.fixes import Act, Fix, Step, rebuilt, resumed
from ecsctl.why.causes.workers import of_worker
from ecsctl.why.evidence import Facts

OF_ALL: tuple[Judge, ...] = (*starting.JUDGES, *mounting.JUDGES, *network.JUDGES, *running.JUDGES)
TASKS: tuple[Judge, ...] = (*OF_ALL, *health.JUDGES)  # those too that a load balancer asks
BUILDS = building.JUDGES


def judged(facts: Facts) -> Iterator[Cause]:
    """Every cause that the facts show, each with ways that lead all the way out."""
    yield from (replace(cause, process=WEB) for cause in _led(TASKS, resumed, facts))
    yield from filter(None, (judge(facts) for judge in releasing.JUDGES))
    yield from (replace(cause, process=WEB) for judge in rolling.JUDGES if (cause := judge(facts)))
    yield from filter(None, (judge(facts) for judge in (*fronting.JUDGES, *jobs.JUDGES)))
    yield from _led(BUILDS, rebuilt, facts)
    yield from filter(None, (judge(facts) for judge in delivering.JUDGES))


def judged_of_worker(facts: Facts) -> Iterator[Cause]:
    """Every cause that the facts about a worker show, in its own words."""
    yield from (of_worker(cause, facts.process) for cause in _led(OF_ALL, resumed, facts))
    yield from (of_worker(cause, facts.process) for judge in rolling.JUDGES if (cause := judge(facts)))


def _led(judges: tuple[Judge, ...], on: Callable[[Fix, Facts], Fix], facts: Facts) -> Iterator[Cause]:
    for cause in filter(None, (judge(facts) for judge in judges)):
        yield cause if cause.calm else replace(cause, fix=tuple(on(way, facts) for way in cause.fix))


__all__ = ["BUILDS", "Act", "Cause", "Certainty", "Fix", "Step", "judged", "judged_of_worker"]
