"""Volumes: folders on EFS that outlive the tasks, each with a mount target in every zone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecsctl import parts
from ecsctl.app_rights import mounting
from ecsctl.ids import AccessPointId, FileSystemId, MountTargetsId
from ecsctl.resources.access_point import AccessPoint
from ecsctl.resources.file_system import FileSystem
from ecsctl.resources.mount_targets import MountTargets
from ecsctl.resources.security_group import Rule, SecurityGroup
from ecsctl.resources.support.volumes import Mount, Volume

if TYPE_CHECKING:
    from ecsctl.config import Config
    from ecsctl.config.tables.volumes import Volume as Configured
    from ecsctl.engine.stack import Stack
    from ecsctl.ensure.vpc import Network
    from ecsctl.ids import SecurityGroupId
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope

NFS = 2049


@dataclass
class Volumes:
    """The resources that the tasks need for their volumes."""

    volumes: list[Volume] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)  # what their role must be allowed
    targets: list[MountTargetsId] = field(default_factory=list)


def ensure_volumes(
    stack: Stack, config: Config, scope: Scope, network: Network, tasks: SecurityGroupId, description: str, key: str
) -> Volumes:
    """A file system for each volume that names none, in the stack's network; for the others, what the tasks need."""
    found = Volumes()
    group = None
    for name, configured in config.volumes.items():
        if configured.file_system:
            _existing(found, name, configured.file_system, configured, scope)
            continue
        group = (
            group
            or stack.ensure(
                "volumes-group",
                SecurityGroup(
                    name=scope.names.volumes_group,
                    vpc=network.vpc,
                    description=description,
                    ingress=frozenset({Rule(NFS, NFS, group=tasks)}),
                    egress=frozenset(),
                ),
            ).group_id
        )
        part = parts.volume(name)
        system = stack.ensure(part, FileSystem(kms_key=key or None, encrypted_only=True))
        targets = MountTargets(
            file_system=system.file_system, subnets=network.lasting, security_groups=frozenset({group})
        )
        point = stack.ensure(
            parts.access(name, configured.uid, configured.gid),
            AccessPoint(
                file_system=system.file_system,
                path=f"/{name}",
                uid=configured.uid,
                gid=configured.gid,
                permissions="750",
            ),
        )
        found.targets.append(stack.ensure(parts.targets(part), targets).targets)
        found.volumes.append(Volume(name, system.file_system, point.access_point, "/"))
        right = mounting(system.arn, point.arn, read_only=configured.read_only, root=configured.uid == 0)
        found.statements.append(right)
    # "Statement IDs (SID) in a single policy must be unique" (IAM's refusal, MalformedPolicyDocument)
    found.statements = [replace(one, sid=f"{one.sid}{number}") for number, one in enumerate(found.statements, 1)]
    return found


def _existing(found: Volumes, name: str, file_system: str, configured: Configured, scope: Scope) -> None:
    point = configured.access_point or ""
    found.volumes.append(Volume(name, FileSystemId(file_system), AccessPointId(point), configured.directory or "/"))
    arn = scope.arn("elasticfilesystem", f"file-system/{file_system}")
    through = scope.arn("elasticfilesystem", f"access-point/{point}") if point else ""
    found.statements.append(mounting(arn, through, read_only=configured.read_only))


def mounts(config: Config, beside: str = "") -> tuple[Mount, ...]:
    """The paths at which a container mounts them: the app's own, or the sidecar of this name."""
    if not beside:
        return tuple(Mount(name, one.path, one.read_only) for name, one in config.volumes.items())
    paths = config.sidecars[beside].volumes.items()
    return tuple(Mount(name, path, config.volumes[name].read_only) for name, path in paths)
