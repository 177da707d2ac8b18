"""EFS in the sandbox answers what AWS answers for the same file system.

The facts are those of answers of AWS that go-to-k/cdk-real-drift recorded from June to August 2026 (commit c00ed982,
Apache-2.0).
"""

from answers import refused


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


def test_a_file_system_needs_a_key_that_exists_and_is_enabled(aws):
    efs, kms = aws("efs"), aws("kms")
    key = kms.create_key()["KeyMetadata"]
    made = efs.create_file_system(CreationToken="own", Encrypted=True, KmsKeyId=key["KeyId"])
    assert made["KmsKeyId"] == key["Arn"]
    kms.disable_key(KeyId=key["KeyId"])
    off = refused(efs.create_file_system, CreationToken="off", Encrypted=True, KmsKeyId=key["Arn"])
    assert off == ("DisabledException", f"{key['Arn']} is disabled.")
    gone = refused(efs.create_file_system, CreationToken="gone", Encrypted=True, KmsKeyId="alias/none")
    assert gone == ("NotFoundException", "The request was rejected because the specified key could not be found.")
    assert len(efs.describe_file_systems()["FileSystems"]) == 1
