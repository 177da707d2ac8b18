"""What leads to a file system: on its way out, or that AWS could not make."""

import pytest

from ecsctl.errors import EcsctlError
from tests.resources.test_answers import rewritten
from tests.rows import network

PARTS = ("targets data", "access data 1000:1000")


def test_mount_targets_that_are_being_deleted_are_replaced(cloud):
    """A `down` was killed, and `up` comes before they have gone: AWS takes no second one in a zone until then."""
    compose = network.stack_of(cloud, *PARTS)
    cloud.up(compose)
    efs = cloud.boto("efs")
    (system,) = efs.describe_file_systems()["FileSystems"]
    before = efs.describe_mount_targets(FileSystemId=system["FileSystemId"])["MountTargets"]
    for one in before:
        efs.delete_mount_target(MountTargetId=one["MountTargetId"])
    cloud.up(compose)
    after = efs.describe_mount_targets(FileSystemId=system["FileSystemId"])["MountTargets"]
    assert [one["LifeCycleState"] for one in after] == ["available", "available"]
    assert not {one["MountTargetId"] for one in before} & {one["MountTargetId"] for one in after}
    assert not cloud.plan(compose).work


@pytest.mark.parametrize(
    ("operation", "listed", "says"),
    [
        ("DescribeMountTargets", "MountTargets", "aws efs delete-mount-target --mount-target-id fsmt-"),
        ("DescribeAccessPoints", "AccessPoints", "aws efs delete-access-point --access-point-id fsap-"),
    ],
)
def test_a_mount_target_that_failed_is_reported_and_not_waited_for(cloud, operation, listed, says):
    def broken(parsed):
        for one in parsed[listed]:
            one["LifeCycleState"] = "error"

    compose = network.stack_of(cloud, *PARTS)
    with rewritten(cloud, "efs", operation, broken), pytest.raises(EcsctlError) as failed:
        cloud.up(compose)
    assert "LifeCycleState error" in failed.value.why
    assert says in failed.value.hint
