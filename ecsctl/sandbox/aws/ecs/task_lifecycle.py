"""The life cycle of one task, from PROVISIONING to RUNNING; task_stopping has the rest.

A task advances by the entries of its agenda. Each step gets the time at which it happens, uses other services only
through `World`, and returns signals for the task's owner. So the same steps work with moto, with any clock, and with a
fake world in unit tests.
"""

import re
import traceback
from collections.abc import Callable
from math import inf
from typing import Any

from ecsctl.sandbox.aws.ecs import container_states
from ecsctl.sandbox.aws.ecs.outside import Facts, Run, Signal, World
from ecsctl.sandbox.aws.ecs.state import ContainerRun, Task, balancers
from ecsctl.sandbox.aws.ecs.task_stopping import DEPROVISIONING, drained, stop, stopped, terminated

# AWS promises no durations. These resemble public logs of Fargate deployments: RUNNING after about half a minute, the
# exec agent some seconds later, an interface that is deleted some tens of seconds after its task has stopped.
PROVISIONING = 12.0  # until the network interface is attached
ACTIVATING = 3.0
SETTLING = 20.0  # after which a task without a load balancer counts as healthy
AGENT = 15.0  # until ECS Exec works
UNUSED = 30.0  # until a target without a listener is checked again


def step(task: Task, kind: str, t: float, world: World) -> list[Signal]:
    """Handle the task's agenda entry `kind` at time `t`.

    An error in a step stops the task and adds an event, so that the step is not repeated at every request.
    """
    del task.agenda[kind]
    try:
        return _STEPS[kind](task, t, world)
    except Exception as error:  # noqa: BLE001 - whatever breaks in the simulation is an event in it
        traceback.print_exc()
        return _broken(task, t, f"the sandbox broke: {type(error).__name__}: {error}")


def _broken(task: Task, t: float, reason: str) -> list[Signal]:
    if "started" not in task.moments and task.status != "DEPROVISIONING":
        return _not_started(task, t, reason)
    task.desired, task.status, task.healthy = "STOPPED", "STOPPED", False
    task.agenda, task.registered = {}, False
    task.stopped_reason = task.stopped_reason or reason
    for moment in ("stopping", "execution_stopped", "stopped"):
        task.moments.setdefault(moment, t)
    return [("say", f"(task {task.id}) stopped. Reason: {reason.rstrip('.')}."), ("failed", "")]


def _provisioned(task: Task, t: float, world: World) -> list[Signal]:
    made = world.attach(task)
    if isinstance(made, str):
        return _not_started(task, t, made)
    task.interface = made
    task.status = "PENDING"
    task.moments["pull_started"] = t
    start = world.start(task)
    task.digests = dict(start.digests)
    task.trouble, task.troubled = start.failure, start.container
    if start.failure is None:
        world.prepare(task)
    task.agenda["pulled" if start.failure is None else "not_started"] = t + _takes(task, start.seconds, world)
    return []


def _takes(task: Task, seconds: float, world: World) -> float:
    """The duration of a simulated step; for real containers, the time until the next check."""
    return seconds if world.facts(task) is None else world.pace()


def _failed_to_start(task: Task, t: float, _world: World) -> list[Signal]:
    return _not_started(task, t, task.trouble or "")


def _not_started(task: Task, t: float, reason: str) -> list[Signal]:
    task.desired, task.status = "STOPPED", "DEPROVISIONING"
    task.stop_code, task.stopped_reason = "TaskFailedToStart", reason
    task.moments["stopping"] = task.moments["execution_stopped"] = t
    if re.match("Cannot(Create|Pull|Start)ContainerError", reason):  # these are also the container's reason
        names = (container["name"] for container in task.definition.containers)
        task.endings = {name: (None, reason) for name in names if task.troubled in ("", name)}
    task.agenda = {"stopped": t + DEPROVISIONING}
    return [("say", f"was unable to place a task. Reason: {reason.rstrip('.')}."), ("failed", "start")]


def _pulled(task: Task, t: float, world: World) -> list[Signal]:
    facts = world.facts(task)
    if facts is not None and (facts.failure or facts.phase == "preparing"):
        return _not_yet(task, t, world, "pulled", facts)
    world.launch(task)
    task.moments["pull_stopped"] = t
    task.status = "ACTIVATING"
    if facts is not None:
        task.agenda["running"] = t + world.pace()
        return []
    task.container_runs = container_states.planned(task.definition.containers, world.outcomes(task), t)
    up, _, fatal = container_states.rests(task)
    if fatal <= up:
        task.agenda["fatal"] = fatal
    elif up < inf:
        task.agenda["running"] = up - container_states.STARTS + ACTIVATING
    return []


def _not_yet(task: Task, t: float, world: World, kind: str, facts: Facts) -> list[Signal]:
    """Wait longer for the task's real containers, or fail with them."""
    if facts.failure:
        return _not_started(task, t, facts.failure)
    task.agenda[kind] = t + world.pace()
    return []


def _running(task: Task, t: float, world: World) -> list[Signal]:
    facts = world.facts(task)
    if facts is not None and (facts.failure or facts.phase == "starting"):
        return _not_yet(task, t, world, "running", facts)
    task.status = "RUNNING"
    task.moments["started"] = t
    task.run = run = world.run(task)
    world.log(task, t, run.lines)
    for name, container_run in task.container_runs.items():
        if name != container_states.own(task)["name"] and container_run.start is not None:
            world.log(task, container_run.start, container_run.lines, name)
            if container_run.end is not None and container_run.end <= t:
                world.log(task, container_run.end, container_run.last, name)
    _, _, fatal = container_states.rests(task)
    if fatal < inf:
        task.agenda["fatal"] = max(t, fatal)
    if run.ready:
        task.agenda["ready"] = t + run.after
    signals: list[Signal] = [("running", "")]
    for balancer in balancers(task):
        unused = run.kind == "unused"
        state, reason, text = ("unused", run.target_reason, run.target_description) if unused else _INITIAL
        world.target(task, balancer, state, reason, text)
        signals.append(("registered", balancer["targetGroupArn"]))
    task.registered = bool(balancers(task))
    if run.kind == "exit":
        task.agenda["exited"] = t + run.after
    elif run.kind == "sick":
        check = container_states.own(task).get("healthCheck") or {"interval": 30, "retries": 3}
        found = t + check.get("startPeriod", 0) + check["interval"] * check["retries"]
        task.agenda["sick"] = max(found, t + _grace(task))
    elif run.kind == "unused":
        task.agenda["unused"] = t + UNUSED
    elif run.kind != "real":
        _plan_health(task, t, world, run)
    elif not balancers(task) and not _container_check(task):
        task.agenda["healthy"] = t + SETTLING
    if facts is not None:
        task.agenda["check"] = t
    return signals


def _ready(task: Task, t: float, world: World) -> list[Signal]:
    """Write the log lines of a booted app. It may be draining already, since it runs until SIGTERM."""
    world.log(task, t, task.run.ready)
    return []


def _check(task: Task, t: float, world: World) -> list[Signal]:
    """Handle what has happened to the real containers since the last check."""
    facts = world.facts(task)
    if facts is None or task.status != "RUNNING":
        return []
    for name, (code, reason) in facts.ended.items():
        task.container_runs.setdefault(name, ContainerRun(task.moments["started"], t, code, reason))
    if facts.died is not None:
        code, reason = facts.ended[facts.died]
        task.run = Run("exit", 0.0, code, reason)
        return _exited(task, t, world)
    task.agenda["check"] = t + world.pace()
    if task.run.kind != "real":
        return []
    if facts.inside == "unhealthy" and t >= task.moments["started"] + _grace(task):
        return _end_unhealthy(task, t, world)
    if facts.target == "unhealthy" and "killed" not in task.agenda:
        task.run = Run("real", target_reason=facts.reason, target_description=facts.text)
        return _unhealthy(task, t, world)
    checks = [facts.target] * bool(balancers(task)) + [facts.inside] * bool(_container_check(task))
    if checks and not task.healthy and all(check == "healthy" for check in checks):
        return _healthy(task, t, world)
    return []


def _unused(task: Task, t: float, world: World) -> list[Signal]:
    """Check again whether a listener forwards to the task now: ELB checks a target as soon as one does."""
    run = world.run(task)
    if run.kind == "unused":
        task.agenda["unused"] = t + UNUSED
        return []
    task.run = run
    for balancer in balancers(task):
        world.target(task, balancer, *_INITIAL)
    if run.kind != "real":
        _plan_health(task, t, world, run)
    return []


_INITIAL = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")


def _plan_health(task: Task, t: float, world: World, run: Run) -> None:
    """Plan when the load balancer decides: threshold times interval after the task's start, or once it answers."""
    checks = [world.checks(balancer["targetGroupArn"]) for balancer in balancers(task)]
    ready = t + run.after
    healthy = max([ready + check.healthy * check.interval for check in checks], default=t + SETTLING)
    if container := _container_check(task):
        healthy = max(healthy, ready + container["interval"])
    unhealthy = min([t + check.unhealthy * check.interval for check in checks], default=float("inf"))
    if run.kind == "unhealthy":
        task.agenda["unhealthy"] = unhealthy
    elif run.kind == "healthy":
        task.agenda["healthy"] = healthy
        if ready > unhealthy:  # a slow starter
            task.agenda["unhealthy"] = unhealthy


def _container_check(task: Task) -> dict[str, Any] | None:
    found = (c.get("healthCheck") for c in task.definition.containers if c["essential"])
    return next((check for check in found if check), None)


def _healthy(task: Task, _t: float, world: World) -> list[Signal]:
    task.healthy = True
    task.agenda.pop("killed", None)
    if _container_check(task):
        task.container_health = "HEALTHY"
    for balancer in balancers(task):
        world.target(task, balancer, "healthy")
    return [("healthy", "")]


def _unhealthy(task: Task, t: float, world: World) -> list[Signal]:
    run = task.run
    task.healthy = False
    reason, text = run.target_reason or "Target.FailedHealthChecks", run.target_description or "Health checks failed"
    signals: list[Signal] = []
    world.log(task, t, run.last)
    for balancer in balancers(task):
        world.target(task, balancer, "unhealthy", reason, text)
        where = f"(port {balancer['containerPort']}) is unhealthy in (target-group {balancer['targetGroupArn']})"
        signals.append(("say", f"(task {task.id}) {where} due to (reason {text})."))
    task.agenda["killed"] = max(t, task.moments["started"] + _grace(task))
    return signals


def _recheck(task: Task, t: float, world: World) -> list[Signal]:
    """Decide the health of a running task again, since the load balancer's check or the network has changed. Nothing
    happens if the result is the same as before.
    """
    run = world.run(task) if task.status == "RUNNING" and task.registered else None
    if run is None or run.kind not in ("healthy", "unhealthy") or run.kind == task.run.kind:
        return []
    checks = [world.checks(balancer["targetGroupArn"]) for balancer in balancers(task)]
    task.run = run
    for kind in ("healthy", "unhealthy", "killed"):
        task.agenda.pop(kind, None)
    if run.kind == "unhealthy":
        task.agenda["unhealthy"] = t + min(check.unhealthy * check.interval for check in checks)
    elif not task.healthy:
        task.agenda["healthy"] = t + max(check.healthy * check.interval for check in checks)
    return []


def _grace(task: Task) -> float:
    """For how many seconds the scheduler ignores failing checks (API reference,
    Service.healthCheckGracePeriodSeconds).
    """
    return float(task.terms.get("healthCheckGracePeriodSeconds") or 0)


def _killed(task: Task, t: float, world: World) -> list[Signal]:
    where = " ".join(f"(target-group {balancer['targetGroupArn']})" for balancer in balancers(task))
    signals = stop(task, t, world, f"Task failed ELB health checks in {where}", "ServiceSchedulerInitiated")
    return [*signals, ("failed", "")]


def _end_unhealthy(task: Task, t: float, world: World) -> list[Signal]:
    """Stop a service's task; a standalone one is only reported (ECS guide, "Determine Amazon ECS task health")."""
    task.container_health = "UNHEALTHY"
    if not task.served:
        return []
    signals = stop(task, t, world, "Task failed container health checks", "ServiceSchedulerInitiated")
    return [("say", f"(task {task.id}) failed container health checks."), *signals, ("failed", "")]


def _fatal(task: Task, t: float, world: World) -> list[Signal]:
    """End the task, since an essential container beside the main one has ended, never starts, or is unhealthy."""
    _, name, _ = container_states.rests(task)
    container_run = task.container_runs[name]
    was_healthy = task.healthy
    if container_run.end is None or (container_run.unhealthy or inf) < container_run.end:
        if not task.terms.get("healthCheckGracePeriodSeconds") or t >= task.moments.get("started", t) + _grace(task):
            return _end_unhealthy(task, t, world)
        task.agenda["fatal"] = task.moments["started"] + _grace(task)
        return []
    for one, other in task.container_runs.items():  # including those that ended earlier
        if "started" not in task.moments and other.start is not None and other.start <= t:
            world.log(task, other.start, other.lines, one)
            world.log(task, other.end or t, other.last if other.end and other.end <= t else (), one)
    if "started" in task.moments:
        world.log(task, t, container_run.last, name)
    signals = stop(task, t, world, "Essential container in task exited", "EssentialContainerExited", alive=False)
    task.endings = container_states.endings(task, t)
    return [*signals, ("died" if was_healthy else "failed", "")]


def _exited(task: Task, t: float, world: World) -> list[Signal]:
    first = container_states.own(task)["name"]
    was_healthy = task.healthy
    world.log(task, t, task.run.last)
    facts = world.facts(task)
    signals = stop(task, t, world, "Essential container in task exited", "EssentialContainerExited", alive=False)
    task.endings |= facts.ended if facts else {first: (task.run.code, task.run.reason)}
    return [*signals, ("died" if was_healthy else "failed", "")]


_STEPS: dict[str, Callable[[Task, float, World], list[Signal]]] = {
    "provisioned": _provisioned,
    "not_started": _failed_to_start,
    "pulled": _pulled,
    "running": _running,
    "ready": _ready,
    "check": _check,
    "healthy": _healthy,
    "unhealthy": _unhealthy,
    "killed": _killed,
    "recheck": _recheck,
    "unused": _unused,
    "sick": _end_unhealthy,
    "fatal": _fatal,
    "exited": _exited,
    "drained": drained,
    "terminated": terminated,
    "stopped": stopped,
}
