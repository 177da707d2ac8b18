"""How a task reaches a file system: through the mount target in its zone, and perhaps an access point."""

from dataclasses import dataclass
from typing import Any

from moto.efs.models import efs_backends

from ecsctl.sandbox.aws.efs.time import tick


@dataclass(frozen=True)
class Way:
    """How a file system is reached from a zone: the security groups of the mount target there, and the policy."""

    arn: str
    groups: tuple[str, ...]
    policy: str | None


def way(account: str, region: str, file_system_id: str, zone: str) -> Way | None:
    """The way from an availability zone to a file system; None if it has no available mount target there."""
    backend = efs_backends[account][region]
    tick(backend)
    system = backend.file_systems_by_id.get(file_system_id)
    targets = list(system.iter_mount_targets()) if system else []
    found = next((one for one in targets if one.availability_zone_name == zone), None)
    if system is None or found is None or found.life_cycle_state != "available":
        return None
    return Way(system.file_system_arn, tuple(found.security_groups or ()), system.file_system_policy)


def access_point(account: str, region: str, ident: str) -> tuple[str, str] | None:
    """An access point's ARN and file system; None if it does not exist."""
    point = efs_backends[account][region].access_points.get(ident)
    return (point.access_point_arn, point.file_system_id) if point else None


def folder(account: str, region: str, configuration: dict[str, Any]) -> tuple[str, tuple[int, int] | None]:
    """A task definition volume's folder in its file system, and the user of its access point, if any.

    User guide, "Working with Amazon EFS access points": its user replaces the client's in all that is done.
    """
    ident = (configuration.get("authorizationConfig") or {}).get("accessPointId")
    point = efs_backends[account][region].access_points.get(ident) if ident else None
    if point is None:
        return str(configuration.get("rootDirectory") or "/"), None
    user: dict[str, Any] = getattr(point, "posix_user", None) or {}
    root: dict[str, Any] = getattr(point, "root_directory", None) or {}
    return str(root.get("Path") or "/"), (int(user["Uid"]), int(user["Gid"])) if user else None
