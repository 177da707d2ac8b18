"""The sandbox with a caller's policies enforced: who may do what, and AWS's words for a denial."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox.core import authorization
from ecsctl.sandbox.core.requirements import Call, needed
from ecsctl.sandbox.server.inprocess import inprocess

ARN = "arn:aws:sns:eu-central-1:123456789012:a"

HERE = "eu-central-1:123456789012"
Client = Callable[[str], Any]


@pytest.fixture
def client() -> Iterator[Client]:
    with inprocess():
        yield boto3.session.Session().client


def allow(*actions: str, on: str = "*", **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": on, **more}]}  # fmt: skip


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call()
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def test_without_a_policy_the_caller_is_the_administrator(client: Client) -> None:
    assert client("ecr").create_repository(repositoryName="anything")


def test_what_no_policy_allows_is_denied_with_its_action_and_resource(client: Client) -> None:
    authorization.enforce(allow("ecr:CreateRepository", on=f"arn:aws:ecr:{HERE}:repository/hello"))
    assert client("ecr").create_repository(repositoryName="hello")
    code, message = refused(lambda: client("ecr").create_repository(repositoryName="hello-api"))
    assert code == "AccessDeniedException"
    assert message.endswith(
        f"is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:{HERE}:repository/hello-api "
        "because no identity-based policy allows the ecr:CreateRepository action"
    )


def test_a_policy_that_asks_for_a_tag_checks_what_is_sent(client: Client) -> None:
    tagged = {"StringEquals": {"aws:RequestTag/ecsctl:app": "hello"}}
    authorization.enforce(allow("ec2:CreateVpc", "ec2:CreateTags", Condition=tagged))
    mine = [{"ResourceType": "vpc", "Tags": [{"Key": "ecsctl:app", "Value": "hello"}]}]
    assert client("ec2").create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=mine)
    assert refused(lambda: client("ec2").create_vpc(CidrBlock="10.1.0.0/16"))[0] == "UnauthorizedOperation"


def test_tags_that_exist_already_are_checked_too(client: Client) -> None:
    made = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]  # the default one
    ours = {"StringEquals": {"aws:ResourceTag/ecsctl:app": "hello"}}
    authorization.enforce(allow("ec2:DeleteVpc", Condition=ours))
    assert refused(lambda: client("ec2").delete_vpc(VpcId=made))[0] == "UnauthorizedOperation"


@pytest.mark.parametrize(("layer", "words"), sorted(authorization.LAYERS.items()))
def test_all_that_is_enforced_must_allow_and_the_refusal_says_which_did_not(
    client: Client, layer: str, words: str
) -> None:
    authorization.enforce(allow("*"))
    authorization.enforce({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
                                         {"Effect": "Deny", "Action": "acm:*", "Resource": "*"}]}, layer)  # fmt: skip
    assert client("ecs").list_clusters()["clusterArns"] == []
    assert refused(lambda: client("acm").list_certificates())[1].endswith(f"with an explicit deny in {words}")
    authorization.enforce(allow("ecs:*"), layer)
    message = refused(lambda: client("route53").list_hosted_zones())[1]
    assert message.endswith(f"because no {words.split(' ', 1)[1]} allows the route53:ListHostedZones action")
    authorization.enforce(None, layer)
    authorization.enforce(None)
    assert client("acm").list_certificates()


def test_buckets_are_checked_by_the_actions_that_s3_names_otherwise(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="hello", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    authorization.enforce(allow("s3:ListBucket", on="arn:aws:s3:::hello"))
    assert s3.head_bucket(Bucket="hello")
    assert refused(lambda: s3.get_bucket_encryption(Bucket="hello"))[0] == "AccessDenied"


def test_a_new_account_has_its_service_linked_roles_to_be_allowed_too(client: Client) -> None:
    authorization.enforce(allow("ecs:*"))
    assert "iam:CreateServiceLinkedRole" in refused(lambda: client("ecs").create_cluster(clusterName="hello"))[1]


def test_a_role_that_is_handed_on_must_be_passed(client: Client) -> None:
    authorization.enforce(allow("ecs:*"))
    container = {"name": "app", "image": "nginx", "memory": 128}
    register = client("ecs").register_task_definition
    role = "arn:aws:iam::123456789012:role/anybody"
    code, message = refused(lambda: register(family="hello", taskRoleArn=role, containerDefinitions=[container]))
    assert code == "AccessDeniedException"
    assert f"iam:PassRole on resource: {role}" in message


@pytest.mark.parametrize(
    ("service", "operation", "sent", "asked"),
    [
        ("sns", "CreateTopic", {"Name": "a", "Tags": [{"Key": "k", "Value": "v"}]},
         {"sns:CreateTopic", "sns:TagResource"}),
        ("sqs", "CreateQueue", {"QueueName": "a", "tags": {"k": "v"}}, {"sqs:CreateQueue", "sqs:TagQueue"}),
        ("sqs", "CreateQueue", {"QueueName": "a"}, {"sqs:CreateQueue"}),
        ("ssm", "PutParameter", {"Name": "a", "Tags": [{"Key": "k", "Value": "v"}]},
         {"ssm:PutParameter", "ssm:AddTagsToResource"}),
        ("codebuild", "CreateProject", {"name": "a", "tags": [{"key": "k", "value": "v"}]},
         {"codebuild:CreateProject"}),
        ("sns", "TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "k", "Value": "v"}]}, {"sns:TagResource"}),
    ],
)  # fmt: skip
def test_a_create_with_tags_needs_what_adds_tags_as_well(
    service: str, operation: str, sent: dict[str, Any], asked: set[str]
) -> None:
    assert {one.action for one in needed(Call(service, operation, sent, "123456789012", "eu-central-1"))} == asked


def test_a_call_about_tags_is_about_what_its_arn_names() -> None:
    def about(operation: str, sent: dict[str, Any]) -> list[str]:
        return [one.resource for one in needed(Call("kms", operation, sent, "123456789012", "eu-central-1"))]

    assert about("ListTagsForResource", {"ResourceArn": ARN}) == [ARN]
    assert about("GetSomething", {"ResourceArn": ARN}) == ["*"]
