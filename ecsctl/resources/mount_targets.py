"""The mount targets of a file system: an address in each zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import RESOURCE, Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Resource
from ecsctl.ids import FileSystemId, MountTargetsId, SecurityGroupId, SubnetId
from ecsctl.parts import targets
from ecsctl.resources.support import efs
from ecsctl.resources.support.common import none_if_gone, where

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses

ALIVE = ("creating", "available", "updating")


@dataclass(frozen=True)
class MountTargetsIds:
    """The file system that they belong to, by which they are known."""

    targets: MountTargetsId


@dataclass(frozen=True, kw_only=True)
class MountTargets(Resource[MountTargetsIds]):
    """All mount targets of one of our file systems. They carry no tags: the file system's tags count for them.

    A zone has at most one, and it serves all subnets of the zone: a subnet whose zone has one needs none.
    """

    kind = "mount-targets"
    title = "mount targets"
    changed_by_delete = ("subnets",)
    holds_until_gone = True
    tagging_type = "elasticfilesystem"  # its file system's
    within = ("file_system",)
    tagged = False
    usual_seconds = 90.0  # public Terraform logs: one to two minutes
    usual_delete_seconds = 60.0
    limit_seconds = 900.0
    console = "{console}/efs/home?region={region}#/file-systems/{targets}?tabId=network"

    file_system: Fixed[FileSystemId]
    subnets: frozenset[SubnetId]  # from which it can be reached
    security_groups: frozenset[SecurityGroupId]  # that all of them have; groups that others have added stay

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        return efs.rights(scope, uses)

    def observe(self, aws: Aws, me: Label) -> Observed[MountTargets, MountTargetsIds] | None:
        """Read by the file system. None while it has none: one that is being deleted does not count, and another takes
        its place.
        """
        system = next((one for one in efs.listed(aws) if one["FileSystemId"] == self.file_system), None)
        there_are = _staying(aws, self.file_system) if system else []
        if system is None or not there_are:
            return None
        zones = {one["AvailabilityZoneId"]: one for one in there_are}
        served = self._served(aws, frozenset(zones))
        attached = [_groups(aws, one) for one in there_are if one["LifeCycleState"] in ALIVE]
        actual = MountTargets(
            file_system=self.file_system,
            subnets=frozenset(served),
            security_groups=frozenset(group for group in self.security_groups if all(group in one for one in attached)),
        )
        used = {one["MountTargetId"]: one for zone in served.values() if (one := zones[zone])}
        late = [one["LifeCycleState"] for one in used.values() if one["LifeCycleState"] != "available"]
        broken, hint = efs.failed({name: one["LifeCycleState"] for name, one in used.items()}, "mount-target")
        tags = flat(system.get("Tags"))
        return Observed(_ids(self.file_system), actual, {**tags, RESOURCE: targets(tags.get(RESOURCE, ""))},
                        ready=not late, note=late[0] if late else "",
                        failed=broken, hint=hint)  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[MountTargetsIds]]:
        """Those of every file system of the app, until the last one is gone."""
        for system in efs.mine(aws, me):
            if system.get("NumberOfMountTargets") or _of(aws, system["FileSystemId"]):
                tags = flat(system.get("Tags"))
                yield Found(_ids(system["FileSystemId"]), {**tags, RESOURCE: targets(tags.get(RESOURCE, ""))})

    def create(self, aws: Aws, me: Label) -> MountTargetsIds:
        """The first of them; `update` creates the others. The zone prevents duplicates."""
        self._make(aws, min(self.subnets))
        return _ids(self.file_system)

    def update(self, aws: Aws, me: Label, ids: MountTargetsIds, changed: frozenset[str]) -> None:
        """Create those that are missing, and add the groups to all. None is removed: they cost nothing."""
        with aws.uncached():
            there_are = _staying(aws, self.file_system)
            zones = _zones(aws, self.subnets)
        reached = {one["AvailabilityZoneId"] for one in there_are}
        for subnet in sorted(self.subnets):
            if zones.get(subnet) not in reached:
                self._make(aws, subnet)
                reached.add(zones.get(subnet, ""))
        if "security_groups" in changed:
            for one in there_are:
                attached = _groups(aws, one)
                if not self.security_groups <= attached:
                    aws.efs.modify_mount_target_security_groups(
                        MountTargetId=one["MountTargetId"], SecurityGroups=sorted(attached | self.security_groups)
                    )

    @classmethod
    def delete(cls, aws: Aws, ids: MountTargetsIds) -> None:
        """All of them; each is gone within a minute, and whoever has mounted through it hangs from then on."""
        with aws.uncached():
            there_are = _of(aws, ids.targets)
        for one in there_are:
            if one["LifeCycleState"] != "deleting":
                none_if_gone(partial(aws.efs.delete_mount_target, MountTargetId=one["MountTargetId"]))

    def _make(self, aws: Aws, subnet: SubnetId) -> None:
        aws.efs.create_mount_target(
            FileSystemId=self.file_system, SubnetId=subnet, SecurityGroups=sorted(self.security_groups)
        )

    def _served(self, aws: Aws, zones: frozenset[str]) -> dict[SubnetId, str]:
        """The subnets that it can be reached from, and their zones."""
        return {subnet: zone for subnet, zone in _zones(aws, self.subnets).items() if zone in zones}


def _zones(aws: Aws, subnets: frozenset[SubnetId]) -> dict[SubnetId, str]:
    listed = aws.read(aws.ec2.describe_subnets, Filters=where(subnet_id=sorted(subnets)))["Subnets"]
    return {SubnetId(one["SubnetId"]): one["AvailabilityZoneId"] for one in listed}


def _of(aws: Aws, file_system: str) -> list[dict[str, Any]]:
    answer = none_if_gone(lambda: aws.read(aws.efs.describe_mount_targets, FileSystemId=file_system))
    found: list[dict[str, Any]] = answer["MountTargets"] if answer else []
    return [one for one in found if one["LifeCycleState"] != "deleted"]


def _staying(aws: Aws, file_system: str) -> list[dict[str, Any]]:
    return [one for one in _of(aws, file_system) if one["LifeCycleState"] != "deleting"]


def _groups(aws: Aws, one: dict[str, Any]) -> set[SecurityGroupId]:
    answer = none_if_gone(
        lambda: aws.read(aws.efs.describe_mount_target_security_groups, MountTargetId=one["MountTargetId"])
    )
    return {SecurityGroupId(group) for group in (answer or {}).get("SecurityGroups", ())}


def _ids(file_system: str) -> MountTargetsIds:
    return MountTargetsIds(MountTargetsId(file_system))
