"""Workers: services of the same image beside the web, that come, change, are released with it, and go."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.engine.plan import Verb
from ecsctl.sandbox import push
from tests.stack.changes import PUSHED
from tests.stack.conftest import World, desired_stack, same

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
MAILER: dict[str, Any] = {"command": ["python", "worker.py"], "desired_count": 2, "cpu": 512, "memory": 1024,
                          "environment": {"QUEUE": "mail"}}  # fmt: skip
BARE = desired_stack(domain=None, github=None)


def worked(base: dict[str, Any], **workers: Any) -> dict[str, Any]:
    return {**base, "workers": workers}


def service(world: World, name: str) -> dict[str, Any] | None:
    found = world.boto("ecs").describe_services(cluster="hello", services=[name], include=["TAGS"])["services"]
    return next((one for one in found if one["status"] == "ACTIVE"), None)


def container(world: World, name: str) -> dict[str, Any]:
    found = service(world, name)
    assert found
    described = world.boto("ecs").describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    return {**described["containerDefinitions"][0], **described}


def test_a_worker_comes_to_a_running_app_is_changed_and_goes(world: World) -> None:
    world.running(BARE, IMAGE)
    said = worked(BARE, mailer=MAILER)
    plan = world.plan(said)
    assert {(one.name, one.verb) for one in plan.work} == {
        ("task-definition mailer", Verb.CREATE),
        ("service mailer", Verb.CREATE),
    }
    world.up(said)
    made, web = container(world, "hello_mailer"), container(world, "hello")
    assert made["image"] == web["image"] == IMAGE
    assert made["command"] == ["python", "worker.py"]
    assert (made["cpu"], made["memory"], made["taskRoleArn"]) == ("512", "1024", web["taskRoleArn"])
    assert not made.get("portMappings")
    assert {one["name"]: one["value"] for one in made["environment"]} == {"GREETING": "hello", "QUEUE": "mail"}
    assert made["logConfiguration"]["options"]["awslogs-stream-prefix"] == "mailer"
    found = service(world, "hello_mailer")
    assert found
    assert found["runningCount"] == 2
    assert found["loadBalancers"] == []
    assert world.plan(said).work == ()
    world.state_file.unlink()
    assert world.plan(said).work == ()

    other = worked(BARE, mailer={**MAILER, "desired_count": 1, "command": ["python", "other.py"]})
    world.up(other)
    assert container(world, "hello_mailer")["command"] == ["python", "other.py"]
    world.up(BARE)
    assert service(world, "hello_mailer") is None
    assert world.plan(BARE).work == ()


def test_a_worker_may_have_other_permissions_than_the_web(world: World) -> None:
    statement = {"actions": ["sqs:ReceiveMessage"], "resources": ["arn:aws:sqs:{region}:{account}:mail"]}
    said = worked(BARE, mailer={**MAILER, "permissions": [statement]})
    world.up(said, image=IMAGE)
    role = container(world, "hello_mailer")["taskRoleArn"]
    assert role.endswith("/hello-eu-central-1-task-mailer")
    assert role != container(world, "hello")["taskRoleArn"]
    world.up(worked(BARE, mailer=MAILER))
    assert container(world, "hello_mailer")["taskRoleArn"] == container(world, "hello")["taskRoleArn"]


def test_a_push_brings_one_image_to_all_and_up_takes_none_back(world: World) -> None:
    said = worked(PUSHED, mailer=MAILER)
    world.running(said)
    first = container(world, "hello")["image"]
    assert container(world, "hello_mailer")["image"] == first
    push.push("main")
    world.clock.sleep(3600)
    pushed = container(world, "hello")["image"]
    assert pushed != first
    assert container(world, "hello_mailer")["image"] == pushed
    assert world.plan(said).work == ()
    world.up(worked(PUSHED, mailer={**MAILER, "environment": {"QUEUE": "other"}}))
    assert container(world, "hello_mailer")["image"] == pushed
    assert container(world, "hello")["image"] == pushed


@pytest.mark.parametrize("lost", [False, True])
def test_down_leaves_nothing_of_a_worker(world: World, lost: bool) -> None:
    before = world.account()
    world.up(worked(BARE, mailer=MAILER), image=IMAGE)
    if lost:
        world.state_file.unlink()
    world.down()
    same(before, world.account())
