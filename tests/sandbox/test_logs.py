import json

import pytest
from answers import refused

from ecsctl.sandbox.aws import logs as sandbox_logs
from ecsctl.sandbox.aws.account import ACCOUNT
from ecsctl.sandbox.core import clock

APP = "/ecs/app"
BUILDS = "/aws/codebuild/app-build"


@pytest.fixture
def logs(aws):
    return aws("logs")


def names(logs, prefix="/"):
    return [group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]]


def test_a_group_is_made_once(logs):
    logs.create_log_group(logGroupName=APP)
    error = refused(logs.create_log_group, logGroupName=APP)
    assert error == ("ResourceAlreadyExistsException", "The specified log group already exists")
    logs.delete_log_group(logGroupName=APP)
    error = refused(logs.delete_log_group, logGroupName=APP)
    assert error == ("ResourceNotFoundException", "The specified log group does not exist.")


def key(aws, *statements):
    whole = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [whole, *statements]})
    return aws("kms").create_key(Policy=document)["KeyMetadata"]["Arn"]


def service(about=APP, region="eu-central-1"):
    """The statement of CloudWatch Logs' guide."""
    arn = f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:{about}"
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}},
    }


def test_a_group_is_encrypted_with_a_key_from_its_making_or_later_and_no_longer(aws, logs):
    first, second = key(aws, service()), key(aws, service("*"))
    logs.create_log_group(logGroupName=APP, kmsKeyId=first)
    assert logs.describe_log_groups(logGroupNamePrefix=APP)["logGroups"][0]["kmsKeyId"] == first
    logs.associate_kms_key(logGroupName=APP, kmsKeyId=second)
    assert logs.describe_log_groups(logGroupNamePrefix=APP)["logGroups"][0]["kmsKeyId"] == second
    logs.disassociate_kms_key(logGroupName=APP)
    assert "kmsKeyId" not in logs.describe_log_groups(logGroupNamePrefix=APP)["logGroups"][0]
    error = refused(logs.associate_kms_key, logGroupName=BUILDS, kmsKeyId=second)
    assert error[0] == "ResourceNotFoundException"


@pytest.mark.parametrize("statement", [None, service(BUILDS), service(region="us-east-1")])
def test_a_key_whose_policy_does_not_allow_the_service_this_group_is_refused(aws, logs, statement):
    arn = key(aws, *([statement] if statement else []))
    denied = "The specified KMS key does not exist or is not allowed to be used with Arn"
    words = f"{denied} 'arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:{APP}'"
    assert refused(logs.create_log_group, logGroupName=APP, kmsKeyId=arn) == ("AccessDeniedException", words)
    logs.create_log_group(logGroupName=APP)
    assert refused(logs.associate_kms_key, logGroupName=APP, kmsKeyId=arn) == ("AccessDeniedException", words)


def test_a_key_that_is_off_or_is_named_by_its_id_is_refused(aws, logs):
    ident = key(aws, service()).rpartition("/")[2]
    error = refused(logs.create_log_group, logGroupName=APP, kmsKeyId=ident)
    assert error == ("InvalidParameterException", f"The specified KMS Key Id could not be found. '{APP}'")
    arn = aws("kms").describe_key(KeyId=ident)["KeyMetadata"]["Arn"]
    aws("kms").disable_key(KeyId=ident)
    assert refused(logs.create_log_group, logGroupName=APP, kmsKeyId=arn)[0] == "InvalidParameterException"
    assert names(logs) == []


def test_a_group_that_is_protected_against_deletion_stays_until_it_no_longer_is(logs):
    logs.create_log_group(logGroupName=APP)
    [group] = logs.describe_log_groups(logGroupNamePrefix=APP)["logGroups"]
    logs.put_log_group_deletion_protection(logGroupIdentifier=group["logGroupArn"], deletionProtectionEnabled=True)
    [group] = logs.describe_log_groups(logGroupNamePrefix=APP)["logGroups"]
    assert group["deletionProtectionEnabled"]
    error = refused(logs.delete_log_group, logGroupName=APP)
    protected = "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
    assert error == ("ValidationException", protected)
    logs.put_log_group_deletion_protection(logGroupIdentifier=APP, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=APP)
    assert names(logs) == []


def test_only_the_days_aws_offers_are_kept(logs):
    logs.create_log_group(logGroupName=APP)
    code, text = refused(logs.put_retention_policy, logGroupName=APP, retentionInDays=2)
    assert code == "InvalidParameterException"
    assert text.startswith("1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint:")
    logs.put_retention_policy(logGroupName=APP, retentionInDays=30)
    [group] = logs.describe_log_groups(logGroupNamePrefix=APP)["logGroups"]
    assert group["retentionInDays"] == 30
    error = refused(logs.put_retention_policy, logGroupName="/ecs/gone", retentionInDays=30)
    assert error == ("ResourceNotFoundException", "The specified log group does not exist.")


def test_tags_hang_on_the_arn_without_the_star(logs):
    logs.create_log_group(logGroupName=APP, tags={"owner": "me"})
    [group] = logs.describe_log_groups(logGroupNamePrefix=APP)["logGroups"]
    assert group["arn"] == group["logGroupArn"] + ":*"
    logs.tag_resource(resourceArn=group["logGroupArn"], tags={"more": "yes"})
    assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"owner": "me", "more": "yes"}
    for call, more in ((logs.list_tags_for_resource, {}), (logs.tag_resource, {"tags": {"a": "b"}})):
        assert refused(call, resourceArn=group["arn"], **more)[0] == "InvalidParameterException"
    gone = group["logGroupArn"] + "2"
    assert refused(logs.untag_resource, resourceArn=gone, tagKeys=["a"])[0] == "ResourceNotFoundException"


def test_a_new_group_has_nothing_of_the_old_one_of_its_name(logs):
    logs.create_log_group(logGroupName=APP, tags={"owner": "me"})
    arn = logs.describe_log_groups(logGroupNamePrefix=APP)["logGroups"][0]["logGroupArn"]
    logs.delete_log_group(logGroupName=APP)
    logs.create_log_group(logGroupName=APP)
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_a_name_with_other_characters_is_refused(logs):
    code, text = refused(logs.create_log_group, logGroupName="/ecs/my app")
    assert code == "InvalidParameterException"
    assert "'logGroupName' failed to satisfy constraint" in text


def test_late_writers_bring_a_group_back_once_and_only_when_asked_to(logs, clock):
    logs.create_log_group(logGroupName=BUILDS, tags={"owner": "me"})
    logs.delete_log_group(logGroupName=BUILDS)
    clock.sleep(3600)
    assert names(logs) == []
    sandbox_logs.revive_log_groups(after=15)
    insights = "/aws/ecs/containerinsights/app/performance"
    for name in (BUILDS, insights, APP):
        logs.create_log_group(logGroupName=name, tags={"owner": "me"})
        logs.delete_log_group(logGroupName=name)
    clock.sleep(14)
    assert names(logs) == []
    clock.sleep(1)
    assert names(logs) == [BUILDS, insights]
    [group] = logs.describe_log_groups(logGroupNamePrefix=BUILDS)["logGroups"]
    assert "retentionInDays" not in group
    assert group["logGroupArn"].split(":")[4] == ACCOUNT
    assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {}
    logs.delete_log_group(logGroupName=BUILDS)
    clock.sleep(3600)
    assert names(logs) == [insights]


def test_lines_are_found_by_how_the_names_of_their_streams_begin(logs):
    logs.create_log_group(logGroupName=APP)
    for name in ("app/web/1", "app/agent/1"):
        logs.create_log_stream(logGroupName=APP, logStreamName=name)
        logs.put_log_events(logGroupName=APP, logStreamName=name, logEvents=[
            {"timestamp": int(clock.now() * 1000), "message": name}])  # fmt: skip

    def found(prefix):
        return [
            one["message"] for one in logs.filter_log_events(logGroupName=APP, logStreamNamePrefix=prefix)["events"]
        ]

    assert (found("app/agent/"), found("app/x/")) == (["app/agent/1"], [])
    code, _ = refused(logs.filter_log_events, logGroupName=APP, logStreamNamePrefix="app", logStreamNames=["app/web/1"])
    assert code == "InvalidParameterException"


def test_a_log_is_read_from_its_end_only_from_2024_on_and_in_one_direction(logs):
    now = int(clock.now() * 1000)
    logs.create_log_group(logGroupName=APP)
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName=APP, logStreamName=stream)
    for at, stream in enumerate(("one", "two", "one", "two", "one")):
        logs.put_log_events(
            logGroupName=APP, logStreamName=stream, logEvents=[{"timestamp": now + at, "message": str(at)}]
        )
    asked = {"logGroupName": APP, "startTime": now, "limit": 2}
    first = logs.filter_log_events(**asked, startFromHead=False)
    second = logs.filter_log_events(**asked, nextToken=first["nextToken"])  # the token has the direction
    last = logs.filter_log_events(**asked, nextToken=second["nextToken"])
    assert [[one["message"] for one in page["events"]] for page in (first, second, last)] == [
        ["4", "3"],
        ["2", "1"],
        ["0"],
    ]
    assert "nextToken" not in last
    assert [one["message"] for one in logs.filter_log_events(**asked)["events"]] == ["0", "1"], "else from the first on"
    code, _ = refused(logs.filter_log_events, logGroupName=APP, startFromHead=False, startTime=1_704_067_199_999)
    assert code == "InvalidParameterException"
