"""Volumes of a task definition, and where its containers mount them.

Volumes from ecsctl.toml are recognized by the prefix of their names, which remains when the pipeline copies a revision.
Any other volume is somebody else's, and stays unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecsctl.ids import AccessPointId, FileSystemId

OURS = "ecsctl-"


@dataclass(frozen=True)
class Mount:
    """Where a container mounts a volume."""

    volume: str
    path: str
    read_only: bool


@dataclass(frozen=True)
class Volume:
    """A folder of a file system; or an access point, which defines the folder and the user."""

    name: str
    file_system: FileSystemId
    access_point: AccessPointId
    root_directory: str  # of the file system, or of the access point
    guarded: bool = True  # false on AWS: not encrypted in transit, or mounted without IAM


def written(volumes: Iterable[Volume], over: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Our volumes in the form that ECS accepts, followed by those of others."""
    return [*map(_sent, volumes), *(dict(one) for one in over if not one.get("name", "").startswith(OURS))]


def _sent(one: Volume) -> dict[str, Any]:
    """ "If an EFS access point is specified […], the root directory parameter must either be omitted or set to /".

    ECS API reference, EFSVolumeConfiguration; transit encryption must be on for access points and for IAM.
    """
    point = {"accessPointId": one.access_point} if one.access_point else {}
    return {
        "name": OURS + one.name,
        "efsVolumeConfiguration": {
            "fileSystemId": one.file_system,
            "rootDirectory": one.root_directory,
            "transitEncryption": "ENABLED",
            "authorizationConfig": {**point, "iam": "ENABLED"},
        },
    }


def read(definition: Mapping[str, Any]) -> tuple[Volume, ...]:
    """The volumes of a definition that ecsctl has added; others are left alone."""
    found = []
    for one in definition.get("volumes") or ():
        if one.get("name", "").startswith(OURS):
            configuration = one.get("efsVolumeConfiguration") or {}
            access = configuration.get("authorizationConfig") or {}
            found.append(
                Volume(
                    name=one["name"].removeprefix(OURS),
                    file_system=FileSystemId(configuration.get("fileSystemId", "")),
                    access_point=AccessPointId(access.get("accessPointId") or ""),
                    root_directory=configuration.get("rootDirectory") or "/",
                    guarded=configuration.get("transitEncryption") == "ENABLED" and access.get("iam") == "ENABLED",
                )
            )
    return in_order(found)


def mounted(mounts: Iterable[Mount], over: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A container's mount points in the form that ECS accepts, followed by those of others."""
    ours = ({"sourceVolume": OURS + one.volume, "containerPath": one.path, "readOnly": one.read_only} for one in mounts)
    return [*ours, *(dict(one) for one in over if not one.get("sourceVolume", "").startswith(OURS))]


def mounts_of(container: Mapping[str, Any]) -> tuple[Mount, ...]:
    """The mount points of ecsctl's own volumes in a container; others are left alone."""
    ours = (one for one in container.get("mountPoints") or () if one.get("sourceVolume", "").startswith(OURS))
    return ordered(
        Mount(one["sourceVolume"].removeprefix(OURS), one.get("containerPath", ""), bool(one.get("readOnly")))
        for one in ours
    )


def in_order(volumes: Iterable[Volume]) -> tuple[Volume, ...]:
    """Sorted by name: the order in which AWS returns them does not matter."""
    return tuple(sorted(volumes, key=lambda one: one.name))


def ordered(mounts: Iterable[Mount]) -> tuple[Mount, ...]:
    """Mounts sorted, for the same reason."""
    return tuple(sorted(mounts, key=lambda one: (one.volume, one.path)))
