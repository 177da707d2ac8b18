"""What AWS's efs does that moto does not: everything takes its time, and the interfaces are the service's own.

EFS user guide and API reference; how long things take is what public Terraform logs show.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import moto.efs.models
from moto.ec2.models import ec2_backends
from moto.efs.models import AccessPoint, EFSBackend, efs_backends
from moto.efs.responses import EFSResponse

from ecsctl.sandbox.aws.ec2.interfaces import attach_interface, release_interface
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.core import clock, constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal

CREATING = {"fs": 5.0, "fsmt": 85.0, "fsap": 2.0}
KEY = "e1f5b2c4-0000-4000-8000-000000000000"  # what alias/aws/elasticfilesystem leads to
DELETING = 40.0  # of a mount target; an assumption, in practice under a minute


moto.efs.models.time = SimpleNamespace(time=clock.now)  # type: ignore[attr-defined,assignment] # it uses time.time() alone


@dataclass
class _Lives:
    """When things were made, and when mount targets began to go; in sandbox time."""

    made: dict[str, float] = field(default_factory=dict)
    leaving: dict[str, float] = field(default_factory=dict)
    points: dict[str, str] = field(default_factory=dict)  # access points by their tokens


def _lives(backend: EFSBackend) -> _Lives:
    return overlay.memory(backend, _Lives)


def _state(backend: EFSBackend, ident: str) -> str:
    lives = _lives(backend)
    if ident in lives.leaving:
        return "deleting"
    since = clock.now() - lives.made.get(ident, 0.0)
    return "creating" if since < CREATING[ident.partition("-")[0]] else "available"


def tick(backend: EFSBackend) -> None:
    """Bring everything up to the clock."""
    lives = _lives(backend)
    for system in backend.file_systems_by_id.values():
        system.life_cycle_state = _state(backend, system.file_system_id)
    for ident, target in list(backend.mount_targets_by_id.items()):
        target.life_cycle_state = _state(backend, ident)
        if ident in lives.leaving and clock.now() - lives.leaving[ident] >= DELETING:
            del backend.mount_targets_by_id[ident]
            target._file_system.remove_mount_target(target._subnet)


@overlay.wraps(EFSResponse)
def call_action(original: Callable[[], Any], response: EFSResponse) -> Any:
    """At each request, the state as of now; and what the API's model does not allow is refused."""
    backend = response.efs_backend
    tick(backend)
    return original()


def _checked(operation: str) -> Callable[[Callable[[], Any], EFSResponse], Any]:
    def check(original: Callable[[], Any], response: EFSResponse) -> Any:
        sent = json.loads(response.body or "{}")
        names = _IN_PATH.get(operation, ())
        sent |= {name: response._get_param(name) for name in names}
        if wrong := constraints.violation("efs", operation, sent):
            raise Refusal("BadRequest", wrong)
        return original()

    return check


_IN_PATH = {"PutFileSystemPolicy": ("FileSystemId",)}
for _name, _operation in (
    ("create_file_system", "CreateFileSystem"),
    ("create_mount_target", "CreateMountTarget"),
    ("create_access_point", "CreateAccessPoint"),
    ("put_file_system_policy", "PutFileSystemPolicy"),
):
    overlay.wraps(EFSResponse, _name)(_checked(_operation))


def _file_system(backend: EFSBackend, file_system_id: str, *, settled: bool = True) -> Any:
    """The file system; API reference, FileSystemNotFound and IncorrectFileSystemLifeCycleState."""
    system = backend.file_systems_by_id.get(file_system_id)
    if system is None:
        raise _missing("FileSystem", f"File system '{file_system_id}' does not exist.")
    if settled and _state(backend, file_system_id) != "available":
        raise _conflict("IncorrectFileSystemLifeCycleState", f"File system '{file_system_id}' is not available.")
    return system


def _missing(what: str, message: str) -> Refusal:
    return Refusal(f"{what}NotFound", message)


def _conflict(code: str, message: str) -> Refusal:
    return Refusal(code, message)


@overlay.wraps(EFSBackend)
def create_file_system(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """It is `creating` at first, encrypted by EFS's own key where none is named, and no copy may be written over it."""
    made = original(**sent)
    if made.encrypted and not made.kms_key_id:
        made.kms_key_id = f"arn:aws:kms:{backend.region_name}:{backend.account_id}:key/{KEY}"
    made.file_system_protection = {"ReplicationOverwriteProtection": "ENABLED"}
    _lives(backend).made[made.file_system_id] = clock.now()
    made.life_cycle_state = "creating"
    return made


@overlay.wraps(EFSBackend)
def create_mount_target(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """Only of a file system that is available; its interface is the service's, and nobody else's to delete."""
    _file_system(backend, sent["file_system_id"])
    made = original(**sent)
    ec2, subnet = ec2_backends[backend.account_id][backend.region_name], made._subnet
    groups = sent.get("security_groups") or [g.id for g in ec2.describe_security_groups(
        filters={"vpc-id": [subnet.vpc_id], "group-name": ["default"]})]  # fmt: skip
    del ec2.enis[made.network_interface_id]
    subnet.del_subnet_ip(made.ip_address)
    message = f"EFS mount target for {made.file_system_id} ({made.mount_target_id})"
    eni = attach_interface(
        backend.account_id, backend.region_name, subnet.id, groups, message, "amazon-efs", kind="efs"
    )
    made.set_network_interface(eni)
    made.security_groups = groups
    made.ip_address = eni.private_ip_address
    made.life_cycle_state = "creating"
    _lives(backend).made[made.mount_target_id] = clock.now()
    return made


@overlay.wraps(EFSBackend)
def delete_mount_target(original: Callable[..., Any], backend: EFSBackend, mount_target_id: str) -> Any:
    """It goes within a minute, and its interface with it: until then the file system cannot go."""
    target = backend.mount_targets_by_id.get(mount_target_id)
    if target is None:
        return original(mount_target_id)
    lives = _lives(backend)
    if mount_target_id not in lives.leaving:
        lives.leaving[mount_target_id] = clock.now()
        release_interface(backend.account_id, backend.region_name, str(target.network_interface_id), DELETING)
    return None


@overlay.wraps(EFSBackend)
def modify_mount_target_security_groups(
    _original: Callable[..., Any], backend: EFSBackend, mount_target_id: str, security_groups: list[str]
) -> Any:
    """API reference: the mount target must not be on its way in or out."""
    target = backend.mount_targets_by_id.get(mount_target_id)
    if target is None:
        raise _missing("MountTarget", f"Mount target '{mount_target_id}' does not exist.")
    if _state(backend, mount_target_id) != "available":
        raise _conflict("IncorrectMountTargetState", f"Mount target '{mount_target_id}' is not available.")
    target.security_groups = security_groups
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    ec2.modify_network_interface_attribute(eni_id=str(target.network_interface_id), group_ids=security_groups)


@overlay.wraps(EFSBackend)
def delete_file_system(original: Callable[..., Any], backend: EFSBackend, file_system_id: str) -> Any:
    """Its access points go with it."""
    answer = original(file_system_id)
    for ident in [one for one, point in backend.access_points.items() if point.file_system_id == file_system_id]:
        del backend.access_points[ident]
    if machine.current:
        machine.current.fleet.discard(file_system_id)
    return answer


@overlay.wraps(EFSBackend)
def create_access_point(original: Callable[..., Any], backend: EFSBackend, client_token: str, **sent: Any) -> Any:
    """API reference, AccessPointAlreadyExists: "already exists, with the creation token you provided"."""
    _file_system(backend, sent["file_system_id"])
    lives, token = _lives(backend), client_token
    if lives.points.get(token) in backend.access_points:
        raise _conflict("AccessPointAlreadyExists", f"Access Point '{lives.points[token]}' already exists.")
    made = original(token, **sent)
    lives.points[token] = made.access_point_id
    lives.made[made.access_point_id] = clock.now()
    return made


@overlay.wraps(AccessPoint)
def info_json(original: Callable[[], dict[str, Any]], point: AccessPoint) -> dict[str, Any]:
    """With its state."""
    return {**original(), "LifeCycleState": _state(point.context, point.access_point_id)}


@overlay.wraps(EFSBackend)
def describe_access_points(
    original: Callable[..., Any], backend: EFSBackend, access_point_id: str | None, file_system_id: str | None
) -> Any:
    """Of a file system that is there."""
    if file_system_id:
        _file_system(backend, file_system_id, settled=False)
    return original(access_point_id, file_system_id)


@overlay.wraps(EFSBackend)
def delete_access_point(original: Callable[..., Any], backend: EFSBackend, access_point_id: str) -> Any:
    """One that is there."""
    if access_point_id not in backend.access_points:
        raise _missing("AccessPoint", f"Access Point {access_point_id} does not exist.")
    return original(access_point_id)


@overlay.wraps(EFSBackend)
def describe_file_system_policy(original: Callable[..., Any], backend: EFSBackend, file_system_id: str) -> Any:
    """Of a file system that is there."""
    _file_system(backend, file_system_id, settled=False)
    return original(file_system_id)


@overlay.wraps(EFSBackend)
def put_file_system_policy(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """API reference: InvalidPolicyException for one that is none."""
    _file_system(backend, sent["file_system_id"])
    try:
        json.loads(sent["policy"])["Statement"]
    except (ValueError, KeyError):
        raise Refusal("InvalidPolicyException", "The policy is not valid.") from None  # the wording is an assumption
    return original(**sent)


@dataclass(frozen=True)
class Way:
    """How a file system is reached from a zone: the groups of the mount target there, and its policy."""

    arn: str
    groups: tuple[str, ...]
    policy: str | None


def way(account: str, region: str, file_system_id: str, zone: str) -> Way | None:
    """The way from an availability zone to a file system; None if it has no mount target there that is available."""
    backend = efs_backends[account][region]
    tick(backend)
    system = backend.file_systems_by_id.get(file_system_id)
    targets = list(system.iter_mount_targets()) if system else []
    found = next((one for one in targets if one.availability_zone_name == zone), None)
    if system is None or found is None or found.life_cycle_state != "available":
        return None
    return Way(system.file_system_arn, tuple(found.security_groups or ()), system.file_system_policy)


def access_point(account: str, region: str, ident: str) -> tuple[str, str] | None:
    """The ARN of an access point, and its file system; None if it is not there."""
    point = efs_backends[account][region].access_points.get(ident)
    return (point.access_point_arn, point.file_system_id) if point else None


def folder(account: str, region: str, said: dict[str, Any]) -> tuple[str, tuple[int, int] | None]:
    """Which folder of its file system a volume of a task definition means, and as whom everybody writes there, if so.

    User guide, "Working with Amazon EFS access points": its user replaces the client's in all that is done.
    """
    ident = (said.get("authorizationConfig") or {}).get("accessPointId")
    point = efs_backends[account][region].access_points.get(ident) if ident else None
    if point is None:
        return str(said.get("rootDirectory") or "/"), None
    user: dict[str, Any] = getattr(point, "posix_user", None) or {}
    root: dict[str, Any] = getattr(point, "root_directory", None) or {}
    return str(root.get("Path") or "/"), (int(user["Uid"]), int(user["Gid"])) if user else None
