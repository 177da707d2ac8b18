import json

import pytest

from ecsctl.sandbox.aws import account, ecr
from ecsctl.sandbox.github import remote
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.sandbox.snapshot.taking import differences, snapshot

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def allow(action):
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def build(aws, clock, second_cidr="10.1.1.0/24"):
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    clock.sleep(60)
    for cidr in ("10.1.0.0/24", second_cidr):
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone="eu-central-1a")
    aws("iam").create_role(RoleName="task", AssumeRolePolicyDocument=TRUST)
    aws("iam").put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=allow("s3:GetObject"))
    aws("ecr").create_repository(repositoryName="orders")
    aws("logs").create_log_group(logGroupName="/orders")
    return vpc


def test_a_fresh_account_holds_what_it_is_born_with(aws):
    held = snapshot()
    assert [zone["Name"] for zone in held["aws"]["hosted zones"]] == [account.ZONE]
    assert held.keys() == {"aws"}


def test_a_secret_is_listed_without_its_value(aws):
    aws("secretsmanager").put_secret_value(SecretId="github/token", SecretString="ghp_other")
    held = snapshot()
    assert [secret["Name"] for secret in held["eu-central-1"]["secrets"]] == [account.TOKEN_SECRET]
    assert "ghp_other" not in json.dumps(held)


def test_taking_a_snapshot_of_another_region_changes_nothing(aws):
    before = snapshot()
    aws("ec2", "eu-west-1").describe_vpcs()
    aws("secretsmanager", "eu-west-1").get_secret_value(SecretId="github/token")
    assert differences(before, snapshot()) == []


def test_taking_a_snapshot_changes_nothing(aws, clock):
    build(aws, clock)
    assert snapshot() == snapshot()


def test_what_is_made_and_deleted_leaves_the_snapshot_as_it_was(aws):
    aws("logs").create_log_group(logGroupName="/neighbour")
    before = snapshot()
    aws("ecr").create_repository(repositoryName="orders")
    changed = snapshot()
    assert [line[:30] for line in differences(before, changed)] == ['+ eu-central-1 repositories {"']
    aws("ecr").delete_repository(repositoryName="orders")
    assert differences(before, snapshot()) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda aws: aws("ec2").create_tags(Resources=[aws.vpc], Tags=[{"Key": "owner", "Value": "somebody"}]),
        lambda aws: aws("ec2").modify_vpc_attribute(VpcId=aws.vpc, EnableDnsHostnames={"Value": True}),
        lambda aws: aws("iam").put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=allow("s3:*")),
        lambda aws: aws("logs").put_retention_policy(logGroupName="/orders", retentionInDays=7),
        lambda aws: aws("ecr").put_image_tag_mutability(repositoryName="orders", imageTagMutability="IMMUTABLE"),
        lambda aws: aws("secretsmanager").put_secret_value(SecretId="github/token", SecretString="other"),
        lambda aws: aws("s3", "us-east-1").create_bucket(Bucket="left-behind"),
        lambda aws: aws("ec2", "eu-west-1").create_vpc(CidrBlock="10.9.0.0/16"),
        lambda aws: aws("secretsmanager", "eu-west-1").delete_secret(SecretId="github/token"),
        lambda aws: aws("ec2", "eu-west-1").create_tags(
            Resources=[aws("ec2", "eu-west-1").describe_subnets()["Subnets"][0]["SubnetId"]],
            Tags=[{"Key": "a", "Value": "b"}],
        ),
    ],
    ids=[
        "tag",
        "attribute",
        "policy",
        "retention",
        "mutability",
        "secret",
        "bucket",
        "vpc there",
        "secret there",
        "tag there",
    ],
)
def test_every_change_shows_in_a_snapshot(aws, clock, change):
    aws.vpc = build(aws, clock)
    before = snapshot()
    change(aws)
    assert differences(before, snapshot()) != []


def accounts_made(*cidrs):
    import boto3

    for cidr in cidrs:
        with inprocess() as clock:
            build(boto3.client, clock, cidr)
            yield snapshot(), snapshot(ids=False)


def test_two_accounts_made_alike_are_equal_but_for_their_ids():
    (first, one), (second, other) = accounts_made("10.1.1.0/24", "10.1.1.0/24")
    assert first != second
    assert differences(one, other) == []


def test_two_accounts_made_differently_are_not_equal_without_ids_either():
    (_, one), (_, other) = accounts_made("10.1.1.0/24", "10.1.2.0/24")
    assert differences(one, other) != []


def test_outside_the_sandbox_nothing_is_asked():
    with pytest.raises(RuntimeError, match="no sandbox runs in this process"):
        snapshot()


def test_a_hook_left_on_github_is_listed(aws):
    aws("logs").create_log_group(logGroupName="/neighbour")
    before = snapshot()
    remote.add_hook(account.ACCOUNT, "eu-central-1", "me/orders", "https://example.com/hook")
    assert [line.split(" {")[0] for line in differences(before, snapshot())] == ["+ eu-central-1 hooks on github"]


def test_what_was_just_made_is_listed_though_aws_would_not_show_it_yet(aws):
    vpc = aws("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    assert vpc not in [one["VpcId"] for one in aws("ec2").describe_vpcs()["Vpcs"]]
    assert vpc in [one["id"] for one in snapshot()["eu-central-1"]["vpcs"]]


def repositories_with(*images):
    import boto3

    for tags in images:
        with inprocess():
            boto3.client("ecr").create_repository(repositoryName="orders")
            ecr.put_image(account.ACCOUNT, "eu-central-1", "orders", tags)
            yield snapshot(), snapshot(ids=False)


def test_an_image_that_was_built_again_is_the_same_image_under_the_same_tags_alone():
    (first, alike), (again, as_alike), (_, otherwise) = repositories_with(
        ["c0ffee", "latest"], ["c0ffee", "latest"], ["c0ffee"]
    )
    assert first != again
    assert alike == as_alike
    assert alike != otherwise
