"""The mount targets of the file systems that the tasks mount, with their security groups."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.resources.support.common import none_if_gone, where
from ecsctl.why.causes.mounting import USABLE
from ecsctl.why.evidence import Facts, Place

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.deployments import Answer


def mount_targets(aws: Aws, facts: Facts) -> None:
    """Read them if a volume could not be mounted. None stands for a file system that does not exist."""
    if not facts.reason((Place.VOLUME,)):
        return
    for system in sorted({*_systems(facts)}):
        answer = none_if_gone(partial(aws.read, aws.efs.describe_mount_targets, FileSystemId=system))
        targets = answer["MountTargets"] if answer else ()
        with_groups: list[Answer] = [{**one, "SecurityGroups": _groups(aws, one)} for one in targets]
        facts.mount_targets[system] = with_groups if answer else None


def _systems(facts: Facts) -> Iterator[str]:
    for volume in facts.definition.get("volumes") or ():
        if system := (volume.get("efsVolumeConfiguration") or {}).get("fileSystemId"):
            yield system


def _groups(aws: Aws, target: Answer) -> list[Answer]:
    if target["LifeCycleState"] not in USABLE:
        return []
    attached = aws.read(aws.efs.describe_mount_target_security_groups, MountTargetId=target["MountTargetId"])
    named = where(group_id=attached["SecurityGroups"] or ["none"])
    return [dict(one) for one in aws.read(aws.ec2.describe_security_groups, Filters=named)["SecurityGroups"]]
