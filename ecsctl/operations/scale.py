"""Another number of tasks for a while: sent to ECS, followed until they run, and undone by the next `up`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.aws.asking import asking
from ecsctl.errors import Refused, TimedOut, UsageError
from ecsctl.names import Names
from ecsctl.parts import WEB
from ecsctl.releases import reading
from ecsctl.resources.support.autoscaling import targets_of
from ecsctl.resources.support.ecs import service_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.state import State

MOST = 5000  # tasks of a service (ECS guide, "Amazon ECS service quotas")
LIMIT = 900.0  # seconds
AGAIN = "ecsctl scale"


@dataclass(frozen=True)
class Scaled:
    """A process: its previous, desired and running number of tasks, and that of ecsctl.toml.

    `configured` is None if it leaves the number to autoscaling, or cannot be read; the bounds are autoscaling's.
    """

    process: str
    before: int
    desired: int
    running: int
    configured: int | None
    bounds: tuple[int, int] | None

    @property
    def temporary(self) -> bool:
        """Whether the next `up` undoes it."""
        return self.configured is not None and self.configured != self.desired


def parse(words: Sequence[str]) -> dict[str, int]:
    """`web=3 mailer=0`, by process. Raises UsageError."""
    found: dict[str, int] = {}
    for word in words:
        process, _, count = word.partition("=")
        if not re.fullmatch(r"[a-z][a-z0-9-]*", process) or not re.fullmatch(r"[0-9]{1,4}", count):
            raise UsageError(f"expected PROCESS=NUMBER, found {word}", hint=f"{AGAIN} {WEB}=3")
        if int(count) > MOST:
            raise UsageError(f"{word}: ECS runs at most {MOST} tasks of a service")
        if process in found:
            raise UsageError(f"{process} is given twice", hint="give one number for each process")
        found[process] = int(count)
    return found


@asking("reading the processes")
def examine(aws: Aws, names: Names, wanted: Mapping[str, int], config: Config | None) -> list[Scaled]:
    """The current state of each process to scale. Raises Refused for one that cannot be scaled, with nothing
    changed.
    """
    said = {process: None if one.autoscaling else one.desired_count for process, one in
            (config.processes if config else {}).items()}  # fmt: skip
    found = []
    for process, count in wanted.items():
        own = reading.names_of(aws, names, process)
        with aws.uncached():
            service = service_of(aws, own.cluster, own.service)
            targets = targets_of(aws, [f"service/{own.service_path}"])
        if service is None or service["status"] != "ACTIVE":
            raise Refused(f"there is no service {own.service}", hint="ecsctl up creates it")
        bounds = (targets[0]["MinCapacity"], targets[0]["MaxCapacity"]) if targets else None
        if bounds and not bounds[0] <= count <= bounds[1]:
            raise _outside(process, count, bounds)
        found.append(
            Scaled(process, service["desiredCount"], count, service["runningCount"], said.get(process), bounds)
        )
    return found


def _outside(process: str, count: int, bounds: tuple[int, int]) -> Refused:
    """Autoscaling corrects a number outside its bounds, at its next step, silently."""
    low, high = bounds
    table = "service" if process == WEB else f"workers.{process}"
    key = "min" if count < low else "max"
    return Refused(
        f"{process}={count} is outside of its autoscaling, which keeps it from {low} to {high} tasks",
        why="autoscaling would bring it back at its next step",
        hint=f"{process}={min(max(count, low), high)} is within them; for others, {table}.autoscaling.{key} in "
        "ecsctl.toml, then ecsctl up",
    )


@asking("scaling")
def scale(aws: Aws, state: State, found: Sequence[Scaled]) -> None:
    """Ask ECS for that many tasks of each. No deployment starts: tasks are only added or stopped."""
    names = Names(state.book.app)
    changed = [one for one in found if one.before != one.desired]
    if not changed:
        return
    with state.locked("scale"):
        for one in changed:
            own = names.on(one.process)
            aws.ecs.update_service(cluster=own.cluster, service=own.service, desiredCount=one.desired)
    aws.forget()


def follow(aws: Aws, names: Names, found: Sequence[Scaled], limit: float = LIMIT) -> list[Scaled]:
    """Wait until exactly that many tasks of each process run. Raises TimedOut at the limit; nothing is lost then.

    If somebody, or autoscaling, asks for another number meanwhile, that is not waited for.
    """
    running: dict[str, int] = {}
    moved: dict[str, int] = {}

    def left() -> list[str]:
        summary = []
        for one in found:
            own = names.on(one.process)
            service = service_of(aws, own.cluster, own.service) or {}
            running[one.process] = int(service.get("runningCount", 0))
            moved[one.process] = int(service.get("desiredCount", 0))
            reached = running[one.process] == one.desired and not service.get("pendingCount")
            if not reached and moved[one.process] == one.desired:
                summary.append(f"{running[one.process]} of {one.desired} tasks of {one.process} run")
        return summary

    waits: list[str] = []

    def done() -> bool | None:
        nonlocal waits
        with aws.uncached():
            waits = left()
        return None if waits else True

    try:
        aws.patience.until(done, what=lambda: "; ".join(waits) or "the tasks", limit=limit)
    except TimedOut as error:
        hint = "nothing is lost, it goes on by itself: ecsctl why says what keeps tasks from running"
        raise TimedOut(error.message, why="; ".join(waits), hint=hint) from None
    return [
        Scaled(one.process, one.before, moved[one.process], running[one.process], one.configured, one.bounds)
        for one in found
    ]


def summary(one: Scaled) -> str:
    """The result for a process, and how long it lasts."""
    count = f"{one.running} task{'' if one.running == 1 else 's'} of {one.process} run{'s' if one.running == 1 else ''}"
    if one.bounds:
        return f"{count}; autoscaling goes on from there, from {one.bounds[0]} to {one.bounds[1]}"
    if one.configured is None:
        return f"{count}, until the next ecsctl up"
    if not one.temporary:
        return f"{count}, as ecsctl.toml says"
    return f"{count}, until the next ecsctl up: ecsctl.toml says {one.configured}"
