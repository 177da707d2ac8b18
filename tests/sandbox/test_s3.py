import json

import pytest
from answers import refused
from moto.s3.models import s3_backends

from ecsctl.sandbox.aws import s3 as sandbox_s3
from ecsctl.sandbox.aws.account import ACCOUNT

NAME = "app-artifacts-123456789012-eu-central-1"
HERE = {"LocationConstraint": "eu-central-1"}


@pytest.fixture
def s3(aws):
    return aws("s3")


def make(s3, **more):
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={**HERE, **more})


def test_a_bucket_of_ones_own_is_not_made_again(s3):
    make(s3)
    text = "Your previous request to create the named bucket succeeded and you already own it."
    assert refused(make, s3) == ("BucketAlreadyOwnedByYou", text)


def test_in_us_east_1_making_it_again_succeeds_and_changes_nothing(aws):
    s3 = aws("s3", "us-east-1")
    s3.create_bucket(Bucket=NAME)
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.create_bucket(Bucket=NAME)
    assert s3.get_bucket_tagging(Bucket=NAME)["TagSet"] == [{"Key": "a", "Value": "b"}]
    location = {"LocationConstraint": "us-east-1"}
    error = refused(s3.create_bucket, Bucket="another-name", CreateBucketConfiguration=location)
    assert error[0] == "InvalidLocationConstraint"


def test_elsewhere_a_location_must_be_named_and_be_the_regions(s3):
    error = refused(s3.create_bucket, Bucket=NAME)
    text = (
        "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    assert error == ("IllegalLocationConstraintException", text)
    location = {"LocationConstraint": "eu-west-1"}
    error = refused(s3.create_bucket, Bucket=NAME, CreateBucketConfiguration=location)
    text = (
        "The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    assert error == ("IllegalLocationConstraintException", text)


def test_a_name_of_another_account_is_taken_and_out_of_reach(s3):
    s3_backends["111111111111"]["aws"].create_bucket(NAME, "eu-central-1")
    text = "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
    text += "Please select a different name and try again."
    assert refused(make, s3) == ("BucketAlreadyExists", text)
    assert refused(s3.head_bucket, Bucket=NAME) == ("403", "Forbidden")
    assert refused(s3.list_objects_v2, Bucket=NAME) == ("AccessDenied", "Access Denied")
    assert refused(s3.put_object, Bucket=NAME, Key="k", Body=b"") == ("AccessDenied", "Access Denied")
    assert refused(s3.delete_bucket, Bucket=NAME) == ("AccessDenied", "Access Denied")


def test_the_owner_is_whom_the_caller_expects(s3):
    make(s3)
    s3.head_bucket(Bucket=NAME, ExpectedBucketOwner=ACCOUNT)
    assert refused(s3.head_bucket, Bucket=NAME, ExpectedBucketOwner="1" * 12) == ("403", "Forbidden")
    error = refused(s3.get_bucket_tagging, Bucket=NAME, ExpectedBucketOwner="1" * 12)
    assert error == ("AccessDenied", "Access Denied")
    assert refused(s3.head_bucket, Bucket="not-there", ExpectedBucketOwner=ACCOUNT) == ("404", "Not Found")


def test_a_bucket_comes_with_its_tags(s3):
    make(s3, Tags=[{"Key": "ecsctl:app", "Value": "mine"}, {"Key": "owner", "Value": "me"}])
    found = s3.get_bucket_tagging(Bucket=NAME)["TagSet"]
    assert sorted(tag["Value"] for tag in found) == ["me", "mine"]


def test_objects_versions_and_delete_markers_keep_a_bucket(s3):
    make(s3)
    s3.put_object(Bucket=NAME, Key="k", Body=b"1")
    error = refused(s3.delete_bucket, Bucket=NAME)
    assert error == ("BucketNotEmpty", "The bucket you tried to delete is not empty")
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=NAME, Key="k", Body=b"2")
    s3.delete_object(Bucket=NAME, Key="k")
    text = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
    listed = s3.list_object_versions(Bucket=NAME)
    assert len(listed["Versions"]) == 2
    for version in listed["Versions"] + listed["DeleteMarkers"]:
        assert refused(s3.delete_bucket, Bucket=NAME) == ("BucketNotEmpty", text)
        s3.delete_object(Bucket=NAME, Key="k", VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=NAME)


def test_a_name_just_deleted_is_not_free(s3, clock):
    make(s3, Tags=[{"Key": "old", "Value": "yes"}])
    s3.delete_bucket(Bucket=NAME)
    text = "A conflicting conditional operation is currently in progress against this resource. Please try again."
    clock.sleep(19)
    assert refused(make, s3) == ("OperationAborted", text)
    clock.sleep(1)
    make(s3)
    assert refused(s3.get_bucket_tagging, Bucket=NAME)[0] == "NoSuchTagSet"
    sandbox_s3.block_deleted_names(3600)
    s3.delete_bucket(Bucket=NAME)
    clock.sleep(3599)
    assert refused(make, s3)[0] == "OperationAborted"


def test_a_new_bucket_can_be_made_to_hide(s3, clock):
    sandbox_s3.hide_new_buckets(2)
    make(s3)
    assert refused(s3.put_bucket_tagging, Bucket=NAME, Tagging={"TagSet": []})[0] == "NoSuchBucket"
    assert refused(s3.head_bucket, Bucket=NAME)[0] == "404"
    clock.sleep(2)
    s3.head_bucket(Bucket=NAME)


def policy(**changed):
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        **changed,
    }
    kept = {key: value for key, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


def test_a_policy_against_plain_http_leaves_the_bucket_usable(s3):
    make(s3)
    s3.put_bucket_policy(Bucket=NAME, Policy=policy())
    s3.put_object(Bucket=NAME, Key="k", Body=b"1")
    assert s3.get_object(Bucket=NAME, Key="k")["Body"].read() == b"1"
    assert "Errors" not in s3.delete_objects(Bucket=NAME, Delete={"Objects": [{"Key": "k"}]})
    assert json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"]) == json.loads(policy())
    s3.put_bucket_policy(Bucket=NAME, Policy=policy(Condition=None))
    assert refused(s3.put_object, Bucket=NAME, Key="k", Body=b"1")[0] in ("403", "AccessDenied")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("nonsense", "Policies must be valid JSON and the first byte must be '{'"),
        (policy(Resource="arn:aws:s3:::other/*"), "Policy has invalid resource"),
        (policy(Principal=None), "Missing required field Principal"),
        (policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/gone"}), "Invalid principal in policy"),
    ],
)
def test_a_malformed_policy_is_refused(s3, document, text):
    make(s3)
    assert refused(s3.put_bucket_policy, Bucket=NAME, Policy=document) == ("MalformedPolicy", text)
