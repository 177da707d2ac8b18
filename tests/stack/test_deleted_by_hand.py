"""Somebody has deleted one thing in the console, and the next command is `down`: it leaves nothing all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.stack.conftest import World, desired_stack, same
from tests.stack.theirs import theirs

SCALED = {"min": 0, "max": 1, "queue": "{queue}", "messages_per_task": 1}
STACK = desired_stack(
    domain=None,
    workers={name: {"command": ["python", "worker.py"], "autoscaling": SCALED} for name in ("one", "two")},
    jobs={"yearly": {"command": ["python", "report.py"], "schedule": "cron(0 3 1 1 ? *)"}},
    notify={"webhook": "{chat}"},
)


def role(part: str) -> Callable[[World], None]:
    """Deleting a role in the console takes its policies away first."""

    def delete(world: World) -> None:
        iam, name = world.boto("iam"), f"hello-eu-central-1-{part}"
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)

    return delete


def autoscaling(world: World) -> None:
    world.boto("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="ecs", ResourceId="service/hello/hello_one", ScalableDimension="ecs:service:DesiredCount"
    )


@pytest.mark.parametrize(
    "delete",
    [role("scheduler"), role("notify"), autoscaling],
    ids=["role of schedules", "role of a webhook", "autoscaling of one of two workers"],
)
def test_what_is_usually_found_through_a_deleted_resource_is_removed_too(
    world: World, delete: Callable[[World], None]
) -> None:
    def up() -> dict[str, Any]:
        (configured,) = theirs(world, STACK)
        before = world.exact()
        world.up(configured)
        world.clock.sleep(120)
        return before

    before = world.once("what is found by something else", up)
    delete(world)
    world.clock.sleep(120)
    world.down()
    same(before, world.exact())


def another_project(world: World) -> None:
    """Somebody else's project, which builds with the account's token."""
    trust = {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = world.boto("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    world.clock.sleep(60)
    world.boto("codebuild").create_project(
        name="theirs",
        serviceRole=arn,
        artifacts={"type": "NO_ARTIFACTS"},
        source={"type": "GITHUB", "location": "https://github.com/somebody/theirs.git"},
        environment={
            "type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL",
        },
    )  # fmt: skip


def tokens(world: World) -> int:
    return len(world.boto("codebuild").list_source_credentials()["sourceCredentialsInfos"])


TOKEN = desired_stack(domain=None, pipeline={"mode": "build-only"}, vpc={"egress": "public"})


def test_the_builds_role_takes_the_owners_tag_of_the_token_along_and_down_deletes_the_token(world: World) -> None:
    world.running(TOKEN)
    role("build")(world)
    world.clock.sleep(120)
    world.down()
    assert tokens(world) == 0


def test_up_makes_the_token_the_apps_again(world: World) -> None:
    world.running(TOKEN)
    role("build")(world)
    world.clock.sleep(120)
    world.up(TOKEN)
    assert world.plan(TOKEN).work == ()
    world.state_file.unlink()
    world.down()
    assert tokens(world) == 0, "the new role has the tag"


def test_a_token_with_which_others_build_by_now_is_left_to_them(world: World) -> None:
    world.running(TOKEN)
    another_project(world)
    role("build")(world)
    world.clock.sleep(120)
    assert "github-credentials" not in [step.name for step in world.plan(TOKEN).work]
    world.down()
    assert tokens(world) == 1


def test_a_token_that_was_there_before_is_never_deleted(world: World) -> None:
    world.boto("codebuild").import_source_credentials(
        serverType="GITHUB", authType="PERSONAL_ACCESS_TOKEN", token="ghp_theirs" + "1" * 30
    )
    world.up(TOKEN)
    role("build")(world)
    world.clock.sleep(120)
    assert "github-credentials" not in [step.name for step in world.plan(TOKEN).work]
    world.down()
    assert tokens(world) == 1
