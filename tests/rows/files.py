"""File systems and what leads to them: parts of the network's stack, and the rows of their kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ecsctl.ids import FileSystemId
from ecsctl.resources.access_point import AccessPoint
from ecsctl.resources.file_system import FileSystem
from ecsctl.resources.mount_targets import MountTargets
from ecsctl.resources.security_group import Rule, SecurityGroup
from tests.desired_stack import usual
from tests.rows.row import ByHand, Row

DESIRED: dict[str, Callable[[Any], Any]] = {
    "volumes-group": lambda parts: usual(
        SecurityGroup,
        name="shop-volumes",
        vpc=parts["vpc"].vpc_id,
        ingress=frozenset({Rule(2049, 2049, group=parts["tasks-group"].group_id)}),
    ),
    "volume data": lambda parts: FileSystem(kms_key=None, encrypted_only=True),
    "targets data": lambda parts: MountTargets(
        file_system=parts["volume data"].file_system,
        subnets=parts.subnets("public-a", "public-b"),
        security_groups=frozenset({parts["volumes-group"].group_id}),
    ),
    "access data 1000:1000": lambda parts: AccessPoint(
        file_system=parts["volume data"].file_system, path="/data", uid=1000, gid=1000, permissions="750"
    ),
}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000000"
OTHER = FileSystemId("fs-0123456789abcdef0")


def _open(cloud: Any, ids: dict[str, Any]) -> None:
    everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    cloud.boto("efs").put_file_system_policy(FileSystemId=ids["volume data"].file_system, Policy=policy)


def _is_open(cloud: Any, ids: Mapping[str, Any]) -> bool:
    found = cloud.boto("efs").describe_file_system_policy(FileSystemId=ids["volume data"].file_system)["Policy"]
    return any("Principal" in one and one["Effect"] == "Allow" for one in json.loads(found)["Statement"])


def _targets(cloud: Any, ids: dict[str, Any], part: str) -> list[str]:
    """Those in the subnet of this part."""
    found = cloud.boto("efs").describe_mount_targets(FileSystemId=ids["volume data"].file_system)["MountTargets"]
    return [one["MountTargetId"] for one in found if one["SubnetId"] == ids[part].subnet_id]


def _other_group(cloud: Any, ids: dict[str, Any]) -> None:
    group = ids["tasks-group"].group_id
    (target,) = _targets(cloud, ids, "public-a")
    cloud.boto("efs").modify_mount_target_security_groups(MountTargetId=target, SecurityGroups=[group])


def _one_less(cloud: Any, ids: dict[str, Any]) -> None:
    (target,) = _targets(cloud, ids, "public-b")
    cloud.boto("efs").delete_mount_target(MountTargetId=target)


def _untag(part: str, field: str) -> ByHand:
    return lambda cloud, ids: cloud.boto("efs").untag_resource(ResourceId=getattr(ids[part], field), TagKeys=["owner"])


ROWS = (
    Row(
        FileSystem,
        "network",
        "volume data",
        {"encrypted_only": False},
        {"kms_key": KEY},
        by_hand={"encrypted_only": _open, "tags": _untag("volume data", "file_system")},
        kept=_is_open,
        apart="it has no name: any app can have one",
    ),
    Row(
        MountTargets,
        "network",
        "targets data",
        {
            "subnets": lambda parts: parts.subnets("public-a", "public-b", "public-c"),
            "security_groups": lambda parts: frozenset(
                {parts["volumes-group"].group_id, parts["tasks-group"].group_id}
            ),
        },
        {"file_system": OTHER},
        leaves=frozenset({"subnets", "security_groups"}),
        by_hand={"security_groups": _other_group, "subnets": _one_less},
    ),
    Row(
        AccessPoint,
        "network",
        "access data 1000:1000",
        {},
        {"file_system": OTHER, "path": "/other", "uid": 0, "gid": 0, "permissions": "700"},
        by_hand={"tags": _untag("access data 1000:1000", "access_point")},
        apart="it has no name: any app can have one",
    ),
)
