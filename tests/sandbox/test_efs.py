"""EFS tells what AWS tells of the same thing.

The facts are those of answers of AWS that go-to-k/cdk-real-drift recorded from June to August 2026 (commit c00ed982,
Apache-2.0).
"""


def test_a_file_system_is_returned_with_its_key_and_its_protection(aws):
    efs = aws("efs")
    efs.create_file_system(CreationToken="plain")
    efs.create_file_system(CreationToken="closed", Encrypted=True)
    found = {one["CreationToken"]: one for one in efs.describe_file_systems()["FileSystems"]}
    for one in found.values():
        assert one["FileSystemProtection"] == {"ReplicationOverwriteProtection": "ENABLED"}
        assert (one["PerformanceMode"], one["ThroughputMode"]) == ("generalPurpose", "bursting")
    assert "KmsKeyId" not in found["plain"]
    assert found["closed"]["KmsKeyId"].startswith("arn:aws:kms:")


def test_a_file_system_is_as_old_as_it_is_by_the_clock_of_the_sandbox(aws, clock):
    clock.sleep(7200.0)
    made = aws("efs").create_file_system(CreationToken="late")
    assert abs(made["CreationTime"].timestamp() - clock.now()) < 60
