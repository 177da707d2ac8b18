"""Blue/green, linear and canary: a second set of tasks, to which traffic is shifted in steps.

The stages are those of the ECS guide, "Amazon ECS blue/green service deployments workflow", and of its pages about
linear and canary deployments; some of them take no time. `rollout` starts and ends such deployments.
"""

import hashlib
import math

from ecsctl.sandbox.aws.ecs.outside import World
from ecsctl.sandbox.aws.ecs.state import Deployment, Release, Service, Wire

STRATEGIES = ("BLUE_GREEN", "LINEAR", "CANARY")
DAY = 86_400.0  # the guide: "Each lifecycle stage can last up to 24 hours"; after that ECS rolls back
MINUTE = 60.0
NOT_IN_RULE = (
    "Service deployment rolled back because of invalid networking configuration. Both targetGroup and "
    "alternateTargetGroup must be associated with the productionListenerRule or testListenerRule."
)
"""Quoted in the guide, "Migrate CodeDeploy blue/green deployments to Amazon ECS blue/green deployments"."""
_PASSED = {"PRE_SCALE_UP": "SCALE_UP", "POST_SCALE_UP": "POST_TEST_TRAFFIC_SHIFT",
           "POST_TEST_TRAFFIC_SHIFT": "PRE_PRODUCTION_TRAFFIC_SHIFT",
           "PRE_PRODUCTION_TRAFFIC_SHIFT": "PRODUCTION_TRAFFIC_SHIFT"}  # fmt: skip
"""The stages in which a deployment only waits for answers to its hooks, and the stage after each."""
TIMED_OUT = "Service deployment rolled back because a pause hook timed out."
REFUSED = "Service deployment rolled back because a pause hook was answered with ROLLBACK."
"""The wording of both is ours."""


def shifts_traffic(configuration: Wire) -> bool:
    """Whether a deployment with this configuration shifts traffic."""
    return configuration.get("strategy", "ROLLING") in STRATEGIES


def advanced(settings: Wire) -> Wire:
    """The target groups between which traffic is shifted, and the rule that does it; empty if not configured."""
    balancers = settings.get("loadBalancers") or [{}]
    found: Wire = balancers[0].get("advancedConfiguration") or {}
    return found and {**found, "targetGroupArn": balancers[0].get("targetGroupArn")}


def begin(service: Service, world: World) -> str:
    """Choose the target group of the new deployment's tasks. Returns why it cannot be chosen, for the statusReason.

    A strategy that shifts traffic takes the group without requests, a rolling one the group that serves. The first
    deployment takes the alternate one (go-to-k/cdk-real-drift#1730: green=100, blue=0 after it).
    """
    between, made = advanced(service.settings), service.primary
    if not between:
        return ""
    groups = (between["targetGroupArn"], between["alternateTargetGroupArn"])
    weights = world.weights(between["productionListenerRule"])
    if not set(groups) <= set(weights):
        return NOT_IN_RULE if shifts_traffic(service.settings["deploymentConfiguration"]) else ""
    serving = max(groups, key=lambda arn: weights[arn])
    other = next(arn for arn in groups if arn != serving)
    made.group = other if shifts_traffic(service.settings["deploymentConfiguration"]) else serving
    return ""


def steps(configuration: Wire) -> list[tuple[float, float]]:
    """Each step's share of the requests for the new tasks, in percent, and the minutes until the next step."""
    linear, canary = configuration.get("linearConfiguration") or {}, configuration.get("canaryConfiguration") or {}
    if configuration["strategy"] == "CANARY":
        first = (canary.get("canaryPercent", 5.0), canary.get("canaryBakeTimeInMinutes", 10))
        return [first, (100.0, 0)]
    if configuration["strategy"] == "LINEAR":
        step, wait = linear.get("stepPercent", 10.0), linear.get("stepBakeTimeInMinutes", 6)
        partly = [(round(step * one, 1), float(wait)) for one in range(1, math.ceil(round(100 / step, 6)))]
        return [*partly, (100.0, 0)]
    return [(100.0, 0)]


def is_shifting(service: Service) -> bool:
    """Whether the newest deployment is shifting traffic now."""
    release = service.release
    return (
        release is not None
        and release.ongoing
        and release.rollback is None
        and service.primary.rollout == "IN_PROGRESS"
        and shifts_traffic(release.configuration)
    )


def schedule(service: Service, world: World, t: float) -> bool:
    """Advance as far as possible at `t`; return whether the deployment is complete and the old tasks have stopped."""
    release = service.release
    if release is None:
        return False
    if not release.stage:
        _enter(release, "PRE_SCALE_UP", t)
    while not release.waiting and _step(service, world, release, t):
        pass
    _wake(service, release, t)
    old = [task for task in service.tasks if task.started_by != service.primary.id and task.status != "STOPPED"]
    return release.stage == "CLEAN_UP" and not old


def _step(service: Service, world: World, release: Release, t: float) -> bool:
    """Advance one stage; return whether it has ended."""
    green, plan = service.primary, steps(release.configuration)
    first = not release.sources
    match release.stage:
        case stage if stage in _PASSED:
            _enter(release, _PASSED[stage], t)
        case "SCALE_UP":
            new = [task for task in service.of(green) if task.wanted]
            if len(new) < service.desired_count or not all(task.healthy for task in new):
                return False
            _enter(release, "POST_SCALE_UP", t)
        case "PRODUCTION_TRAFFIC_SHIFT":
            share, minutes = (100.0, 0.0) if first else plan[release.step]
            if release.weight != share:
                shift(service, world, green, share)
                release.weight, release.until = share, t + minutes * MINUTE
            if t < (release.until or 0.0):
                return False
            last = share >= 100
            release.step += not last
            _enter(release, "POST_PRODUCTION_TRAFFIC_SHIFT" if last else "PRE_PRODUCTION_TRAFFIC_SHIFT", t)
        case "POST_PRODUCTION_TRAFFIC_SHIFT":
            _enter(release, "BAKE_TIME", t)
            bake = 0 if first else release.configuration.get("bakeTimeInMinutes", 0)  # 0 is an assumption
            release.until = t + bake * MINUTE
        case "BAKE_TIME":
            if t < (release.until or 0.0):
                return False
            _enter(release, "CLEAN_UP", t)
            return False
        case _:
            return False
    return True


def _enter(release: Release, stage: str, t: float) -> None:
    """Begin a stage. Its hooks pause the deployment; each gets a new id, even if the stage is entered again."""
    release.stage, release.since, release.until, release.updated = stage, t, None, t
    for hook in release.configuration.get("lifecycleHooks") or ():
        if hook.get("targetType") == "PAUSE" and stage in hook.get("lifecycleStages", ()):
            timeout = hook.get("timeoutConfiguration") or {}
            serial = f"{release.arn} {stage} {len(release.hooks)}"
            release.hooks.append({
                "hookId": f"ecs-pause-{hashlib.sha256(serial.encode()).hexdigest()[:43]}",
                "targetType": "PAUSE",
                "status": "AWAITING_ACTION",
                "expiresAt": t + timeout.get("timeoutInMinutes", 1440) * MINUTE,
                "timeoutAction": timeout.get("action", "ROLLBACK"),
            })  # fmt: skip


def _wake(service: Service, release: Release, t: float) -> None:
    """Set when to check again: at the end of a wait, of a pause, or at the time limit of a stage."""
    if release.waiting:
        service.agenda["shift"] = min(hook["expiresAt"] for hook in release.waiting)
    elif release.stage == "CLEAN_UP":
        service.agenda.pop("shift", None)
    else:
        service.agenda["shift"] = max(t, release.until or release.since + DAY)


def late(release: Release, t: float) -> str:
    """Returns why a deployment fails at `t`: nobody has continued it, or a stage takes too long.

    The wording is ours.
    """
    for hook in release.waiting:
        if t >= hook["expiresAt"]:
            hook["status"] = "TIMED_OUT"
            if hook["timeoutAction"] == "ROLLBACK":
                return TIMED_OUT
    over = release.stage == "SCALE_UP" and t >= release.since + DAY
    return f"Service deployment rolled back because {release.stage} timed out." if over else ""


def answer(release: Release, hook_id: str, action: str, t: float) -> bool:
    """Answer one hook: continue with the next stage, or roll back. Returns False if it does not wait for an answer."""
    hook = next((one for one in release.waiting if one["hookId"] == hook_id), None)
    if hook is None:
        return False
    hook["status"] = "SUCCEEDED" if action == "CONTINUE" else "FAILED"
    release.refused |= action == "ROLLBACK"
    release.since = release.updated = t
    return True


def shift(service: Service, world: World, to: Deployment, share: float) -> None:
    """Send a share of the requests (in percent) to a deployment's target group, and the rest to the other one."""
    between = advanced(service.settings)
    if not between or not to.group:
        return
    groups = (between["targetGroupArn"], between["alternateTargetGroupArn"])
    world.shift(between["productionListenerRule"], {arn: share if arn == to.group else 100 - share for arn in groups})
