"""Why a task's volumes cannot be mounted. ECS passes on the messages of EFS's mount helper.

The messages are taken from public threads: docker-archive/compose-cli#1490, aws/copilot-cli#5419,
acp-io/terraform-grafana#4, rileydakota/valheim-ecs-fargate-cdk#28; and the EFS user guide, "Troubleshooting mount
issues".
"""

from __future__ import annotations

import re

from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, by_hand, change, up
from ecsctl.why.evidence import Facts, Place, Reason
from ecsctl.why.words import is_cut


def denied(facts: Facts) -> Cause | None:
    """IAM or the file system's policy does not allow the app's role to mount it."""
    found = facts.reason((Place.VOLUME,), "access denied by server", "AccessDenied", "not authorized to perform")
    if not found:
        return None
    role = facts.definition.get("taskRoleArn", "").rsplit("/", 1)[-1] or "the app's role"
    sentence = f"{role} may not mount the file system{_which(facts)}"
    allow = by_hand(f"let {role} mount it in the file system's own policy (aws efs describe-file-system-policy)")
    return Cause("volume-denied", sentence, (found,), (up("makes the role's permissions right"), allow), _sure(found))


def missing(facts: Facts) -> Cause | None:
    """The file system or folder does not exist, or there is no mount target in the task's zone."""
    found = facts.reason((Place.VOLUME,), "Failed to resolve", "No such file or directory", "does not exist")
    if not found:
        return None
    if "No such file" in found.text or "does not exist" in found.text:
        sentence = f"the folder or the access point of a volume does not exist{_which(facts)}"
        fix = (change("volumes", "to a folder or an access point that exists"), _again())
    else:
        named = re.search(r"\bfs-[0-9a-f]+", found.text)
        what = f"the file system {named[0]}" if named else "a file system"
        sentence = f"{what} does not exist, or has no mount target in the task's zone, or the VPC resolves no names"
        fix = (_again(), by_hand("make a mount target in each zone of the tasks (aws efs create-mount-target)"))
    return Cause("volume-missing", sentence, (found,), fix, _sure(found))


def unreachable(facts: Facts) -> Cause | None:
    """The mount target does not answer: a security group drops packets that it does not allow."""
    found = facts.reason((Place.VOLUME,), "timed out", "failed due to timeout")
    if not found:
        return None
    sentence = (f"no answer came from the file system{_which(facts)}: a security group, or a network ACL, does not let "
            "port 2049 through")  # fmt: skip
    let = by_hand("let the tasks' security group in on port 2049 in the group of the mount targets")
    return Cause("volume-unreachable", sentence, (found,), (_again(), let), Certainty.LIKELY)


def unmounted(facts: Facts) -> Cause | None:
    """A volume that could not be mounted or created, for a reason that no other check covers."""
    found = facts.reason((Place.VOLUME,))
    if not found or any(check(facts) for check in (denied, missing, unreachable)):
        return None
    sentence = f"a volume of the task could not be mounted{_which(facts)}, and ecsctl does not know this reason: "
    return Cause("volume-unmounted", sentence + found.text, (found,), (_again(),), Certainty.UNKNOWN)


def _again() -> Fix:
    return up("makes its file systems, and the ways to them, right; it says what is wrong with one of yours")


def _which(facts: Facts) -> str:
    """Return the task's file systems, if they are known."""
    found = (one.get("efsVolumeConfiguration") or {} for one in facts.definition.get("volumes") or ())
    names = sorted({one["fileSystemId"] for one in found if one.get("fileSystemId")})
    return f" ({', '.join(names)})" if names else ""


def _sure(found: Reason) -> Certainty:
    return Certainty.LIKELY if is_cut(found.text) else Certainty.CERTAIN


CHECKS: tuple[Check, ...] = (denied, missing, unreachable, unmounted)
