"""The tables [volumes.NAME]: folders that outlive the tasks, and that all of them share."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from pydantic import Field

from ecsctl.config.tables import texts
from ecsctl.config.tables.section import Problem, Section

OURS = ("uid", "gid")
ROOT = "is the root of the container's own file system: expected a folder of it"


class Volume(Section):
    """A folder on EFS: of a file system that ecsctl creates for it, or of an existing one."""

    path: texts.ContainerPath = Field(description="Where it is in the app's container.", examples=["/data"])
    read_only: bool = Field(
        False, description="Whether the containers can only read it. The app's role may not write then, either."
    )
    file_system: texts.FileSystemId | None = Field(
        None,
        description="An existing file system in the tasks' VPC, which ecsctl never changes. Default: an encrypted "
        "one is created, which `ecsctl down` keeps.",
        examples=["fs-0a1b2c3d4e5f60718"],
    )
    access_point: texts.AccessPointId | None = Field(
        None,
        description="An access point of that file system, which sets the folder and the user.",
        examples=["fsap-0a1b2c3d4e5f60718"],
    )
    directory: texts.ContainerPath | None = Field(
        None,
        description="Without an access point: the folder of that file system. It must exist. Default: all of it.",
        examples=["/shop"],
    )
    uid: int = Field(
        1000,
        ge=0,
        le=4294967295,
        description="For a file system that ecsctl creates: the user that owns the folder. All access is as this "
        "user, whatever user the container runs as.",
    )
    gid: int = Field(1000, ge=0, le=4294967295, description="For a file system that ecsctl creates: that user's group.")

    def problems(self) -> Iterator[Problem]:
        """Mistakes: options for an existing file system together with those for a new one."""
        for key in ("access_point", "directory"):
            if self.given(key) and not self.file_system:
                yield key, "cannot be used without file_system"
        for key in self.given(*OURS):
            if self.file_system:
                yield key, "cannot be used with file_system: its access point says whose the files are"
        if self.access_point and self.directory:
            yield "directory", "is already set by access_point: expected one of the two"


def fitting(
    volumes: Mapping[str, Volume], beside: Mapping[str, Mapping[str, str]], raw: Mapping[str, Mapping[str, object]]
) -> Iterator[Problem]:
    """Mistakes in the containers' use of volumes: `beside` by sidecar, `raw` by table."""
    paths: dict[str, str] = {}
    for name, one in volumes.items():
        if (path := _normalized(one.path)) == "/":
            yield ("volumes", name, "path"), ROOT
        elif (other := paths.setdefault(path, name)) != name:
            yield ("volumes", name, "path"), f"= {one.path} is that of volumes.{other} too"
    for sidecar, mounts in beside.items():
        taken: dict[str, str] = {}
        for name, path in mounts.items():
            if name not in volumes:
                known = ", ".join(volumes) or "none"
                yield ("sidecars", sidecar, "volumes", name), f"is not one of [volumes]: {known}"
            if _normalized(path) == "/":
                yield ("sidecars", sidecar, "volumes", name), ROOT
            elif (other := taken.setdefault(_normalized(path), name)) != name:
                yield ("sidecars", sidecar, "volumes", name), f"= {path} is that of {other} too"
    for table, parameter in (("task_definition", "volumes"), ("container", "mountPoints")):
        if volumes and parameter in raw.get(table, {}):
            yield ("raw", table, parameter), "is already set by [volumes]: expected all volumes there"


def _normalized(path: str) -> str:
    """A path as the container's runtime interprets it: it refuses two that lead to one folder."""
    return posixpath.normpath(f"/{path.lstrip('/')}")
