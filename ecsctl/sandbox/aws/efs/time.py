"""File systems, mount targets and access points take time to be created and deleted; durations are those of public
Terraform logs."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import moto.efs.models
from moto.efs.models import AccessPoint, EFSBackend
from moto.efs.responses import EFSResponse

from ecsctl.sandbox.aws.ec2.interfaces import release_interface
from ecsctl.sandbox.aws.efs.state import memory
from ecsctl.sandbox.core import clock, overlay

CREATING = {"fs": 5.0, "fsmt": 85.0, "fsap": 2.0}
DELETING = 40.0  # for a mount target; an assumption, in practice under a minute
moto.efs.models.time = SimpleNamespace(time=clock.now)  # type: ignore[attr-defined,assignment] # it uses time.time() alone


def state_of(backend: EFSBackend, ident: str) -> str:
    """The life cycle state of a file system, mount target or access point now."""
    known = memory(backend)
    if ident in known.leaving:
        return "deleting"
    since = clock.now() - known.made.get(ident, 0.0)
    return "creating" if since < CREATING[ident.partition("-")[0]] else "available"


def tick(backend: EFSBackend) -> None:
    """Advance everything to the clock."""
    known = memory(backend)
    for system in backend.file_systems_by_id.values():
        system.life_cycle_state = state_of(backend, system.file_system_id)
    for ident, target in list(backend.mount_targets_by_id.items()):
        target.life_cycle_state = state_of(backend, ident)
        if ident in known.leaving and clock.now() - known.leaving[ident] >= DELETING:
            del backend.mount_targets_by_id[ident]
            target._file_system.remove_mount_target(target._subnet)


@overlay.wraps(EFSResponse)
def call_action(original: Callable[[], Any], response: EFSResponse) -> Any:
    """Before each request, advance to now, and refuse what the API's model does not allow."""
    backend = response.efs_backend
    tick(backend)
    return original()


@overlay.wraps(EFSBackend)
def delete_mount_target(original: Callable[..., Any], backend: EFSBackend, mount_target_id: str) -> Any:
    """Delete it within a minute, with its interface; until then the file system cannot be deleted."""
    target = backend.mount_targets_by_id.get(mount_target_id)
    if target is None:
        return original(mount_target_id)
    known = memory(backend)
    if mount_target_id not in known.leaving:
        known.leaving[mount_target_id] = clock.now()
        release_interface(backend.account_id, backend.region_name, str(target.network_interface_id), DELETING)
    return None


@overlay.wraps(EFSBackend)
def create_access_point(original: Callable[..., Any], backend: EFSBackend, client_token: str, **sent: Any) -> Any:
    """Create an access point, at first `creating`."""
    made, known = original(client_token, **sent), memory(backend)
    known.points[client_token] = made.access_point_id
    known.made[made.access_point_id] = clock.now()
    return made


@overlay.wraps(AccessPoint)
def info_json(original: Callable[[], dict[str, Any]], point: AccessPoint) -> dict[str, Any]:
    """Add its life cycle state."""
    return {**original(), "LifeCycleState": state_of(point.context, point.access_point_id)}
