import json

import pytest
from answers import refused
from moto.iam.models import iam_backends

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.account import ACCOUNT

BUILD = "codebuild.amazonaws.com"


def trust(principal, **statement):
    allow = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


SERVICE = trust({"Service": BUILD})


def make(aws, name="builder", document=SERVICE, **more):
    return aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)["Role"]["Arn"]


def test_a_fresh_role_exists_but_cannot_be_assumed_for_ten_seconds(aws, clock):
    arn = make(aws)
    assert aws("iam").get_role(RoleName="builder")["Role"]["Arn"] == arn
    clock.sleep(9)
    assert not iam.can_be_assumed(ACCOUNT, arn, BUILD)
    clock.sleep(1)
    assert iam.can_be_assumed(ACCOUNT, arn, BUILD)


def test_only_the_service_the_role_trusts_can_assume_it(aws, clock):
    arn = make(aws)
    clock.sleep(60)
    assert not iam.can_be_assumed(ACCOUNT, arn, "codepipeline.amazonaws.com")
    assert not iam.can_be_assumed(ACCOUNT, arn + "-not-there", BUILD)


def test_another_trust_policy_has_to_propagate_and_the_same_one_has_not(aws, clock):
    arn = make(aws)
    clock.sleep(60)
    aws("iam").update_assume_role_policy(RoleName="builder", PolicyDocument=SERVICE)
    assert iam.can_be_assumed(ACCOUNT, arn, BUILD)
    both = trust({"Service": [BUILD, "ecs-tasks.amazonaws.com"]})
    aws("iam").update_assume_role_policy(RoleName="builder", PolicyDocument=both)
    assert not iam.can_be_assumed(ACCOUNT, arn, BUILD)
    clock.sleep(10)
    assert iam.can_be_assumed(ACCOUNT, arn, BUILD)


def test_a_role_made_again_under_its_name_is_a_fresh_one(aws, clock):
    make(aws)
    clock.sleep(60)
    aws("iam").delete_role(RoleName="builder")
    assert not iam.can_be_assumed(ACCOUNT, make(aws), BUILD)


def test_the_conditions_of_a_trust_policy_count(aws, clock):
    source = f"arn:aws:codebuild:eu-central-1:{ACCOUNT}:project/app-build"
    exact = {"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": source}}
    mine = make(aws, "mine", trust({"Service": BUILD}, Condition=exact))
    other = make(aws, "other", trust({"Service": BUILD}, Condition={"StringEquals": {"aws:SourceAccount": "1" * 12}}))
    wide = {"ArnLike": {"aws:SourceArn": f"arn:aws:codebuild:*:{ACCOUNT}:*"}}
    like = make(aws, "like", trust({"Service": BUILD}, Condition=wide))
    clock.sleep(60)
    assert iam.can_be_assumed(ACCOUNT, mine, BUILD, source)
    assert iam.can_be_assumed(ACCOUNT, like, BUILD, source)
    assert not iam.can_be_assumed(ACCOUNT, mine, BUILD, source + "2")
    assert not iam.can_be_assumed(ACCOUNT, other, BUILD)


def test_a_reset_forgets_when_roles_were_made(aws, clock):
    make(aws)
    iam_backends[ACCOUNT]["aws"].reset()
    clock.sleep(60)
    assert not iam.can_be_assumed(ACCOUNT, make(aws), BUILD)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "Syntax errors in policy."),
        (trust({"Service": BUILD}, Action="s3:GetObject"), "Trust Policy statement actions can only be sts:AssumeRole"),
        (trust({"Service": BUILD}, Resource="*"), "Has prohibited field Resource"),
        (trust({"Service": "codebuild.example.com"}), 'Invalid principal in policy: "SERVICE":"codebuild.example.com"'),
        (
            trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/gone"}),
            f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:role/gone"',
        ),
        (
            trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/gone"}),
            f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/gone"',
        ),
        (json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}),
         "Missing required field Principal"),
    ],
)  # fmt: skip
def test_a_malformed_trust_policy_is_refused_at_creation_and_at_change(aws, document, message):
    code, said = refused(make, aws, "other", document)
    assert code == "MalformedPolicyDocument"
    assert message in said
    make(aws)
    code, said = refused(aws("iam").update_assume_role_policy, RoleName="builder", PolicyDocument=document)
    assert code == "MalformedPolicyDocument"
    assert message in said


def test_a_policy_cannot_name_a_role_that_has_not_propagated(aws, clock):
    arn = make(aws)
    code, message = refused(make, aws, "second", trust({"AWS": arn}))
    assert (code, message) == ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"')
    clock.sleep(10)
    make(aws, "second", trust({"AWS": [arn, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT]}))


def test_a_role_with_policies_cannot_be_deleted(aws):
    make(aws)
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    )
    aws("iam").put_role_policy(RoleName="builder", PolicyName="inline", PolicyDocument=document)
    managed = aws("iam").create_policy(PolicyName="managed", PolicyDocument=document)["Policy"]["Arn"]
    aws("iam").attach_role_policy(RoleName="builder", PolicyArn=managed)
    delete = aws("iam").delete_role
    conflict = ("DeleteConflict", "Cannot delete entity, must detach all policies first.")
    assert refused(delete, RoleName="builder") == conflict
    aws("iam").detach_role_policy(RoleName="builder", PolicyArn=managed)
    assert refused(delete, RoleName="builder") == (
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
    )
    aws("iam").delete_role_policy(RoleName="builder", PolicyName="inline")
    delete(RoleName="builder")


def test_what_does_not_exist_is_refused_in_aws_words(aws):
    client = aws("iam")
    gone = ("NoSuchEntity", "The role with name builder cannot be found.")
    assert refused(client.get_role, RoleName="builder") == gone
    assert refused(client.delete_role, RoleName="builder") == gone
    make(aws)
    gone = ("NoSuchEntity", "The role policy with name inline cannot be found.")
    assert refused(client.get_role_policy, RoleName="builder", PolicyName="inline") == gone
    assert refused(client.delete_role_policy, RoleName="builder", PolicyName="inline") == gone


def test_role_names_are_unique_without_case(aws):
    make(aws)
    assert refused(make, aws, "Builder") == ("EntityAlreadyExists", "Role with name Builder already exists.")
    assert aws("iam").get_role(RoleName="BUILDER")["Role"]["RoleName"] == "builder"


def test_a_permissions_boundary_must_exist(aws):
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/fence"
    missing = ("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.")
    assert refused(make, aws, PermissionsBoundary=boundary) == missing
    make(aws)
    put = aws("iam").put_role_permissions_boundary
    assert refused(put, RoleName="builder", PermissionsBoundary=boundary) == missing


def test_a_service_linked_role_appears_at_the_first_use_and_is_ready_later(aws, clock):
    assert not iam.is_service_linked_role_ready(ACCOUNT, "ecs.amazonaws.com")
    role = aws("iam").get_role(RoleName="AWSServiceRoleForECS")["Role"]
    assert role["Path"] == "/aws-service-role/ecs.amazonaws.com/"
    assert not iam.is_service_linked_role_ready(ACCOUNT, "ecs.amazonaws.com")
    clock.sleep(5)
    assert iam.is_service_linked_role_ready(ACCOUNT, "ecs.amazonaws.com")


def test_a_service_linked_role_made_by_hand_has_to_propagate_too(aws, clock):
    aws("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    assert not iam.is_service_linked_role_ready(ACCOUNT, "ecs.amazonaws.com")
    clock.sleep(5)
    assert iam.is_service_linked_role_ready(ACCOUNT, "ecs.amazonaws.com")
    assert len(aws("iam").list_roles()["Roles"]) == 1


def test_a_service_linked_role_can_be_made_once_and_is_changed_by_its_service_only(aws):
    client = aws("iam")
    client.create_service_linked_role(AWSServiceName="elasticloadbalancing.amazonaws.com")
    name = "AWSServiceRoleForElasticLoadBalancing"
    again = refused(client.create_service_linked_role, AWSServiceName="elasticloadbalancing.amazonaws.com")
    taken = f"Service role name {name} has been taken in this account, please try a different suffix."
    assert again == ("InvalidInput", taken)
    protected = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    assert refused(client.delete_role, RoleName=name) == ("UnmodifiableEntity", protected)
    changed = refused(client.update_assume_role_policy, RoleName=name, PolicyDocument=SERVICE)
    assert changed == ("UnmodifiableEntity", protected)
    client.delete_service_linked_role(RoleName=name)
    assert client.list_roles()["Roles"] == []


def rights(characters):
    """A policy of about so many characters, and some white space that does not count."""
    resources = ["arn:aws:s3:::" + "b" * 60] * (characters // 76)
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]}, indent=8)


def test_the_inline_policies_of_a_role_have_room_together(aws):
    make(aws)
    put = aws("iam").put_role_policy
    put(RoleName="builder", PolicyName="one", PolicyDocument=rights(6000))
    message = "Maximum policy size of 10240 bytes exceeded for role builder"
    more = {"RoleName": "builder", "PolicyName": "two", "PolicyDocument": rights(6000)}
    assert refused(put, **more) == ("LimitExceeded", message)
    put(RoleName="builder", PolicyName="one", PolicyDocument=rights(9000))
    assert aws("iam").list_role_policies(RoleName="builder")["PolicyNames"] == ["one"]


def test_a_trust_policy_has_room_for_two_thousand_characters(aws):
    long = trust({"Service": BUILD}, Condition={"StringLike": {"aws:SourceArn": ["x" * 50] * 50}})
    message = "Cannot exceed quota for ACLSizePerRole: 2048"
    arguments = {"RoleName": "builder", "AssumeRolePolicyDocument": long}
    assert refused(aws("iam").create_role, **arguments) == ("LimitExceeded", message)


def test_tag_keys_that_differ_in_case_alone_are_one_to_iam(aws):
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    arguments = {"RoleName": "builder", "AssumeRolePolicyDocument": SERVICE, "Tags": tags}
    code, message = refused(aws("iam").create_role, **arguments)
    assert code == "InvalidInput"
    assert "case insensitive" in message


def test_a_policy_is_attached_to_a_role_once(aws):
    iam_ = aws("iam")
    make(aws)
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    arn = iam_.create_policy(PolicyName="limit", PolicyDocument=document)["Policy"]["Arn"]
    for _ in range(2):
        iam_.attach_role_policy(RoleName="builder", PolicyArn=arn)
    assert iam_.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
