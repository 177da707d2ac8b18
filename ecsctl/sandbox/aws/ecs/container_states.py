"""The containers of a task beside its main one: when each starts, ends or becomes unhealthy.

The rules of Docker and the ECS agent, evaluated once, when the images are pulled: nothing here depends on other parts
of AWS. Messages are the agent's (amazon-ecs-agent, dependencygraph/graph.go; aws/amazon-ecs-agent#3218, by which a
container whose dependency can never be met is stopped with exit code 143).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from ecsctl.sandbox.aws.ecs.state import ContainerRun, Task, Wire

STARTS = 1.0  # seconds from the time a container may start until it runs; AWS promises no duration
ENDS = 5.0  # seconds that a container runs whose end others wait for
SIGTERM = 143


@dataclass(frozen=True)
class Outcome:
    """What a container does once it runs. `kind`: "on" (keeps running), "ends" (after `after` seconds) or "sick"."""

    kind: str = "on"
    after: float = ENDS
    code: int = 0
    reason: str | None = None
    lines: tuple[str, ...] = ()
    last: tuple[str, ...] = ()


def own(task: Task) -> Wire:
    """The main container: the load balancer's target, or else the first essential one."""
    named = {one.get("containerName") for one in task.terms.get("loadBalancers") or ()}
    containers = task.definition.containers
    served = next((one for one in containers if one["name"] in named), None)
    return served or next((one for one in containers if one["essential"]), containers[0])


def planned(containers: Sequence[Wire], outcomes: Mapping[str, Outcome], t: float) -> dict[str, ContainerRun]:
    """Returns the run of each container, by name, if they may start at `t`. Dependencies must not be circular."""
    by_name = {one["name"]: one for one in containers}
    ended_for = {need["containerName"] for one in containers for need in one.get("dependsOn") or ()
                 if need["condition"] in ("COMPLETE", "SUCCESS")}  # fmt: skip
    made: dict[str, ContainerRun] = {}

    def container_run(name: str) -> ContainerRun:
        if name not in made:
            made[name] = _container_run(
                by_name[name], outcomes.get(name) or Outcome("ends" if name in ended_for else "on")
            )
        return made[name]

    def _container_run(container: Wire, outcome: Outcome) -> ContainerRun:
        turn = t
        for need in container.get("dependsOn") or ():
            other, condition = by_name[need["containerName"]], need["condition"]
            before = container_run(other["name"])
            met, never = _met(before, condition)
            late = inf if before.start is None else before.start + (other.get("startTimeout") or inf)
            if never is None and condition != "START" and met > late:
                never = late, "container ordering dependency {} for target {} has timed out."
            if never is not None:
                when, words = never
                target = f"[{container['name']}({container['image']}) (NONE->RUNNING)]"
                detail = words.format(_dependency(other, before), target)
                return ContainerRun(
                    None, max(t, when), SIGTERM, f"CannotStartContainerError: dependency graph: {detail}"
                )
            turn = max(turn, met)
        if turn == inf:
            return ContainerRun(inf)
        return _running(container, outcome, turn + STARTS)

    for name in by_name:
        container_run(name)
    return made


def _running(container: Wire, outcome: Outcome, start: float) -> ContainerRun:
    check = container.get("healthCheck")
    made = ContainerRun(start, lines=outcome.lines, last=outcome.last)
    if check:
        made.healthy = start + check["interval"]
    if outcome.kind == "sick" and check:
        made.healthy, made.unhealthy = None, start + check.get("startPeriod", 0) + check["interval"] * check["retries"]
    restart = container.get("restartPolicy") or {}
    again = restart.get("enabled") and outcome.code not in (restart.get("ignoredExitCodes") or ())
    if outcome.kind == "ends" and not (again and outcome.after >= restart.get("restartAttemptPeriod", 300)):
        made.end, made.code, made.reason = start + outcome.after, outcome.code, outcome.reason
    return made


Never = tuple[float, str] | None


def _met(container_run: ContainerRun, condition: str) -> tuple[float, Never]:
    """Returns when a condition is met (inf: not), and if it never can be, since when and with which agent message."""
    if container_run.start is None:
        words = "failed to resolve container ordering dependency {} for target {} because dependency will never start"
        return inf, (container_run.end or 0.0, words)
    if condition == "START" or container_run.start == inf:
        return container_run.start, None
    if condition == "HEALTHY":  # if it is not essential, they wait forever; otherwise its task is stopped
        return (inf if container_run.healthy is None else container_run.healthy), None
    if container_run.end is None:
        return inf, None
    if condition == "SUCCESS" and container_run.code:
        why = "as dependency did not exit successfully."
        return inf, (container_run.end, f"failed to resolve container ordering dependency {{}} for target {{}} {why}")
    return container_run.end, None


def _dependency(container: Wire, container_run: ContainerRun) -> str:
    state = "STOPPED" if container_run.end is not None else "RUNNING"
    code = f" - Exit: {container_run.code}" if container_run.code is not None else ""
    return f"[{container['name']}({container['image']}) ({state}->RUNNING){code}]"


def rests(task: Task) -> tuple[float, str, float]:
    """Returns when all containers have started (inf: never), which essential one first ends or becomes unhealthy and so
    ends the task, and when it does.
    """
    essential = {one["name"] for one in task.definition.containers if one["essential"]}
    up = max(
        (container_run.start for container_run in task.container_runs.values() if container_run.start is not None),
        default=0.0,
    )
    fatal = [(when, name) for name, container_run in task.container_runs.items() if name in essential
             for when in (container_run.end, container_run.unhealthy) if when is not None]  # fmt: skip
    when, name = min(fatal, default=(inf, ""))
    return up, name, when


def endings(task: Task, t: float) -> dict[str, tuple[int | None, str | None]]:
    """Returns exit code and reason of each container in a stopped task: of its own end, or of SIGTERM.

    The main container handles SIGTERM, and exits with 0.
    """
    found: dict[str, tuple[int | None, str | None]] = {}
    for container in task.definition.containers:
        name = container["name"]
        container_run = task.container_runs.get(name)
        if container_run and container_run.end is not None and container_run.end <= t:
            found[name] = (container_run.code, container_run.reason)
        elif container_run and (container_run.start is None or container_run.start > t):
            found[name] = (None, None)
        else:
            found[name] = (0 if name == own(task)["name"] else SIGTERM, None)
    return found


def shown(task: Task, name: str, now: float) -> dict[str, Any]:
    """Returns the members of a container's state that its own run determines, while its task runs; empty for the main
    container.
    """
    container_run = task.container_runs.get(name)
    if container_run is None or name == own(task)["name"] or not task.wanted:
        return {}
    if container_run.end is not None and container_run.end <= now:
        return {"lastStatus": "STOPPED", "exitCode": container_run.code, "reason": container_run.reason}
    if container_run.start is None or container_run.start > now:
        return {"lastStatus": "PENDING"}
    return {"lastStatus": "RUNNING"}


def health(task: Task, name: str, now: float) -> str:
    """The status of a container's own health check at `now`."""
    container_run = task.container_runs.get(name)
    at = min(now, task.moments.get("stopping", now))
    if container_run is None:
        return "UNKNOWN"
    if container_run.unhealthy is not None and container_run.unhealthy <= at:
        return "UNHEALTHY"
    return "HEALTHY" if container_run.healthy is not None and container_run.healthy <= at else "UNKNOWN"
