"""The containers of a task beside the one that serves: when each starts, ends, or is found unhealthy.

Docker's and the agent's rules, computed at once when the images are pulled: nothing here depends on the rest of AWS.
The words are the agent's (amazon-ecs-agent, dependencygraph/graph.go; aws/amazon-ecs-agent#3218, which says of a
container whose dependency can never be met that it is stopped with exit code 143).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from ecsctl.sandbox.aws.ecs.state import Box, Task, Wire

STARTS = 1.0  # from a container's turn until it runs; AWS promises nothing
ENDS = 5.0  # how long one runs for whose end others wait
SIGTERM = 143


@dataclass(frozen=True)
class Outcome:
    """Describes what a container does once it runs. `kind`: "on", "ends" (after `after` seconds) or "sick"."""

    kind: str = "on"
    after: float = ENDS
    code: int = 0
    reason: str | None = None
    lines: tuple[str, ...] = ()
    last: tuple[str, ...] = ()


def own(task: Task) -> Wire:
    """The container that serves: the load balancer's, else the first essential one."""
    named = {one.get("containerName") for one in task.terms.get("loadBalancers") or ()}
    containers = task.definition.containers
    served = next((one for one in containers if one["name"] in named), None)
    return served or next((one for one in containers if one["essential"]), containers[0])


def planned(containers: Sequence[Wire], outcomes: Mapping[str, Outcome], t: float) -> dict[str, Box]:
    """Returns what becomes of each container, by name, if their turn comes at `t`. Dependencies go in no circle."""
    by_name = {one["name"]: one for one in containers}
    ended_for = {need["containerName"] for one in containers for need in one.get("dependsOn") or ()
                 if need["condition"] in ("COMPLETE", "SUCCESS")}  # fmt: skip
    made: dict[str, Box] = {}

    def box(name: str) -> Box:
        if name not in made:
            made[name] = _box(by_name[name], outcomes.get(name) or Outcome("ends" if name in ended_for else "on"))
        return made[name]

    def _box(container: Wire, outcome: Outcome) -> Box:
        turn = t
        for need in container.get("dependsOn") or ():
            other, condition = by_name[need["containerName"]], need["condition"]
            before = box(other["name"])
            met, never = _met(before, condition)
            late = inf if before.start is None else before.start + (other.get("startTimeout") or inf)
            if never is None and condition != "START" and met > late:
                never = late, "container ordering dependency {} for target {} has timed out."
            if never is not None:
                when, words = never
                target = f"[{container['name']}({container['image']}) (NONE->RUNNING)]"
                detail = words.format(_dependency(other, before), target)
                return Box(None, max(t, when), SIGTERM, f"CannotStartContainerError: dependency graph: {detail}")
            turn = max(turn, met)
        if turn == inf:
            return Box(inf)
        return _running(container, outcome, turn + STARTS)

    for name in by_name:
        box(name)
    return made


def _running(container: Wire, outcome: Outcome, start: float) -> Box:
    check = container.get("healthCheck")
    made = Box(start, lines=outcome.lines, last=outcome.last)
    if check:
        made.well = start + check["interval"]
    if outcome.kind == "sick" and check:
        made.well, made.sick = None, start + check.get("startPeriod", 0) + check["interval"] * check["retries"]
    restart = container.get("restartPolicy") or {}
    again = restart.get("enabled") and outcome.code not in (restart.get("ignoredExitCodes") or ())
    if outcome.kind == "ends" and not (again and outcome.after >= restart.get("restartAttemptPeriod", 300)):
        made.end, made.code, made.reason = start + outcome.after, outcome.code, outcome.reason
    return made


Never = tuple[float, str] | None


def _met(box: Box, condition: str) -> tuple[float, Never]:
    """Returns when a condition is met, and since when it is clear that it never will be, with the agent's words."""
    if box.start is None:
        words = "failed to resolve container ordering dependency {} for target {} because dependency will never start"
        return inf, (box.end or 0.0, words)
    if condition == "START" or box.start == inf:
        return box.start, None
    if condition == "HEALTHY":  # an essential one that is not is stopped with its task; for another they wait on
        return (inf if box.well is None else box.well), None
    if box.end is None:
        return inf, None
    if condition == "SUCCESS" and box.code:
        why = "as dependency did not exit successfully."
        return inf, (box.end, f"failed to resolve container ordering dependency {{}} for target {{}} {why}")
    return box.end, None


def _dependency(container: Wire, box: Box) -> str:
    state = "STOPPED" if box.end is not None else "RUNNING"
    code = f" - Exit: {box.code}" if box.code is not None else ""
    return f"[{container['name']}({container['image']}) ({state}->RUNNING){code}]"


def rests(task: Task) -> tuple[float, str, float]:
    """Returns when all have started (inf: never); and which essential one ends the task first, or is found sick, and
    when.
    """
    essential = {one["name"] for one in task.definition.containers if one["essential"]}
    up = max((box.start for box in task.boxes.values() if box.start is not None), default=0.0)
    fatal = [(when, name) for name, box in task.boxes.items() if name in essential
             for when in (box.end, box.sick) if when is not None]  # fmt: skip
    when, name = min(fatal, default=(inf, ""))
    return up, name, when


def endings(task: Task, t: float) -> dict[str, tuple[int | None, str | None]]:
    """Returns how all containers have ended in a task that is stopped: by themselves before, or then by SIGTERM.

    The one that serves handles it, and ends with 0.
    """
    found: dict[str, tuple[int | None, str | None]] = {}
    for container in task.definition.containers:
        name = container["name"]
        box = task.boxes.get(name)
        if box and box.end is not None and box.end <= t:
            found[name] = (box.code, box.reason)
        elif box and (box.start is None or box.start > t):
            found[name] = (None, None)
        else:
            found[name] = (0 if name == own(task)["name"] else SIGTERM, None)
    return found


def shown(task: Task, name: str, now: float) -> dict[str, Any]:
    """Returns what of a container's state follows from its own life, while its task lives, beside the one that
    serves.
    """
    box = task.boxes.get(name)
    if box is None or name == own(task)["name"] or not task.wanted:
        return {}
    if box.end is not None and box.end <= now:
        return {"lastStatus": "STOPPED", "exitCode": box.code, "reason": box.reason}
    if box.start is None or box.start > now:
        return {"lastStatus": "PENDING"}
    return {"lastStatus": "RUNNING"}


def health(task: Task, name: str, now: float) -> str:
    """Returns what a container's own check has found by now."""
    box = task.boxes.get(name)
    at = min(now, task.moments.get("stopping", now))
    if box is None:
        return "UNKNOWN"
    if box.sick is not None and box.sick <= at:
        return "UNHEALTHY"
    return "HEALTHY" if box.well is not None and box.well <= at else "UNKNOWN"
