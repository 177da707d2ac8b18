"""A volume that could not be mounted is explained by what the account shows of its file system."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.why import Cause, Certainty, diagnose
from tests.why.field.case import INIT
from tests.why.field.scene import Scene, facts, runs, task

SYSTEM = "fs-0a1"
VAGUE = "mount.nfs4: mount system call failed"
SLOW = "mount.nfs4: Connection timed out"
UNRESOLVED = f'Failed to resolve "{SYSTEM}.efs.eu-central-1.amazonaws.com" - check that your file system ID is correct'
NO_FOLDER = "mount.nfs4: mounting fs-0a1:/x failed, reason given by server: No such file or directory"
HERE, THERE = "eu-central-1a", "eu-central-1b"
OTHERS = {"UserIdGroupPairs": [{"GroupId": "sg-0other"}]}


def target(zone: str = HERE, state: str = "available", **rule: Any) -> Scene:
    """A mount target that lets the tasks' group in, or what the rule says."""
    admits = rule or {"UserIdGroupPairs": [{"GroupId": "sg-0task"}]}
    group = {"GroupId": "sg-0efs", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, **admits}]}
    return {"MountTargetId": "fsmt-1", "AvailabilityZoneName": zone, "LifeCycleState": state, "SecurityGroups": [group]}


def first(said: str, targets: list[Scene] | None, **more: Any) -> Cause:
    """The cause of tasks in one zone with an address, whose volume could not be mounted."""
    scene = task(f"{INIT}failed to invoke EFS utils commands to set up EFS volumes: stderr: {said}")
    details = [{"name": "privateIPv4Address", "value": "10.0.2.17"}]
    scene["stopped"][0] |= {"availabilityZone": HERE, "attachments": [{"details": details}]} | more
    mounted = [{"name": "files", "efsVolumeConfiguration": {"fileSystemId": SYSTEM}}]
    definition = runs()["definition"] | {"volumes": mounted}
    read = {"definition": definition, "mount_targets": {SYSTEM: targets}, "zones": {"subnet-0a1": HERE}}
    return diagnose(facts(scene, read)).causes[0]


@pytest.mark.parametrize(("said", "targets", "name", "certainty", "words"), [
    (VAGUE, None, "volume-missing", Certainty.CERTAIN, "fs-0a1 does not exist"),
    (VAGUE, [], "volume-missing", Certainty.CERTAIN, f"no mount target in {HERE}"),
    (UNRESOLVED, [target(THERE)], "volume-missing", Certainty.CERTAIN, f"no mount target in {HERE}"),
    (UNRESOLVED, [target(state="creating")], "volume-missing", Certainty.CERTAIN, f"no mount target in {HERE}"),
    (UNRESOLVED, [target()], "volume-missing", Certainty.LIKELY, "VPC does not resolve the name of fs-0a1"),
    (VAGUE, [target(**OTHERS)], "volume-unreachable", Certainty.LIKELY, "does not let the tasks in"),
    (SLOW, [target(**OTHERS)], "volume-unreachable", Certainty.CERTAIN, "does not let the tasks in"),
    (SLOW, [target(IpRanges=[{"CidrIp": "10.0.3.0/24"}])], "volume-unreachable", Certainty.CERTAIN, "does not let"),
    (SLOW, [target(IpRanges=[{"CidrIp": "10.0.0.0/16"}])], "volume-unreachable", Certainty.LIKELY, "no answer came"),
    (SLOW, [target(PrefixListIds=[{"PrefixListId": "pl-1"}])], "volume-unreachable", Certainty.LIKELY, "no answer"),
    (NO_FOLDER, [target(**OTHERS)], "volume-missing", Certainty.CERTAIN, "the folder or the access point"),
    (VAGUE, [target()], "volume-unmounted", Certainty.UNKNOWN, "does not know this reason"),
])  # fmt: skip
def test_a_file_system_that_the_task_cannot_reach_is_named_with_what_shuts_it(
    said: str, targets: list[Scene] | None, name: str, certainty: Certainty, words: str
) -> None:
    cause = first(said, targets)
    assert (cause.name, cause.certainty) == (name, certainty)
    assert words in cause.sentence


def test_where_the_zone_or_the_address_of_the_task_is_not_known_less_is_said_for_sure() -> None:
    elsewhere = [target(THERE)]
    assert first(VAGUE, elsewhere, availabilityZone=None).certainty == Certainty.CERTAIN, "none in any of their zones"
    narrow = [target(IpRanges=[{"CidrIp": "10.0.3.0/24"}])]
    assert first(VAGUE, narrow, attachments=[]).certainty == Certainty.UNKNOWN


def test_what_was_looked_at_in_vain_is_said() -> None:
    shown = [one.text for one in first(VAGUE, [target()]).evidence]
    assert "fs-0a1 has a mount target in the task's zone, which lets the tasks in" in shown
