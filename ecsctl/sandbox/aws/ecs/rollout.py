"""The service scheduler: how many tasks of each deployment run, when one fails, and what it is rolled back to."""

import math
from collections.abc import Callable

from ecsctl.sandbox.aws.ecs import alarms, shifting, task_stopping
from ecsctl.sandbox.aws.ecs.outside import World
from ecsctl.sandbox.aws.ecs.service_events import say, say_targets
from ecsctl.sandbox.aws.ecs.state import Deployment, Release, Service, Task, Wire

Launch = Callable[[Service, Deployment, float], Task]

REPORT = 6 * 3600.0  # "The service scheduler reports the status periodically"; the period is an assumption
MIN_DRAINING = 10.0  # even a service without tasks is DRAINING for a moment; an assumption
STOP_REQUESTED = 5.0  # until a requested stop begins; an assumption
# ECS guide, "Service throttle logic": the time between attempts grows up to a maximum (15 minutes, later 27), for
# tasks that never reach RUNNING. A public log of a missing image shows attempts at 0, 2.5 and 7 minutes.
THROTTLE = (0.0, 240.0, 480.0, 900.0)
_REFUSED = (20.0, 180.0, 600.0, 900.0)  # between launches that ECS cannot begin; an assumption
_IMPAIRED = 3  # failures in a row after which an event reports it; an assumption


def percentages(settings: Wire) -> tuple[int, int]:
    """The minimum healthy and the maximum percentage; 100 and 200 unless set (API reference)."""
    wanted = settings.get("deploymentConfiguration") or {}
    return wanted.get("minimumHealthyPercent", 100), wanted.get("maximumPercent", 200)


def breaker(service: Service) -> Wire | None:
    """The circuit breaker's settings, if it is enabled."""
    found: Wire = (service.settings.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
    return found if found.get("enable") else None


def threshold(service: Service) -> int:
    """The number of failed tasks that trips the circuit breaker.

    ECS guide, "How the deployment circuit breaker detects failures", and API reference, ThresholdConfiguration: half
    the desired count, rounded up, at least 3 and at most 200, unless configured otherwise.
    """
    wanted = (breaker(service) or {}).get("thresholdConfiguration") or {}
    kind, value = wanted.get("type", "BOUNDED_PERCENT"), wanted.get("value", 50)
    if kind == "COUNT":
        return int(value)
    share = math.ceil(service.desired_count * int(value) / 100)
    return share if kind == "UNBOUNDED_PERCENT" else min(200, max(3, share))


def early(service: Service) -> Wire | None:
    """The early success criteria, if they are enabled."""
    found: Wire = (service.settings.get("deploymentConfiguration") or {}).get("earlySuccessCriteria") or {}
    return found if found.get("enable") else None


def schedule(service: Service, world: World, t: float, launch: Launch) -> None:
    """Start and stop tasks to reach the desired count, within the deployment percentages, and add events."""
    if service.status != "ACTIVE":
        _drain(service, world, t)
        return
    _drop_replaced(service)
    if service.primary.rollout == "FAILED":
        return
    if shifting.is_shifting(service):
        _shift(service, world, t, launch)
        return
    moved = _stop_some(service, world, t)
    moved |= _start_some(service, world, t, launch)
    _drop_replaced(service)
    _decide(service, world, t, moved)


def _shift(service: Service, world: World, t: float, launch: Launch) -> None:
    """Keep all tasks of both versions running until all requests go to the new one and its bake time is over."""
    service.steady = False
    before = service.good
    if before is not None and before is not service.primary and service.release and service.release.stage != "CLEAN_UP":
        for _ in range(service.desired_count - sum(task.wanted for task in service.of(before))):
            launch(service, before, t)  # replaces a task that has ended meanwhile
    done = shifting.schedule(service, world, t)
    if service.release is not None and service.release.stage != "PRE_SCALE_UP":
        _start_some(service, world, t, launch)
    if service.release is not None and service.release.stage == "CLEAN_UP":
        old = [task for task in service.tasks if task.wanted and task.started_by != service.primary.id]
        halt(service, world, t, old)
        done = done and not old
    _drop_replaced(service)
    if done:
        _settle(service, t)


def shifted(service: Service, world: World, t: float) -> None:
    """Continue a traffic-shifting deployment after a wait, or fail it after it has waited for too long."""
    release = service.release
    if release is None or not shifting.is_shifting(service):
        return
    if why := shifting.late(release, t):
        _give_up(service, world, t, ("ECS deployment", why, "timed out"), back=True)


def _drain(service: Service, world: World, t: float) -> None:
    """Stop the tasks of a deleted service, which is INACTIVE once all are STOPPED."""
    if service.status != "DRAINING":
        return
    halt(service, world, t, [task for task in service.tasks if task.wanted])
    if any(task.status != "STOPPED" for task in service.tasks):
        return
    if t >= (due := (service.deleted or 0.0) + MIN_DRAINING):
        service.status = "INACTIVE"
        service.past += service.deployments
        service.deployments, service.agenda = [], {}
    else:
        service.agenda["inactive"] = due


def _drop_replaced(service: Service) -> None:
    """Stop listing old deployments that have no tasks any more."""
    for deployment in service.deployments[1:]:
        if all(task.status == "STOPPED" for task in service.of(deployment)):
            service.deployments.remove(deployment)
            service.past.append(deployment)


def halt(service: Service, world: World, t: float, tasks: list[Task], why: str | None = None) -> bool:
    """Stop tasks as the scheduler does, with events. Returns whether there were any."""
    if not tasks:
        return False
    running = [task for task in tasks if task.status == "RUNNING"]
    waiting = len(tasks) - len(running)
    if waiting:
        say(service, t, f"stopped {waiting} pending tasks.")
    if running:
        names = " ".join(f"(task {task.id})" for task in running)
        say(service, t, f"has stopped {len(running)} running tasks: {names}.")
    why = why or f"Scaling activity initiated by (deployment {service.primary.id})"
    signals = [task_stopping.stop(task, t, world, why, "ServiceSchedulerInitiated") for task in tasks]
    say_targets(service, t, [signal for each in signals for signal in each])
    return True


def _stop_some(service: Service, world: World, t: float) -> bool:
    """Stop surplus tasks, then old ones: unhealthy ones at once, healthy ones down to the minimum percentage."""
    desired = service.desired_count
    new = [task for task in service.of(service.primary) if task.wanted]
    old = [task for task in service.tasks if task.wanted and task.started_by != service.primary.id]
    surplus = sorted(new, key=lambda task: (task.healthy, -task.created))[: max(0, len(new) - desired)]
    useless = [task for task in old if not task.healthy]
    floor = math.ceil(desired * percentages(service.settings)[0] / 100)
    healthy = sum(task.healthy for task in new + old if task not in surplus)
    spare = [task for task in old if task.healthy][: max(0, healthy - floor)]
    return halt(service, world, t, surplus + useless + spare)


def _start_some(service: Service, world: World, t: float, launch: Launch) -> bool:
    """Start new tasks up to the desired count; while old ones run, at most the maximum percentage in total."""
    desired, primary = service.desired_count, service.primary
    new = [task for task in service.of(primary) if task.wanted]
    old = [task for task in service.tasks if task.wanted and task.started_by != primary.id]
    missing = desired - len(new)
    if old and not shifting.is_shifting(service):
        ceiling = desired * percentages(service.settings)[1] // 100
        missing = min(missing, ceiling - len(new) - len(old))
    if missing <= 0:
        return False
    if t < service.launch_after:
        service.agenda["launch"] = service.launch_after
        return True
    if refusal := world.refuses(primary.definition):
        say(service, t, refusal, repeat=False)
        failed(service, world, t, _REFUSED, primary.id)
        return True
    started = [launch(service, primary, t) for _ in range(missing)]
    names = " ".join(f"(task {task.id})" for task in started)
    say(service, t, f"has started {len(started)} tasks: {names}.")
    return True


def _decide(service: Service, world: World, t: float, moved: bool) -> None:
    """Update the rollout state: whether the deployment is steady, in progress, or stuck."""
    desired, primary = service.desired_count, service.primary
    if primary.rollout == "FAILED":
        return
    new = [task for task in service.of(primary) if task.wanted]
    old = [task for task in service.tasks if task.started_by != primary.id and task.status != "STOPPED"]
    ready = len(new) == desired and all(task.healthy for task in new)
    _early_success(service, world, t, sum(task.healthy for task in new), old)
    if ready and not old and not (primary.rollout == "IN_PROGRESS" and alarms.is_in_bake_time(service, world, t)):
        if not service.steady:
            _settle(service, t)
        return
    service.steady = False
    service.agenda.pop("report", None)
    waiting = any(not task.healthy for task in new) or any(not task.wanted for task in old)
    if len(new) < desired and not moved and not waiting:
        say(
            service,
            t,
            "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
            "Update the minimumHealthyPercent or maximumPercent value and try again.",
            repeat=False,
        )


def _early_success(service: Service, world: World, t: float, healthy: int, old: list[Task]) -> None:
    """Complete the deployment once a share of its tasks is healthy; the rest are replaced in the background.

    API reference, DeploymentEarlySuccessCriteria. The share is of the desired count; that it is rounded up, like the
    minimum percentage, is an assumption.
    """
    criteria, primary = early(service), service.primary
    if criteria is None or primary.rollout != "IN_PROGRESS":
        return
    enough = healthy >= math.ceil(service.desired_count * criteria["healthyPercent"] / 100)
    gone = criteria["sourceServiceRevisionCleanup"] == "DEFERRED" or not old
    if enough and gone and not alarms.is_in_bake_time(service, world, t):
        _complete(service, t)


def _complete(service: Service, t: float) -> None:
    primary, release = service.primary, service.release
    primary.rollout, primary.updated = "COMPLETED", t
    primary.reason = f"ECS deployment {primary.id} completed."
    service.good = primary
    say(service, t, f"(deployment {primary.id}) deployment completed.")
    if release is not None and release.ongoing:
        end(release, t, "ROLLBACK_SUCCESSFUL" if release.rollback else "SUCCESSFUL", release.reason)


def _settle(service: Service, t: float) -> None:
    if service.primary.rollout == "IN_PROGRESS":
        _complete(service, t)
    service.steady = True
    service.recent_messages.clear()  # whatever was wrong is resolved
    say(service, t, "has reached a steady state.")
    service.agenda["report"] = t + REPORT


def end(release: Release, t: float, status: str, reason: str | None) -> None:
    """End a service deployment at `t`, in seconds of sandbox time."""
    release.status, release.reason = status, reason
    release.finished = release.updated = t
    if status == "STOPPED":
        release.stopped = t


def failed(service: Service, world: World, t: float, pauses: tuple[float, ...] | None, deployment: str) -> None:
    """Count a failed task, for the pause before the next attempt (`pauses`, in seconds) and for the circuit breaker.

    The breaker counts while its deployment is in progress: tasks that could not be launched, did not reach RUNNING or
    failed a health check (API reference, Deployment.failedTasks), and, as public logs show, tasks that exit before
    they were healthy.
    """
    if pauses is not None:
        service.start_failures += 1
        service.launch_after = t + pauses[min(service.start_failures, len(pauses)) - 1]
        service.agenda["launch"] = service.launch_after
        if service.start_failures >= _IMPAIRED:
            say(service, t, "is unable to consistently start tasks successfully.", repeat=False)
    primary = service.primary
    if service.status != "ACTIVE" or deployment != primary.id or primary.rollout != "IN_PROGRESS":
        return
    primary.failed += 1
    primary.updated = t
    if breaker(service) and primary.failed >= threshold(service):
        _break_circuit(service, world, t)


def succeeded(service: Service, deployment: str) -> None:
    """Reset the failure count after a task became healthy, unless `resetOnHealthyTask` is off."""
    if deployment == service.primary.id and (breaker(service) or {}).get("resetOnHealthyTask", True):
        service.primary.failed = 0


_TRIPPED = "ECS deployment circuit breaker: tasks failed to start."


def _break_circuit(service: Service, world: World, t: float) -> None:
    """Fail the deployment and roll back to the last COMPLETED one.

    If there is none, or `rollback` is off, no more tasks are launched, and those that serve keep running (ECS guide,
    "How the deployment circuit breaker detects failures").
    """
    if service.release is not None:
        service.release.triggered = True
    back = bool((breaker(service) or {}).get("rollback"))
    _give_up(service, world, t, ("ECS deployment circuit breaker", _TRIPPED, "tasks failed to start"), back)


def alarmed(service: Service, world: World, t: float) -> None:
    """Fail the current deployment at `t` if one of its alarms is in ALARM.

    The event is that of a public log; that the reason names the alarms, and its wording, are assumptions.
    """
    if (
        alarms.are_triggered(service, world, t)
        and service.release is not None
        and service.primary.rollout == "IN_PROGRESS"
    ):
        wanted = service.settings["deploymentConfiguration"]["alarms"]
        why = f"ECS deployment alarms: {', '.join(service.release.triggered_alarms)} in ALARM state."
        _give_up(service, world, t, ("ECS deployment alarms", why, "alarm detected"), bool(wanted.get("rollback")))


def _give_up(service: Service, world: World, t: float, reason: tuple[str, str, str], back: bool) -> None:
    """Fail the deployment, and roll it back if `back`. `reason`: what failed it, why, and a short form for events."""
    primary, release, good = service.primary, service.release, service.good
    who, why, short = reason
    _unshift(service, world)
    abandon(service, world, t, why)
    say(service, t, f"(deployment {primary.id}) deployment failed: {short}.")
    if back and good is not None and good is not primary:
        go_back(service, good, t, f"{who}: rolling back to deploymentId {good.id}.", why)
    elif release is not None and release.ongoing:
        end(release, t, "ROLLBACK_FAILED" if release.rollback else "STOPPED", why)


def supersede(service: Service, world: World, t: float) -> None:
    """End the current deployment, since a newer one begins.

    If it shifts traffic, that is undone first: after the guide's stage RECONCILE_SERVICE a single revision serves.
    """
    release = service.release
    if release is None:
        return
    if shifting.is_shifting(service) and release.stage == "CLEAN_UP":
        _complete(service, t)
        return
    if shifting.is_shifting(service):
        _unshift(service, world)
        halt(service, world, t, [task for task in service.of(service.primary) if task.wanted])
    end(release, t, "STOPPED", "Superseded by a newer service deployment.")


def unfit(service: Service, world: World, t: float, why: str) -> None:
    """Roll back a deployment that cannot shift traffic, before it starts any task."""
    _give_up(service, world, t, ("ECS deployment", why, "invalid networking configuration"), back=True)


def _unshift(service: Service, world: World) -> None:
    """Send all requests to the previous version again, at once: its tasks are all still running."""
    if shifting.is_shifting(service) and service.good is not None and service.good is not service.primary:
        shifting.shift(service, world, service.good, 100.0)


def abandon(service: Service, world: World, t: float, reason: str) -> None:
    """Fail the primary deployment, and stop its unhealthy tasks."""
    primary = service.primary
    primary.rollout, primary.reason, primary.updated = "FAILED", reason, t
    useless = [task for task in service.of(primary) if task.wanted and not task.healthy]
    primary.desired = sum(task.wanted for task in service.of(primary)) - len(useless)
    halt(service, world, t, useless)
    service.agenda.pop("launch", None)


def go_back(service: Service, good: Deployment, t: float, reason: str, why: str) -> None:
    """Make the last completed deployment the primary one again, in progress until it is steady."""
    left = service.primary
    left.status, left.desired = "ACTIVE", 0
    service.deployments = [good, *[deployment for deployment in service.deployments if deployment is not good]]
    service.past = [deployment for deployment in service.past if deployment is not good]
    good.status, good.rollout, good.reason = "PRIMARY", "IN_PROGRESS", reason
    good.failed, good.desired, good.updated = 0, service.desired_count, t
    service.settings["taskDefinition"] = good.definition.arn
    for name in {
        *left.terms,
        *good.terms,
    }:  # ECS guide, "Properties included in an Amazon ECS service revision"
        service.settings.pop(name, None)
        service.settings |= {name: good.terms[name]} if name in good.terms else {}
    service.start_failures, service.launch_after, service.steady = 0, 0.0, False
    service.agenda["launch"] = t
    say(service, t, f"rolling back to deployment {good.id}.")
    release = service.release
    if release is not None:
        release.status, release.reason, release.updated = "ROLLBACK_IN_PROGRESS", why, t
        release.rollback = {"reason": why, "startedAt": t, "serviceRevisionArn": good.revision_arn}


def stop_now(service: Service, world: World, t: float) -> None:
    """Carry out stop_service_deployment: abort the service deployment, or roll it back.

    AWS documents the states (ECS guide, "Stopping Amazon ECS service deployments"), but not the messages, which are
    ours.
    """
    asked, service.stopping, release = service.stopping, None, service.release
    if asked is None or release is None or not release.ongoing or service.status != "ACTIVE":
        return
    primary, good = service.primary, service.good
    if shifting.is_shifting(service) and release.stage == "CLEAN_UP":  # the old tasks are gone already; an assumption
        return
    _unshift(service, world)
    abandon(service, world, t, f"ECS deployment {primary.id} stopped by the user.")
    if asked["stopType"] == "ABORT" or good is None or good is primary:
        end(release, t, "STOPPED", "Service deployment stopped by the user.")
        return
    why = shifting.REFUSED if release.refused else "Service deployment rollback requested by the user."
    go_back(service, good, t, f"ECS deployment stopped: rolling back to deploymentId {good.id}.", why)
