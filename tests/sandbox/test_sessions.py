"""Who comes with the credentials of a role, as an app in a container does, may do what its policies allow."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox.server.inprocess import inprocess

HERE = "eu-central-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/app-task"
SAYS = "User: arn:aws:sts::123456789012:assumed-role/app-task/task is not authorized to perform: "
Call = Callable[..., Any]


class App:
    """An account, and an app in it whose role is allowed something."""

    def __init__(self) -> None:
        self.admin = boto3.session.Session()
        service = {"Service": "ecs-tasks.amazonaws.com"}
        trust = {"Version": "2012-10-17",
                 "Statement": [{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}]}  # fmt: skip
        self.admin.client("iam").create_role(RoleName="app-task", AssumeRolePolicyDocument=json.dumps(trust))
        given = self.admin.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="task")["Credentials"]
        self.keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
                     "aws_session_token": given["SessionToken"]}  # fmt: skip

    def client(self, service: str, **more: Any) -> Any:
        """Returns what the app asks a service with."""
        return self.admin.client(service, **self.keys, **more)

    def allow(self, *actions: str, on: str = "*", **more: Any) -> None:
        """From now on that is what the role's policy says."""
        statements = [{"Effect": "Allow", "Action": list(actions), "Resource": on} | more]
        self.policy(statements)

    def policy(self, statements: list[dict[str, Any]]) -> None:
        """The same, statement by statement."""
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.admin.client("iam").put_role_policy(RoleName="app-task", PolicyName="app", PolicyDocument=document)


@pytest.fixture
def app() -> Iterator[App]:
    with inprocess():
        yield App()


def refused(call: Call, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**given)
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def test_an_object_is_read_and_written_as_far_as_the_role_may_in_the_words_of_s3(app: App) -> None:
    place = {"LocationConstraint": "eu-central-1"}
    app.admin.client("s3").create_bucket(Bucket="files", CreateBucketConfiguration=place)
    app.allow("s3:GetObject", "s3:PutObject", on="arn:aws:s3:::files/mine/*")
    s3 = app.client("s3")
    mine, other = {"Bucket": "files", "Key": "mine/a"}, {"Bucket": "files", "Key": "others/a"}
    s3.put_object(**mine, Body=b"a")
    assert s3.get_object(**mine)["Body"].read() == b"a"
    why = 's3:{0} on resource: "arn:aws:s3:::{1}" because no identity-based policy allows the s3:{0} action'
    assert refused(s3.put_object, **other) == ("AccessDenied", SAYS + why.format("PutObject", "files/others/a"))
    assert refused(s3.delete_object, **mine)[1] == SAYS + why.format("DeleteObject", "files/mine/a")
    assert refused(s3.list_objects_v2, Bucket="files")[1] == SAYS + why.format("ListBucket", "files")
    assert refused(s3.list_buckets)[1].startswith(f"{SAYS}s3:ListAllMyBuckets because no")
    copied = refused(s3.copy_object, **mine, CopySource=other)
    assert copied[1] == SAYS + why.format("GetObject", "files/others/a")
    # Without the right to list the bucket a missing object is a denial.
    absent = {"Bucket": "files", "Key": "mine/b"}
    assert refused(s3.get_object, **absent)[1] == SAYS + why.format("ListBucket", "files")
    assert refused(s3.head_object, **absent)[0] == "403"
    app.allow("s3:GetObject", "s3:ListBucket")
    assert refused(s3.get_object, **absent)[0] == "NoSuchKey"


def test_a_queue_a_table_and_a_secret_are_checked_by_their_arns_and_each_service_words_it_in_its_way(app: App) -> None:
    queue = app.admin.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    sqs, dynamodb, secrets = (app.client(name) for name in ("sqs", "dynamodb", "secretsmanager"))
    why = "sqs:sendmessage on resource: arn:aws:sqs:{}:jobs because no identity-based policy allows the {} action"
    batch = {"QueueUrl": queue, "Entries": [{"Id": "1", "MessageBody": "a"}]}
    assert refused(sqs.send_message_batch, **batch) == (
        "AccessDenied", SAYS + why.format(HERE, "sqs:sendmessage")
    )  # fmt: skip
    app.allow("sqs:SendMessage", on=f"arn:aws:sqs:{HERE}:jobs")
    assert sqs.send_message_batch(**batch)["Successful"]
    table = f"arn:aws:dynamodb:{HERE}:table/carts"
    code, message = refused(dynamodb.get_item, TableName="carts", Key={"id": {"S": "1"}})
    assert (code, f"dynamodb:GetItem on resource: {table} because" in message) == ("AccessDeniedException", True)
    app.allow("dynamodb:GetItem", on=table)
    assert refused(dynamodb.get_item, TableName="carts", Key={"id": {"S": "1"}})[0] == "ResourceNotFoundException"
    assert f"{table}/index/by-day" in refused(
        dynamodb.query, TableName="carts", IndexName="by-day", KeyConditionExpression="id = :a",
        ExpressionAttributeValues={":a": {"S": "1"}},
    )[1]  # fmt: skip
    assert refused(secrets.get_secret_value, SecretId="key")[0] == "AccessDeniedException"


def test_conditions_that_can_be_evaluated_count_and_a_boundary_limits(app: App) -> None:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    app.policy([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "::"}}},
                {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": plain},
                {"Effect": "Deny", "Action": "*", "Resource": "*",
                 "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}}])  # fmt: skip
    sqs = app.client("sqs")
    assert sqs.create_queue(QueueName="jobs")
    far = app.client("sqs", region_name="eu-west-1")
    assert refused(far.list_queues)[1].endswith("with an explicit deny in an identity-based policy")
    boundary = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    )
    iam = app.admin.client("iam")
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=boundary)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="app-task", PermissionsBoundary=arn)
    assert refused(sqs.list_queues)[1].endswith("because no permissions boundary allows the sqs:listqueues action")


def test_a_role_tells_who_it_is_without_a_right_and_becomes_another_only_with_one(app: App) -> None:
    sts = app.client("sts")
    assert sts.get_caller_identity()["Arn"].endswith(":assumed-role/app-task/task")
    other = ROLE.replace("app-task", "other")
    assert f"sts:AssumeRole on resource: {other}" in refused(sts.assume_role, RoleArn=other, RoleSessionName="me")[1]
