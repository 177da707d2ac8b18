"""Why a task's volumes cannot be mounted. ECS passes on the messages of EFS's mount helper.

The messages are taken from public threads: docker-archive/compose-cli#1490, aws/copilot-cli#5419,
acp-io/terraform-grafana#4, rileydakota/valheim-ecs-fargate-cdk#28; and the EFS user guide, "Troubleshooting mount
issues".
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ecsctl.resources.support.deployments import Answer
from ecsctl.resources.support.efs import NFS, admitting
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, by_hand, change, up
from ecsctl.why.evidence import Evidence, Facts, Place, Reason
from ecsctl.why.words import contains, is_cut

NO_FOLDER = ("No such file or directory", "does not exist")
USABLE = ("available", "updating")
"""The states of a mount target that can be used (EFS API reference, MountTargetDescription)."""


def denied(facts: Facts) -> Cause | None:
    """IAM or the file system's policy does not allow the app's role to mount it."""
    found = facts.reason((Place.VOLUME,), "access denied by server", "AccessDenied", "not authorized to perform")
    if not found:
        return None
    role = facts.definition.get("taskRoleArn", "").rsplit("/", 1)[-1] or "the app's role"
    sentence = f"{role} may not mount the file system{_which(facts)}"
    allow = by_hand(f"let {role} mount it in the file system's own policy (aws efs describe-file-system-policy)")
    return Cause("volume-denied", sentence, (found,), (up("makes the role's permissions right"), allow), _sure(found))


def shut(facts: Facts) -> Cause | None:
    """What the account shows: no such file system, no mount target in the task's zone, or one that lets no task in.

    The helper says little of it: "mount system call failed" is NFS's for any error that it has no words for. "The mount
    target must be in the same Availability Zone as the task" (ECS guide, "ResourceInitializationError").
    """
    found = facts.reason((Place.VOLUME,))
    if not found or denied(facts):
        return None
    own = facts.failed[0].get("availabilityZone") if facts.failed else None
    zones = {own} if own else {*facts.zones.values()}
    for system, targets in facts.mount_targets.items():
        if targets is None:
            seen = Evidence("file system", f"there is no {system}")
            fix = (change("volumes", "to a file system that exists"), _again())
            return Cause("volume-missing", f"the file system {system} does not exist", (found, seen), fix)
        usable = {one["AvailabilityZoneName"]: one for one in targets if one["LifeCycleState"] in USABLE}
        if lost := zones - {*usable}:
            return _without_target(system, sorted(lost), found, sure=bool(own) or lost == zones)
        closed = next((usable[zone] for zone in sorted(zones) if not _allows(usable[zone], facts)), None)
        if closed and not contains(found.text, *NO_FOLDER):
            return _closed(system, closed, found, sure=contains(found.text, "timed out", "timeout"))
    return None


def _without_target(system: str, zones: list[str], found: Reason, *, sure: bool) -> Cause:
    sentence = f"the file system {system} has no mount target in {', '.join(zones)}, where the tasks run"
    seen = Evidence("file system", f"{system}: none of its mount targets that are available is in {', '.join(zones)}")
    fix = (_again(), by_hand("make a mount target in each zone of the tasks (aws efs create-mount-target)"))
    return Cause("volume-missing", sentence, (found, seen), fix, Certainty.CERTAIN if sure else Certainty.LIKELY)


def _closed(system: str, target: Answer, found: Reason, *, sure: bool) -> Cause:
    groups = ", ".join(sorted(one["GroupId"] for one in target["SecurityGroups"])) or "none"
    sentence = f"the file system {system} does not let the tasks in: no security group of its mount target allows {NFS}"
    seen = Evidence("mount target", f"{target['MountTargetId']} has the security groups {groups}")
    let = by_hand(f"let the tasks' security group in on port {NFS} in one of {groups}")
    certainty = Certainty.CERTAIN if sure else Certainty.LIKELY
    return Cause("volume-unreachable", sentence, (found, seen), (_again(), let), certainty)


def _allows(target: Answer, facts: Facts) -> bool:
    """Whether a mount target's security groups admit the tasks, or their rules do not say so for sure."""
    ours, rules = {one["GroupId"] for one in facts.groups}, admitting(target["SecurityGroups"])
    peers = {pair.get("GroupId") for rule in rules for pair in rule.get("UserIdGroupPairs", ())}
    if not ours or peers & ours or any(rule.get("PrefixListIds") or rule.get("Ipv6Ranges") for rule in rules):
        return True
    nets = [ip_network(one["CidrIp"], strict=False) for rule in rules for one in rule.get("IpRanges", ())]
    address = _address(facts)
    return any(address is None or address in net for net in nets)


def _address(facts: Facts) -> IPv4Address | IPv6Address | None:
    """The address that the newest failed task had, if it is known."""
    attached = facts.failed[0].get("attachments", ()) if facts.failed else ()
    details = {one["name"]: one["value"] for each in attached for one in each.get("details", ())}
    return ip_address(details["privateIPv4Address"]) if "privateIPv4Address" in details else None


def missing(facts: Facts) -> Cause | None:
    """The file system or folder does not exist, or there is no mount target in the task's zone."""
    found = facts.reason((Place.VOLUME,), "Failed to resolve", *NO_FOLDER)
    if not found or shut(facts):
        return None
    if contains(found.text, *NO_FOLDER):
        sentence = f"the folder or the access point of a volume does not exist{_which(facts)}"
        fix = (change("volumes", "to a folder or an access point that exists"), _again())
    else:
        named = re.search(r"\bfs-[0-9a-f]+", found.text)
        what = f"the file system {named[0]}" if named else "a file system"
        if named and facts.mount_targets.get(named[0]):
            sentence = f"the tasks' VPC does not resolve the name of {named[0]}, which has a mount target in their zone"
            names = by_hand("turn on DNS hostnames and DNS support of the VPC (aws ec2 modify-vpc-attribute)")
            return Cause("volume-missing", sentence, (found,), (_again(), names), Certainty.LIKELY)
        sentence = f"{what} does not exist, or has no mount target in the task's zone, or the VPC resolves no names"
        fix = (_again(), by_hand("make a mount target in each zone of the tasks (aws efs create-mount-target)"))
    return Cause("volume-missing", sentence, (found,), fix, _sure(found))


def unreachable(facts: Facts) -> Cause | None:
    """The mount target does not answer: a security group drops packets that it does not allow."""
    found = facts.reason((Place.VOLUME,), "timed out", "failed due to timeout")
    if not found or shut(facts):
        return None
    sentence = (f"no answer came from the file system{_which(facts)}: a security group, or a network ACL, does not let "
            "port 2049 through")  # fmt: skip
    let = by_hand("let the tasks' security group in on port 2049 in the group of the mount targets")
    return Cause("volume-unreachable", sentence, (found,), (_again(), let), Certainty.LIKELY)


def unmounted(facts: Facts) -> Cause | None:
    """A volume that could not be mounted or created, for a reason that no other check covers."""
    found = facts.reason((Place.VOLUME,))
    if not found or any(check(facts) for check in (denied, shut, missing, unreachable)):
        return None
    sentence = f"a volume of the task could not be mounted{_which(facts)}, and ecsctl does not know this reason: "
    seen = [Evidence("file system", f"{one} has a mount target in the task's zone, which lets the tasks in")
            for one in facts.mount_targets]  # fmt: skip
    return Cause("volume-unmounted", sentence + found.text, (found, *seen), (_again(),), Certainty.UNKNOWN)


def _again() -> Fix:
    return up("makes its file systems, and the ways to them, right; it says what is wrong with one of yours")


def _which(facts: Facts) -> str:
    """Return the task's file systems, if they are known."""
    found = (one.get("efsVolumeConfiguration") or {} for one in facts.definition.get("volumes") or ())
    names = sorted({one["fileSystemId"] for one in found if one.get("fileSystemId")})
    return f" ({', '.join(names)})" if names else ""


def _sure(found: Reason) -> Certainty:
    return Certainty.LIKELY if is_cut(found.text) else Certainty.CERTAIN


CHECKS: tuple[Check, ...] = (denied, shut, missing, unreachable, unmounted)
