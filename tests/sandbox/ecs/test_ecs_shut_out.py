"""What others change around a service that runs: the network, the roles, the repository's policy."""

import json

import pytest
from ecs_stack import ACCOUNT, Stack


@pytest.fixture
def stack(aws, clock):
    return Stack(aws, clock).everything()


def health(stack):
    [found] = stack.aws("elbv2").describe_target_health(TargetGroupArn=stack.targets)["TargetHealthDescriptions"]
    return found["TargetHealth"]["State"], found["TargetHealth"].get("Reason")


def no_rule(stack):
    stack.aws("ec2").revoke_security_group_ingress(GroupId=stack.task_group, IpPermissions=[stack.rule])
    return lambda: stack.aws("ec2").authorize_security_group_ingress(
        GroupId=stack.task_group, IpPermissions=[stack.rule]
    )


def closed_acl(stack, subnets):
    """A new network ACL denies everything (VPC guide, "Custom network ACLs")."""
    ec2 = stack.aws("ec2")
    filters = [{"Name": "vpc-id", "Values": [stack.vpc]}]
    [default] = ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    made = ec2.create_network_acl(VpcId=stack.vpc)["NetworkAcl"]["NetworkAclId"]
    moved = [
        ec2.replace_network_acl_association(AssociationId=one["NetworkAclAssociationId"], NetworkAclId=made)
        for one in default["Associations"]
        if one["SubnetId"] in subnets
    ]
    return lambda: [
        ec2.replace_network_acl_association(AssociationId=one["NewAssociationId"], NetworkAclId=default["NetworkAclId"])
        for one in moved
    ]


CHANGES = {
    "the tasks' group lets nobody in": no_rule,
    "an ACL around the tasks": lambda stack: closed_acl(stack, stack.private),
    "an ACL around the load balancer": lambda stack: closed_acl(stack, stack.public),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_healthy_target_that_is_shut_out_becomes_unhealthy_and_well_again(stack, clock, change):
    stack.service()
    stack.steady()
    assert health(stack) == ("healthy", None)
    undo = change(stack)
    clock.sleep(25)
    assert health(stack) == ("unhealthy", "Target.Timeout")
    undo()
    clock.sleep(300)
    stack.steady()
    assert health(stack) == ("healthy", None)


def test_another_ingress_rule_changes_nothing(stack, clock):
    stack.service()
    stack.steady()
    [task] = stack.tasks()
    more = [{"IpProtocol": "tcp", "FromPort": 9, "ToPort": 9, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    stack.aws("ec2").authorize_security_group_ingress(GroupId=stack.task_group, IpPermissions=more)
    clock.sleep(300)
    assert health(stack) == ("healthy", None)
    assert [one["taskArn"] for one in stack.tasks()] == [task["taskArn"]]


def stopped(stack, clock, definition):
    stack.service(definition=definition)
    for _ in range(60):
        if found := [one for one in stack.tasks("STOPPED") if one["lastStatus"] == "STOPPED"]:
            return found[-1]["stoppedReason"]
        clock.sleep(5)
    raise AssertionError(stack.events())


def test_an_acl_that_keeps_the_answers_of_aws_out_leaves_no_way_out(stack, clock):
    closed_acl(stack, stack.private)
    assert "connection issue between the task and" in stopped(stack, clock, stack.definition(stack.image("there")))


@pytest.mark.parametrize(
    "principal", ["*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/execution"]}]
)
def test_a_repositorys_policy_denies_whom_it_names(stack, clock, principal):
    image = stack.image("there")
    deny = {"Effect": "Deny", "Principal": principal, "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    stack.aws("ecr").set_repository_policy(repositoryName="app", policyText=policy)
    assert "verify that the role has ecr:BatchGetImage" in stopped(stack, clock, stack.definition(image))


def test_a_repositorys_policy_for_others_and_one_that_allows_take_nothing_away(stack, clock):
    image = stack.image("there")
    deny = {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}, "Action": "ecr:*"}
    allow = {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "ecr:BatchGetImage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny, allow]})
    stack.aws("ecr").set_repository_policy(repositoryName="app", policyText=policy)
    stack.service(definition=stack.definition(image))
    stack.steady()
    assert health(stack) == ("healthy", None)


def test_what_a_roles_boundary_does_not_allow_it_may_not(stack, clock):
    iam = stack.aws("iam")
    allow = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    policy = iam.create_policy(PolicyName="corp", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="execution", PermissionsBoundary=policy)
    found = stopped(stack, clock, stack.definition())
    assert "because no permissions boundary allows the logs:CreateLogStream action" in found
