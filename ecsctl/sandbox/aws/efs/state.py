"""EFS's state that moto's dictionaries lack: creation times, and the interfaces of mount targets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.models import ec2_backends
from moto.efs.models import EFSBackend

from ecsctl.sandbox.aws.ec2.interfaces import attach_interface
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.core import clock, overlay

KEY = "e1f5b2c4-0000-4000-8000-000000000000"  # the target of alias/aws/elasticfilesystem


@dataclass
class Memory:
    """When resources were created, and when the deletion of mount targets began; in sandbox time."""

    made: dict[str, float] = field(default_factory=dict)
    leaving: dict[str, float] = field(default_factory=dict)
    points: dict[str, str] = field(default_factory=dict)  # access points by token


def memory(backend: EFSBackend) -> Memory:
    """The state of a region's file systems."""
    return overlay.memory(backend, Memory)


@overlay.wraps(EFSBackend)
def create_file_system(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """Create a file system: at first `creating`, by default encrypted with EFS's own key, with replication overwrite
    protection."""
    made = original(**sent)
    if made.encrypted and not made.kms_key_id:
        made.kms_key_id = f"arn:aws:kms:{backend.region_name}:{backend.account_id}:key/{KEY}"
    made.file_system_protection = {"ReplicationOverwriteProtection": "ENABLED"}
    memory(backend).made[made.file_system_id] = clock.now()
    made.life_cycle_state = "creating"
    return made


@overlay.wraps(EFSBackend)
def create_mount_target(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """Create its interface too, which belongs to EFS, so that nobody else can delete it."""
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
    memory(backend).made[made.mount_target_id] = clock.now()
    return made


@overlay.wraps(EFSBackend)
def delete_file_system(original: Callable[..., Any], backend: EFSBackend, file_system_id: str) -> Any:
    """Delete its access points with it."""
    answer = original(file_system_id)
    for ident in [one for one, point in backend.access_points.items() if point.file_system_id == file_system_id]:
        del backend.access_points[ident]
    if machine.current:
        machine.current.fleet.discard(file_system_id)
    return answer
