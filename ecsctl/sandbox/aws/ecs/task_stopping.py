"""How a task stops: it is deregistered and drained, gets SIGTERM, and its interface is deleted."""

from ecsctl.sandbox.aws.ecs import container_states
from ecsctl.sandbox.aws.ecs.outside import Signal, World
from ecsctl.sandbox.aws.ecs.state import Task, balancers

# As in task_lifecycle: AWS promises no durations.
TERMINATION = 3.0  # for a container that handles SIGTERM
DEPROVISIONING = 10.0
LINGER = 40.0  # for which the network interface remains after the task is STOPPED
_DRAINING = "Target deregistration is in progress"


def stop(task: Task, t: float, world: World, reason: str, code: str, alive: bool = True) -> list[Signal]:
    """Stop a task: deregister it, send SIGTERM, delete its interface. With `alive` false, it has exited by itself."""
    if not task.wanted:
        return []
    was = task.status
    task.desired, task.stopped_reason, task.stop_code = "STOPPED", reason, code
    task.moments["stopping"] = t
    boots = task.agenda.get("ready") if was == "RUNNING" and alive else None
    task.agenda, task.healthy = {} if boots is None else {"ready": boots}, False
    signals: list[Signal] = []
    if task.registered:
        for balancer in balancers(task):
            world.target(task, balancer, "draining", "Target.DeregistrationInProgress", _DRAINING)
            signals.append(("deregistered", balancer["targetGroupArn"]))
        signals.append(("draining", ""))
        delays = [world.checks(balancer["targetGroupArn"]).delay for balancer in balancers(task)]
        task.agenda["drained"] = t + max(delays)
    if was != "RUNNING" or not alive:
        world.halt(task)
        _end(task, t, ran=was == "RUNNING")
    elif task.registered:
        task.status = "DEACTIVATING"
    else:
        _terminate(task, t, world)
    return signals


def _terminate(task: Task, t: float, world: World) -> None:
    """SIGTERM."""
    task.status = "STOPPING"
    task.agenda.pop("ready", None)
    task.agenda["terminated"] = t + TERMINATION
    world.halt(task)


def _end(task: Task, t: float, *, ran: bool) -> None:
    """Plan the end of the task: its containers have ended, only the network interface is left."""
    if ran:
        task.endings = container_states.endings(task, t)
    task.status = "DEPROVISIONING"
    task.moments["execution_stopped"] = t
    task.agenda["stopped"] = t + DEPROVISIONING


def drained(task: Task, t: float, world: World) -> list[Signal]:
    """Send SIGTERM at `t`, now that the task is deregistered from its target groups."""
    for balancer in balancers(task):
        world.target(task, balancer, "gone")
    task.registered = False
    if task.status == "DEACTIVATING":
        _terminate(task, t, world)
    return []


def terminated(task: Task, t: float, world: World) -> list[Signal]:
    """Check at `t` whether the containers have ended after SIGTERM."""
    facts = world.facts(task)
    if facts is not None:
        if facts.phase != "over":
            task.agenda["terminated"] = t + world.pace()
            return []
        _end(task, t, ran=True)
        task.endings |= facts.ended
        return []
    world.log(task, t, ("INFO:     Shutting down", "INFO:     Finished server process [1]"))
    _end(task, t, ran=True)
    return []


def stopped(task: Task, t: float, world: World) -> list[Signal]:
    """Make the task STOPPED at `t`, in seconds of sandbox time."""
    task.status = "STOPPED"
    task.moments["stopped"] = t
    if (facts := world.facts(task)) is not None:
        task.endings |= facts.ended
    world.detach(task, t + LINGER)
    return []
