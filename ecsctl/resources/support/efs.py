"""The file systems of a region: ours, with their mount targets and access points, are recognized by tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import APP, Label, flat
from ecsctl.resources.support.policy_document import Condition, Statement
from ecsctl.resources.support.rights import anywhere, keyed, linked, of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses


NFS = 2049
"""The port of mount targets."""


def admitting(groups: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The rules of security groups that let something in on the port of mount targets."""
    return [rule for group in groups for rule in group.get("IpPermissions", ()) if _is_nfs(rule)]


def _is_nfs(rule: Any) -> bool:
    if rule["IpProtocol"] == "-1":
        return True
    return rule["IpProtocol"] in ("tcp", "6") and rule.get("FromPort", 0) <= NFS <= rule.get("ToPort", 65535)


def listed(aws: Aws) -> list[dict[str, Any]]:
    """All file systems of the region except deleted ones."""
    found: list[dict[str, Any]] = aws.read(aws.efs.describe_file_systems)["FileSystems"]
    return [one for one in found if one["LifeCycleState"] != "deleted"]


def mine(aws: Aws, me: Label) -> list[dict[str, Any]]:
    """The app's file systems, as DescribeFileSystems returns them."""
    return [one for one in listed(aws) if flat(one.get("Tags")).get(APP) == me.app]


def failed(states: Mapping[str, str], kind: str) -> tuple[str, str]:
    """Why an item has failed and what to do, given LifeCycleStates by id; both empty if none has failed."""
    ids = [one for one, state in states.items() if state == "error"]
    if not ids:
        return "", ""
    delete = "; ".join(f"aws efs delete-{kind} --{kind}-id {one}" for one in ids)
    return f"AWS could not make {', '.join(ids)} (LifeCycleState error)", f"{delete}; then ecsctl up makes another"


def rights(scope: Scope, uses: Uses) -> Iterator[Statement]:
    """The permissions to create, read, change and delete file systems, access points and mount targets."""
    # Also for file systems that are no longer configured.
    yield anywhere("elasticfilesystem", "DescribeAccessPoints DescribeFileSystems DescribeMountTargets")
    if not uses.volumes:
        return
    systems = (scope.arn("elasticfilesystem", "file-system/*"),)
    points = (scope.arn("elasticfilesystem", "access-point/*"),)
    yield Statement("NewVolumes", ("elasticfilesystem:CreateFileSystem",), ("*",), scope.tagged)
    making = Condition("StringEquals", "elasticfilesystem:CreateAction", ("CreateAccessPoint", "CreateFileSystem"))
    yield Statement("TagVolumes", ("elasticfilesystem:TagResource",), (*systems, *points), (making,))
    changes = (
        "CreateAccessPoint CreateMountTarget DeleteFileSystem DeleteMountTarget DescribeFileSystemPolicy "
        "DescribeMountTargetSecurityGroups ModifyMountTargetSecurityGroups PutFileSystemPolicy TagResource"
    )
    yield Statement("Volumes", of("elasticfilesystem", changes), systems, scope.ours)
    yield Statement("AccessPoints", of("elasticfilesystem", "DeleteAccessPoint TagResource"), points, scope.ours)
    # EFS creates and removes interfaces with the caller's permissions (EFS API reference, each operation's
    # permissions).
    interfaces = "CreateNetworkInterface DeleteNetworkInterface ModifyNetworkInterfaceAttribute"
    parts = tuple(scope.arn("ec2", f"{one}/*") for one in ("network-interface", "security-group", "subnet"))
    yield Statement("VolumeInterfaces", of("ec2", interfaces), parts)
    yield anywhere("ec2", "DescribeNetworkInterfaces DescribeSubnets")
    yield linked(scope, "elasticfilesystem")
    # EFS guide, "Managing access to encrypted file systems": what is required of the key's user.
    needed = "CreateGrant Decrypt DescribeKey GenerateDataKeyWithoutPlaintext"
    yield from keyed(scope, uses, "VolumesKey", needed, "elasticfilesystem")
