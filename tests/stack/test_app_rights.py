"""What the app may do on AWS: by statements and managed policies, on the role of its tasks alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecsctl.errors import EcsctlError
from tests.stack.conftest import World, desired_stack

MAY = {"actions": ["s3:GetObject", "sqs:SendMessage"], "resources": ["arn:aws:s3:::{app}-uploads/*"]}
MANAGED = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def plain(**service: Any) -> dict[str, Any]:
    return desired_stack(domain=None, github=None, service=service)


def boundary(world: World, actions: str) -> str:
    document = (
        f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "{actions}", "Resource": "*"}}]}}'
    )
    made = world.boto("iam").create_policy(PolicyName="boundary", PolicyDocument=document)
    return str(made["Policy"]["Arn"])


def test_the_tasks_role_has_them_and_no_other(world: World) -> None:
    world.up(plain(permissions=[MAY], policies=[MANAGED]))
    iam = world.boto("iam")
    own, starts = "hello-eu-central-1-task", "hello-eu-central-1-execution"
    statement = iam.get_role_policy(RoleName=own, PolicyName="ecsctl")["PolicyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:s3:::hello-uploads/*"
    assert statement["Action"] == MAY["actions"]
    assert [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=own)["AttachedPolicies"]] == [MANAGED]
    assert iam.list_attached_role_policies(RoleName=starts)["AttachedPolicies"] == []
    assert world.plan(plain(permissions=[MAY], policies=[MANAGED])).work == ()
    world.up(plain())
    assert iam.list_role_policies(RoleName=own)["PolicyNames"] == []
    assert iam.list_attached_role_policies(RoleName=own)["AttachedPolicies"] == []
    world.down()


def test_a_managed_policy_that_is_not_there_stops_everything_before_it_begins(world: World) -> None:
    before = world.exact()
    with pytest.raises(EcsctlError, match="there is no policy arn:aws:iam::aws:policy/AmazonNothing"):
        world.up(plain(policies=["arn:aws:iam::aws:policy/AmazonNothing"]))
    assert world.exact() == before


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (plain(permissions=[MAY]), "service.permissions[0]: sqs:SendMessage"),
        (
            {**plain(), "volumes": {"data": {"path": "/data", "read_only": True}}},
            "volumes.data: elasticfilesystem:ClientMount",
        ),
    ],
)
def test_a_right_that_the_boundary_takes_away_is_reported(world: World, asked: dict[str, Any], message: str) -> None:
    session = world.open({**asked, "permissions_boundary": boundary(world, "s3:*")})
    assert session.facts is not None
    [caution, ours] = session.facts.cautions
    assert f"{message} is not allowed by the permissions boundary" in caution
    assert (
        "does not allow ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, ecr:GetAuthorizationToken and 3 more"
        in ours
    )
    assert ours.endswith("-execution: tasks that start from now on may fail")


def test_a_boundary_that_allows_all_of_it_is_not_spoken_of(world: World) -> None:
    limited = {
        **plain(permissions=[MAY]),
        "permissions_boundary": boundary(world, "*"),
        "volumes": {"data": {"path": "/data"}},
    }
    session = world.open(limited)
    assert session.facts is not None
    assert session.facts.cautions == ()


def test_full_quotas_and_in_china_the_filing_are_named(world: World) -> None:
    """kubernetes-sigs/aws-load-balancer-controller#2417."""
    for number in range(4):  # beside the default one
        world.boto("ec2").create_vpc(CidrBlock=f"10.{number}.0.0/16")
    world.clock.sleep(90)
    session = world.open(plain())
    assert session.facts is not None
    assert session.facts.cautions[0].startswith("the region has 5 of at most 5 VPCs, and the app needs 1 more")
    assert not any("ICP" in note for note in session.notes)
    there = replace(session, identity=replace(session.identity, partition="aws-cn"))
    assert any("ports 80, 443 and 8080 are closed until the account has its ICP filing" in one for one in there.notes)
