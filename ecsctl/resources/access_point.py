"""An access point of a file system: which folder it opens, and as which user everyone reads and writes there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import AccessPointArn, AccessPointId, FileSystemId
from ecsctl.resources.support import efs
from ecsctl.resources.support.common import none_if_gone, only

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses


@dataclass(frozen=True)
class AccessPointIds:
    """An access point's ids."""

    access_point: AccessPointId
    arn: AccessPointArn


@dataclass(frozen=True, kw_only=True)
class AccessPoint(Resource[AccessPointIds]):
    """An access point of one of our file systems. AWS cannot change it. The folder stays when it is deleted."""

    kind = "access-point"
    title = "access point"
    holds_until_gone = True
    arns = "elasticfilesystem:access-point"
    tagging_type = "elasticfilesystem"
    limit_seconds = 300.0
    console = "{console}/efs/home?region={region}#/access-points/{access_point}"

    file_system: Fixed[FileSystemId]
    path: Fixed[str]  # of the folder, which is made at its first use
    uid: Fixed[int]
    gid: Fixed[int]
    permissions: Fixed[str]  # of the folder, when it is made

    def summary(self) -> str:
        """Says which folder, and whose."""
        return f"{self.path}, as user {self.uid} of group {self.gid}"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        return efs.rights(scope, uses)

    def observe(self, aws: Aws, me: Label) -> Observed[AccessPoint, AccessPointIds] | None:
        """Read by its tags, among those of its file system."""
        ours = {_ids(one): one for one in _of(aws, self.file_system) if me.matches(flat(one.get("Tags")))}
        ids = only(ours, "access points", me)
        if ids is None:
            return None
        one = ours[ids]
        user, root = one.get("PosixUser") or {}, one.get("RootDirectory") or {}
        state = one["LifeCycleState"]
        actual = AccessPoint(
            file_system=FileSystemId(one["FileSystemId"]),
            path=root.get("Path", "/"),
            uid=user.get("Uid", 0),
            gid=user.get("Gid", 0),
            permissions=(root.get("CreationInfo") or {}).get("Permissions", ""),
        )
        failed, hint = efs.failed({ids.access_point: state}, "access-point")
        return Observed(ids, actual, flat(one.get("Tags")), state == "available", failed,
                        "" if state == "available" else state, hint=hint)  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[AccessPointIds]]:
        """Those of every file system of the app."""
        for system in efs.mine(aws, me):
            for one in _of(aws, system["FileSystemId"]):
                yield Found(_ids(one), flat(one.get("Tags")))

    def create(self, aws: Aws, me: Label) -> AccessPointIds:
        """The token makes a repeated call the same call."""
        answer = aws.efs.create_access_point(
            ClientToken=me.token(),
            FileSystemId=self.file_system,
            PosixUser={"Uid": self.uid, "Gid": self.gid},
            RootDirectory={
                "Path": self.path,
                "CreationInfo": {"OwnerUid": self.uid, "OwnerGid": self.gid, "Permissions": self.permissions},
            },
            Tags=me.upper(Name=me.name),
        )
        return _ids(answer)

    def update(self, aws: Aws, me: Label, ids: AccessPointIds, changed: frozenset[str]) -> None:
        """Only its tags can change."""
        if "tags" in changed:
            aws.efs.tag_resource(ResourceId=ids.access_point, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: AccessPointIds) -> None:
        """The folder and what is in it stay."""
        aws.efs.delete_access_point(AccessPointId=ids.access_point)


def _of(aws: Aws, file_system: str) -> list[dict[str, Any]]:
    answer = none_if_gone(lambda: aws.read(aws.efs.describe_access_points, FileSystemId=file_system))
    found: list[dict[str, Any]] = answer["AccessPoints"] if answer else []
    return [one for one in found if one["LifeCycleState"] != "deleted"]


def _ids(one: dict[str, Any]) -> AccessPointIds:
    return AccessPointIds(AccessPointId(one["AccessPointId"]), AccessPointArn(one["AccessPointArn"]))
