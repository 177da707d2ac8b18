import json

import pytest

from ecsctl.engine.plan import Verb
from ecsctl.errors import Refused
from ecsctl.resources.role import Role
from ecsctl.resources.support.policy_document import (
    Condition,
    Statement,
    Trust,
    policy,
    statements,
    trust_of,
    trust_policy,
)
from tests.desired_stack import usual

TRUST = Trust("ecs-tasks.amazonaws.com", "123456789012", "arn:aws:ecs:eu-central-1:123456789012:*")
LOGS = Statement("Logs", ("logs:PutLogEvents", "logs:CreateLogStream"), ("arn:aws:logs:eu-central-1:123456789012:x",))
PULL = Statement("Pull", ("ecr:BatchGetImage",), ("arn:aws:ecr:eu-central-1:123456789012:repository/shop",))
NAME = "shop-eu-central-1-execution"


def role(**changes):
    desired = {"name": NAME, "assume_role_policy": TRUST, "statements": (LOGS, PULL)} | changes
    return lambda stack: stack.ensure("execution", usual(Role, **desired))


def test_a_role_says_who_may_assume_it_and_for_whom(cloud):
    cloud.up(role())
    trust = cloud.boto("iam").get_role(RoleName=NAME)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"]["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert trust["Statement"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-central-1:123456789012:*"},
    }


def test_a_second_up_changes_nothing(cloud):
    cloud.up(role())
    plan = cloud.up(role())
    assert plan.work == ()
    assert cloud.changes == 0


def test_a_role_that_may_do_nothing_has_no_policy(cloud):
    cloud.up(role(statements=()))
    assert cloud.boto("iam").list_role_policies(RoleName=NAME)["PolicyNames"] == []
    assert cloud.plan(role(statements=())).work == ()


def test_taking_all_rights_takes_the_policy(cloud):
    cloud.up(role())
    cloud.up(role(statements=()))
    assert cloud.boto("iam").list_role_policies(RoleName=NAME)["PolicyNames"] == []


@pytest.mark.parametrize(
    ("field", "spoil"),
    [
        ("statements", lambda iam: iam.put_role_policy(
            RoleName=NAME, PolicyName="ecsctl", PolicyDocument=policy([Statement("All", ("s3:*",), ("*",))]))),
        ("statements", lambda iam: iam.delete_role_policy(RoleName=NAME, PolicyName="ecsctl")),
        ("assume_role_policy", lambda iam: iam.update_assume_role_policy(
            RoleName=NAME, PolicyDocument=trust_policy(Trust("ecs-tasks.amazonaws.com")))),
        ("tags", lambda iam: iam.untag_role(RoleName=NAME, TagKeys=["owner"])),
    ],
)  # fmt: skip
def test_drift_is_named_and_corrected(cloud, field, spoil):
    cloud.up(role())
    spoil(cloud.boto("iam"))
    step = cloud.plan(role()).steps[0]
    assert step.changed == {field}
    cloud.up(role())
    assert cloud.plan(role()).work == ()


def test_a_statement_is_compared_by_its_meaning_and_not_by_its_order():
    one = Statement("A", ("b:B", "a:A"), ("2", "1"), (Condition("StringEquals", "k", ("y", "x")),))
    other = Statement("A", ("a:A", "b:B"), ("1", "2"), (Condition("StringEquals", "k", ("x", "y")),))
    assert one == other
    assert statements(policy([PULL, LOGS])) == statements(policy([LOGS, PULL]))


@pytest.mark.parametrize("effect", [{"Effect": "Deny"}, {"NotAction": "s3:*"}, {"Principal": "*"}])
def test_a_statement_that_we_would_never_write_is_never_equal_to_one_of_ours(effect):
    raw = json.loads(policy([PULL]))
    raw["Statement"] |= effect
    assert statements(raw) != (PULL,)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s["Principal"].update(AWS="arn:aws:iam::999999999999:root"),
        lambda s: s.update(Effect="Deny"),
        lambda s: s.pop("Condition"),
        lambda s: s["Condition"]["StringEquals"].update({"aws:PrincipalOrgID": "o-1"}),
        lambda s: s["Condition"].pop("ArnLike"),
    ],
)
def test_a_trust_policy_with_anything_more_or_less_is_not_ours(spoil):
    document = json.loads(trust_policy(TRUST))
    assert trust_of(document) == TRUST
    spoil(document["Statement"])
    assert trust_of(document) != TRUST


def test_what_others_attach_is_left_alone_reported_and_gone_with_the_role(cloud):
    iam = cloud.boto("iam")
    cloud.up(role())
    extra = iam.create_policy(PolicyName="extra", PolicyDocument=policy([PULL]))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=NAME, PolicyArn=extra)
    iam.put_role_policy(RoleName=NAME, PolicyName="more", PolicyDocument=policy([PULL]))
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName=NAME)
    assert cloud.plan(role()).work == ()
    assert cloud.see("execution", usual(Role, name=NAME, assume_role_policy=TRUST)).note == "it also has extra, more"
    cloud.down()
    assert iam.list_roles(PathPrefix="/ecsctl/")["Roles"] == []
    assert iam.get_policy(PolicyArn=extra)["Policy"]["AttachmentCount"] == 0


def test_a_boundary_is_set_changed_and_taken_away(cloud):
    iam = cloud.boto("iam")
    arns = [
        iam.create_policy(PolicyName=name, PolicyDocument=policy([PULL]))["Policy"]["Arn"] for name in ("one", "two")
    ]

    def boundary():
        return iam.get_role(RoleName=NAME)["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")

    cloud.up(role(permissions_boundary=arns[0]))
    assert boundary() == arns[0]
    cloud.up(role(permissions_boundary=arns[1]))
    assert boundary() == arns[1]
    cloud.up(role(permissions_boundary=None))
    assert (boundary(), cloud.changes) == (arns[1], 0)
    cloud.up(role(permissions_boundary=""))
    assert boundary() is None


def test_up_without_a_state_file_changes_nothing(cloud):
    cloud.up(role())
    cloud.lose_state()
    assert cloud.plan(role()).work == ()
    cloud.lose_state()
    cloud.down()
    assert cloud.boto("iam").list_roles(PathPrefix="/ecsctl/")["Roles"] == []


def test_a_role_of_this_name_that_is_not_ours_is_refused_and_survives(cloud):
    iam = cloud.boto("iam")
    cloud.up(lambda stack: stack.ensure("other", usual(Role, name="shop-eu-central-1-other", assume_role_policy=TRUST)))
    iam.create_role(RoleName=NAME, Path="/ecsctl/", AssumeRolePolicyDocument=trust_policy(TRUST),
                    Tags=[{"Key": "ecsctl:app", "Value": "shop"}, {"Key": "ecsctl:id", "Value": "another"},
                          {"Key": "ecsctl:resource", "Value": "execution"}])  # fmt: skip
    assert cloud.plan(role()).steps[0].verb is Verb.REFUSE
    with pytest.raises(Refused, match="another deployment of shop"):
        cloud.up(role())
    cloud.down()
    assert [one["RoleName"] for one in iam.list_roles(PathPrefix="/ecsctl/")["Roles"]] == [NAME]


def test_the_same_app_in_another_region_is_another_deployment(cloud):
    iam = cloud.boto("iam")
    iam.create_role(RoleName="shop-us-east-1-execution", Path="/ecsctl/", AssumeRolePolicyDocument=trust_policy(TRUST),
                    Tags=[{"Key": "ecsctl:app", "Value": "shop"}, {"Key": "ecsctl:id", "Value": "there"}])  # fmt: skip
    cloud.up(role())
    cloud.down()
    assert [one["RoleName"] for one in iam.list_roles(PathPrefix="/ecsctl/")["Roles"]] == ["shop-us-east-1-execution"]


READS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
WRITES = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"


def attached(cloud):
    found = cloud.boto("iam").list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    return {one["PolicyArn"] for one in found}


def test_managed_policies_come_and_go_with_the_configuration(cloud):
    cloud.up(role(policies=frozenset({READS})))
    assert attached(cloud) == {READS}
    cloud.lose_state()
    cloud.up(role(policies=frozenset({WRITES})))
    assert attached(cloud) == {WRITES}
    cloud.lose_state()
    cloud.up(role())
    assert attached(cloud) == set()
    assert cloud.plan(role()).work == ()


def test_what_somebody_else_has_attached_is_left_alone_and_reported(cloud):
    cloud.up(role(policies=frozenset({READS})))
    cloud.boto("iam").attach_role_policy(RoleName=NAME, PolicyArn=WRITES)
    assert cloud.plan(role(policies=frozenset({READS}))).work == ()
    cloud.up(role())
    assert attached(cloud) == {WRITES}


def test_a_policy_that_somebody_took_off_is_drift(cloud):
    cloud.up(role(policies=frozenset({READS})))
    cloud.boto("iam").detach_role_policy(RoleName=NAME, PolicyArn=READS)
    assert cloud.plan(role(policies=frozenset({READS}))).steps[0].changed == {"policies"}
    cloud.up(role(policies=frozenset({READS})))
    assert attached(cloud) == {READS}
