"""Says what EFS keeps beside moto's dictionaries: when things were made, and the interfaces of its mount targets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.models import ec2_backends
from moto.efs.models import EFSBackend

from ecsctl.sandbox.aws.ec2.interfaces import attach_interface
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.core import clock, overlay

KEY = "e1f5b2c4-0000-4000-8000-000000000000"  # what alias/aws/elasticfilesystem leads to


@dataclass
class Memory:
    """Remembers when things were made, and when mount targets began to go; in sandbox time."""

    made: dict[str, float] = field(default_factory=dict)
    leaving: dict[str, float] = field(default_factory=dict)
    points: dict[str, str] = field(default_factory=dict)  # access points by their tokens


def memory(backend: EFSBackend) -> Memory:
    """The state that a region keeps of its file systems."""
    return overlay.memory(backend, Memory)


@overlay.wraps(EFSBackend)
def create_file_system(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """It is `creating` at first, encrypted with EFS's own key by default, and protected from replication overwrite."""
    made = original(**sent)
    if made.encrypted and not made.kms_key_id:
        made.kms_key_id = f"arn:aws:kms:{backend.region_name}:{backend.account_id}:key/{KEY}"
    made.file_system_protection = {"ReplicationOverwriteProtection": "ENABLED"}
    memory(backend).made[made.file_system_id] = clock.now()
    made.life_cycle_state = "creating"
    return made


@overlay.wraps(EFSBackend)
def create_mount_target(original: Callable[..., Any], backend: EFSBackend, **sent: Any) -> Any:
    """Its interface belongs to EFS: nobody else can delete it."""
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
    """Its access points go with it."""
    answer = original(file_system_id)
    for ident in [one for one, point in backend.access_points.items() if point.file_system_id == file_system_id]:
        del backend.access_points[ident]
    if machine.current:
        machine.current.fleet.discard(file_system_id)
    return answer
