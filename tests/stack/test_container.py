"""How the container runs, as ecsctl.toml says: made, taken back, priced; and groups that are only used."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.costs.estimate import estimated
from ecsctl.errors import EcsctlError
from tests.stack.conftest import World, desired_stack

SAID = {"entrypoint": ["/entry.sh"], "user": "10001", "working_directory": "/app", "read_only_root": True,
        "ephemeral_gib": 40, "ulimits": {"nofile": 65535}, "init_process": True}  # fmt: skip


def plain(**service: Any) -> dict[str, Any]:
    return desired_stack(domain=None, github=None, service=service)


def live(world: World) -> dict[str, Any]:
    ecs = world.boto("ecs")
    service = ecs.describe_services(cluster="hello", services=["hello"])["services"][0]
    found: dict[str, Any] = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    return found


def test_it_runs_as_said_and_as_its_image_says_when_nothing_is_said_any_more(world: World) -> None:
    world.up(plain(**SAID))
    made = live(world)
    [container] = made["containerDefinitions"]
    assert (container["entryPoint"], container["user"], container["workingDirectory"]) == (
        ["/entry.sh"], "10001", "/app")  # fmt: skip
    assert container["readonlyRootFilesystem"]
    assert container["linuxParameters"] == {"initProcessEnabled": True}
    assert container["ulimits"] == [{"name": "nofile", "softLimit": 65535, "hardLimit": 65535}]
    assert made["ephemeralStorage"] == {"sizeInGiB": 40}
    assert world.plan(plain(**SAID)).work == ()
    world.up(plain())
    after = live(world)
    assert not {"entryPoint", "user", "workingDirectory", "ulimits"} & after["containerDefinitions"][0].keys()
    assert not after["containerDefinitions"][0].get("linuxParameters", {}).get("initProcessEnabled")
    assert "ephemeralStorage" not in after
    assert world.plan(plain()).work == ()


def test_storage_beyond_what_is_free_is_in_the_estimate(world: World) -> None:
    def monthly(service: dict[str, Any]) -> float:
        session = world.open(plain(**service), "public.ecr.aws/docker/library/nginx:1.27")
        return estimated(session.desired_stack, session.engine.plan(session.desired_stack)).after

    assert monthly({"ephemeral_gib": 120}) - monthly({}) == pytest.approx(100 * 0.000111 * 730)


def test_a_group_of_another_network_stops_everything_before_it_begins(world: World) -> None:
    ec2 = world.boto("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    world.clock.sleep(60)
    group = ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    world.clock.sleep(60)
    before = world.exact()
    with pytest.raises(EcsctlError, match=f"{group} is of {vpc}, expected one of the VPC that is made for the app"):
        world.up(plain(security_groups=[group]))
    with pytest.raises(EcsctlError, match="there is no security group sg-0a1b2c3d4e5f60718"):
        world.up(plain(security_groups=["sg-0a1b2c3d4e5f60718"]))
    assert world.exact() == before


def test_the_tasks_are_in_a_further_group_of_their_network(world: World) -> None:
    world.up(plain())
    ec2 = world.boto("ec2")
    [vpc] = {
        one["VpcId"] for one in ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"] == "hello-tasks"
    }
    group = ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    world.clock.sleep(60)
    world.up(plain(security_groups=[group]))
    service = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    groups = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    assert group in groups
    assert len(groups) == 2
    assert world.plan(plain(security_groups=[group])).work == ()
