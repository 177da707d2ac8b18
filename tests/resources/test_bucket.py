import json
from dataclasses import replace

import boto3
import pytest

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.errors import Refused
from ecsctl.resources.bucket import Bucket
from tests.desired_stack import usual

NAME = "shop-artifacts-123456789012-eu-central-1"


def bucket(**changes):
    return lambda stack: stack.ensure("artifacts", usual(Bucket, name=NAME, **changes))


def test_the_bucket_is_private_encrypted_tls_only_and_expires_objects(cloud):
    cloud.up(bucket())
    s3 = cloud.boto("s3")
    assert all(s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"].values())
    rules = s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    policy = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])
    assert policy["Statement"] == [{
        "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }]  # fmt: skip
    rule = s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"][0]
    assert rule["Expiration"]["Days"] == 30
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 7
    assert s3.get_bucket_location(Bucket=NAME)["LocationConstraint"] == "eu-central-1"


def test_the_bucket_carries_our_tags_from_its_creation(cloud):
    made = usual(Bucket, name=NAME).create(cloud.aws, cloud.label("artifacts"))
    tags = {tag["Key"]: tag["Value"] for tag in cloud.boto("s3").get_bucket_tagging(Bucket=NAME)["TagSet"]}
    assert (made.name, tags["ecsctl:app"], tags["ecsctl:resource"]) == (NAME, "shop", "artifacts")


def test_the_one_region_that_may_not_be_named_is_not(cloud):
    name = "shop-artifacts-123456789012-us-east-1"
    elsewhere = Aws(Patience(cloud.clock), session=boto3.session.Session(region_name="us-east-1"))
    usual(Bucket, name=name).create(elsewhere, replace(cloud.label("artifacts"), region="us-east-1"))
    s3 = cloud.boto("s3", "us-east-1")
    assert s3.get_bucket_location(Bucket=name).get("LocationConstraint") is None
    assert {"Key": "ecsctl:app", "Value": "shop"} in s3.get_bucket_tagging(Bucket=name)["TagSet"]


def test_a_second_up_changes_nothing(cloud):
    cloud.up(bucket())
    assert cloud.up(bucket()).work == ()
    assert cloud.changes == 0


def test_settings_follow_the_configuration(cloud):
    cloud.up(bucket())
    assert cloud.plan(bucket(expiration_days=5)).steps[0].changed == {"expiration_days"}
    cloud.up(bucket(expiration_days=5, tls_only=False))
    assert cloud.plan(bucket(expiration_days=5, tls_only=False)).work == ()


def narrowed(s3):
    rule = {"ID": "ecsctl", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket=NAME, LifecycleConfiguration={"Rules": [rule]})


def untagged(s3):
    tags = [tag for tag in s3.get_bucket_tagging(Bucket=NAME)["TagSet"] if tag["Key"] != "owner"]
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [*tags, {"Key": "cost-center", "Value": "42"}]})


def stronger(s3):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=NAME, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_an_encryption_that_the_organization_sets_is_left_alone(cloud):
    cloud.up(bucket(encryption=None))
    stronger(cloud.boto("s3"))
    assert cloud.plan(bucket(encryption=None)).work == ()


@pytest.mark.parametrize(
    ("fields", "spoil"),
    [
        ({"public_access_block"}, lambda s3: s3.delete_public_access_block(Bucket=NAME)),
        ({"tls_only"}, lambda s3: s3.delete_bucket_policy(Bucket=NAME)),
        (
            {"expiration_days", "abort_incomplete_multipart_upload_days"},
            lambda s3: s3.delete_bucket_lifecycle(Bucket=NAME),
        ),
        ({"expiration_days", "abort_incomplete_multipart_upload_days"}, narrowed),
        ({"tags"}, untagged),
        ({"encryption"}, stronger),
    ],
)
def test_drift_is_named_and_corrected(cloud, fields, spoil):
    cloud.up(bucket())
    spoil(cloud.boto("s3"))
    assert cloud.plan(bucket()).steps[0].changed == fields
    cloud.up(bucket())
    assert cloud.plan(bucket()).work == ()


def test_what_others_have_written_into_it_stays(cloud):
    cloud.up(bucket())
    s3 = cloud.boto("s3")
    untagged(s3)
    theirs = {"Sid": "Audit", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
              "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{NAME}/*"}  # fmt: skip
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps({"Version": "2012-10-17", "Statement": theirs}))
    rule = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket=NAME, LifecycleConfiguration={"Rules": [rule]})
    cloud.up(bucket())
    statements = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]
    assert [one["Sid"] for one in statements] == ["Audit", "TlsOnly"]
    assert {one["ID"] for one in s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]} == {"theirs", "ecsctl"}
    assert {"Key": "cost-center", "Value": "42"} in s3.get_bucket_tagging(Bucket=NAME)["TagSet"]
    assert cloud.plan(bucket()).work == ()


def test_down_deletes_the_bucket_with_every_version_and_marker(cloud, monkeypatch):
    monkeypatch.setattr("ecsctl.resources.bucket.AT_ONCE", 3)
    cloud.up(bucket())
    s3 = cloud.boto("s3")
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    for number in range(8):
        s3.put_object(Bucket=NAME, Key=f"build/{number % 5}", Body=b"x")
    s3.delete_object(Bucket=NAME, Key="build/4")
    observed = cloud.see("artifacts", usual(Bucket, name=NAME))
    assert Bucket.contents(cloud.aws, observed.ids).summary == "9 objects"
    cloud.down()
    assert s3.list_buckets()["Buckets"] == []


def test_up_without_a_state_file_changes_nothing(cloud):
    cloud.up(bucket())
    cloud.lose_state()
    assert cloud.plan(bucket()).work == ()
    cloud.lose_state()
    cloud.down()
    assert cloud.boto("s3").list_buckets()["Buckets"] == []


def test_a_bucket_of_this_name_that_is_not_ours_is_refused_and_survives(cloud):
    s3 = cloud.boto("s3")
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=NAME, Key="precious", Body=b"x")
    with pytest.raises(Refused, match="is not ours"):
        cloud.up(bucket())
    cloud.down()
    assert s3.list_objects_v2(Bucket=NAME)["KeyCount"] == 1
