"""The CloudWatch alarms that can fail a deployment.

ECS guide, "How CloudWatch alarms detect Amazon ECS deployment failures". What follows an alarm is in `rollout`.
"""

from ecsctl.sandbox.aws.ecs.outside import World
from ecsctl.sandbox.aws.ecs.state import Release, Service

EVERY = 10.0  # seconds between two reads of the alarms; an assumption


def watched(service: Service) -> tuple[str, ...]:
    """The alarms in the service's settings, if they are enabled."""
    found = (service.settings.get("deploymentConfiguration") or {}).get("alarms") or {}
    return tuple(found["alarmNames"]) if found.get("enable") else ()


def begin(service: Service, world: World, t: float) -> None:
    """Watch no alarms if one is in ALARM when a deployment begins: the deployment may fix it.

    That ECS then watches none of the alarms during that deployment is this project's reading of the guide.
    """
    release = service.release
    service.agenda.pop("alarms", None)
    if release is not None and release.alarms:
        release.alarm_at_start = bool(world.in_alarm(release.alarms))
        service.agenda["alarms"] = t + EVERY


def are_triggered(service: Service, world: World, t: float) -> bool:
    """Whether an alarm of the current deployment is in ALARM. If none is, they are read again after EVERY seconds."""
    release = service.release
    if release is None or not _is_watched(release):
        return False
    release.triggered_alarms = world.in_alarm(release.alarms)
    if not release.triggered_alarms:
        service.agenda["alarms"] = t + EVERY
    return bool(release.triggered_alarms)


def is_in_bake_time(service: Service, world: World, t: float) -> bool:
    """Whether a steady deployment is still in its bake time, which ECS computes from the alarms (ECS guide).

    That it is the period of the slowest alarm is an assumption.
    """
    release = service.release
    if release is None or not _is_watched(release):
        return False
    if release.baked is None:
        release.baked = t + world.takes(release.alarms)
        service.agenda["baked"] = release.baked
    return t < release.baked


def _is_watched(release: Release) -> bool:
    return release.ongoing and release.rollback is None and bool(release.alarms) and not release.alarm_at_start
