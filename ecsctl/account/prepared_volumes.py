"""The user's own file systems that ecsctl.toml names: whether the tasks will reach them, checked before the first
change.

If a volume cannot be mounted, ECS only says that the task could not be set up (docker-archive/compose-cli#1490,
aws/copilot-cli#5419, rileydakota/valheim-ecs-fargate-cdk#28).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.account.unfit import unfit
from ecsctl.engine.label import APP, RESOURCE, flat
from ecsctl.names import Names
from ecsctl.parts import PLACES, private_subnet, public_subnet
from ecsctl.resources.support.common import none_if_gone, where
from ecsctl.resources.support.efs import NFS, admitting

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label
    from ecsctl.engine.plan import Step

_unfit = partial(unfit, "file system")


def examined(aws: Aws, config: Config, me: Label, name: str) -> Iterator[Step]:
    """A step for whatever is wrong with the file system of a volume."""
    said, key = config.volumes[name], f"volumes.{name}"
    system, point = said.file_system or "", said.access_point or ""
    answer = none_if_gone(partial(aws.read, aws.efs.describe_file_systems, FileSystemId=system))
    if answer is None or not answer["FileSystems"]:
        yield _unfit(
            f"{key}.file_system", f"there is no file system {system} in {me.region}", "fix its id in ecsctl.toml"
        )
        return
    if (state := answer["FileSystems"][0]["LifeCycleState"]) not in ("available", "updating"):
        yield _unfit(f"{key}.file_system", f"{system} is {state}, expected available", "wait, or name another one")
        return
    if point:
        yield from _point(aws, key, system, point)
    targets = [one for one in aws.read(aws.efs.describe_mount_targets, FileSystemId=system)["MountTargets"]
               if one["LifeCycleState"] in ("available", "updating")]  # fmt: skip
    subnets = _subnets(aws, config, targets)
    yield from _reached(aws, config, me, f"{key}.file_system", system, targets, subnets)


def _point(aws: Aws, key: str, system: str, point: str) -> Iterator[Step]:
    answer = none_if_gone(partial(aws.read, aws.efs.describe_access_points, AccessPointId=point))
    found = answer["AccessPoints"][0] if answer and answer["AccessPoints"] else None
    if found is None:
        yield _unfit(f"{key}.access_point", f"there is no access point {point}", "fix its id in ecsctl.toml")
    elif found["FileSystemId"] != system:
        mismatch = f"{point} is of {found['FileSystemId']}, expected one of {system}"
        yield _unfit(f"{key}.access_point", mismatch, "fix one of the two in ecsctl.toml")


def _reached(
    aws: Aws, config: Config, me: Label, key: str, system: str, targets: list[Any], subnets: Mapping[str, Any]
) -> Iterator[Step]:
    """Through a mount target in each zone of the tasks, in their own VPC, that admits them.

    "The mount target must be in the same Availability Zone as the task" (ECS guide, "ResourceInitializationError").
    """
    vpcs = {one["VpcId"] for one in targets if one.get("VpcId")}
    if not targets:
        yield _unfit(
            key, f"{system} has no mount target", f"make one in each zone of the tasks: {_MAKE.format(system)}"
        )
        return
    ours = config.vpc.id in vpcs if config.vpc.id else any(_is_ours(aws, vpc, me) for vpc in vpcs)
    if not ours:
        expected = f"expected {config.vpc.id}" if config.vpc.id else "expected the VPC that is made for the app"
        yield _unfit(key, f"{system} is reached from {', '.join(sorted(vpcs))}, {expected}",
                     "run the app in that VPC with vpc.id, or name a file system that is in this one")  # fmt: skip
        return
    wanted = {one["AvailabilityZoneId"] for one in subnets.values()}
    if missing := sorted(wanted - {one["AvailabilityZoneId"] for one in targets}):
        yield _unfit(key, f"{system} has no mount target in {', '.join(missing)}, where tasks may run",
                     _MAKE.format(system))  # fmt: skip
    for one in targets:
        if one["AvailabilityZoneId"] in wanted and not _allows_nfs(aws, config, me, one, subnets):
            target = one["MountTargetId"]
            yield _unfit(key, f"no security group of its mount target {target} lets the tasks in on port {NFS}",
                         "let their subnets in, or a group of service.security_groups: aws ec2 "
                         "authorize-security-group-ingress --protocol tcp --port 2049 --group-id GROUP "
                         "--source-group OTHER")  # fmt: skip


_MAKE = "aws efs create-mount-target --file-system-id {} --subnet-id SUBNET --security-groups GROUP"


def _subnets(aws: Aws, config: Config, targets: list[Any]) -> dict[str, Any]:
    """The subnets of the tasks, if they are known: those of an app's own VPC are in the zones of its subnets."""
    named = config.vpc.private_subnets or config.vpc.public_subnets
    if config.vpc.id:
        filters = where(subnet_id=list(named))
    else:
        vpcs = sorted({one["VpcId"] for one in targets if one.get("VpcId")})
        if not vpcs:
            return {}
        filters = where(vpc_id=vpcs)
    found = aws.read(aws.ec2.describe_subnets, Filters=filters)["Subnets"]
    if not config.vpc.id:
        part = public_subnet if config.vpc.egress == "public" else private_subnet
        parts = {part(place) for place in PLACES}
        found = [one for one in found if flat(one.get("Tags")).get(RESOURCE) in parts]
    return {one["SubnetId"]: one for one in found}


def _is_ours(aws: Aws, vpc: str, me: Label) -> bool:
    answer = none_if_gone(partial(aws.read, aws.ec2.describe_vpcs, VpcIds=[vpc]))
    return bool(answer and answer["Vpcs"] and flat(answer["Vpcs"][0].get("Tags")).get(APP) == me.app)


def _allows_nfs(aws: Aws, config: Config, me: Label, target: Any, subnets: Mapping[str, Any]) -> bool:
    """Whether a group of a mount target admits a group of the tasks, or all of their subnets."""
    attached = aws.read(aws.efs.describe_mount_target_security_groups, MountTargetId=target["MountTargetId"])
    if not attached["SecurityGroups"]:
        return False
    groups = aws.read(aws.ec2.describe_security_groups, Filters=where(group_id=attached["SecurityGroups"]))
    named = where(vpc_id=target["VpcId"], group_name=Names.of(me).tasks_group)
    made = aws.read(aws.ec2.describe_security_groups, Filters=named)["SecurityGroups"]
    theirs = {*config.service.security_groups, *(one["GroupId"] for one in made)}
    rules = admitting(groups["SecurityGroups"])
    if any(pair.get("GroupId") in theirs for rule in rules for pair in rule.get("UserIdGroupPairs", [])):
        return True
    if any(rule.get("PrefixListIds") for rule in rules):
        return True  # their content is not read
    nets = [ipaddress.ip_network(one["CidrIp"]) for rule in rules for one in rule.get("IpRanges", [])]
    wanted = [ipaddress.ip_network(one["CidrBlock"]) for one in subnets.values()]
    return bool(nets) and all(any(_is_within(one, net) for net in nets) for one in wanted)


def _is_within(one: Any, net: Any) -> bool:
    return bool(one.subnet_of(net))
