"""Builds inside the VPC: in the tasks' private subnets, with a group of their own and the rights that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack.conftest import World, desired_stack

OUTSIDE = desired_stack(domain=None, pipeline={"mode": "build-only"})
INSIDE = {**OUTSIDE, "build": {"vpc": True}}


def place(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.boto("codebuild").batch_get_projects(names=["hello-build"])["projects"][0]
    return found.get("vpcConfig") or {}


def groups(world: World) -> set[str]:
    return {one["GroupName"] for one in world.boto("ec2").describe_security_groups()["SecurityGroups"]}


def subnets(world: World) -> set[str]:
    service = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    return set(service["networkConfiguration"]["awsvpcConfiguration"]["subnets"])


def test_a_project_moves_into_the_network_and_out_of_it(world: World) -> None:
    world.up(OUTSIDE)
    assert (place(world), "hello-build" in groups(world)) == ({}, False)
    world.up(INSIDE)
    assert set(place(world)["subnets"]) == subnets(world)
    assert len(place(world)["securityGroupIds"]) == 1
    assert world.plan(INSIDE).work == ()
    world.boto("codebuild").update_project(name="hello-build", vpcConfig={})
    assert {step.name: step.changed for step in world.plan(INSIDE).work} == {"build": {"vpc_config"}}
    world.up(INSIDE)
    assert set(place(world)["subnets"]) == subnets(world)
    world.up(OUTSIDE)
    assert (place(world), "hello-build" in groups(world)) == ({}, False)


def test_from_nothing_and_back_to_it(world: World) -> None:
    world.up(INSIDE)
    assert world.plan(INSIDE).work == ()
    world.down()
    assert groups(world) == {"default"}


@pytest.mark.parametrize(("network", "message"), [
    ('egress = "public"', 'build.vpc: needs another vpc.egress than "public"'),
    ('id = "vpc-0123abcd"\negress = "public"\npublic_subnets = ["subnet-0123aaaa", "subnet-0123bbbb"]',
     'build.vpc: needs another vpc.egress than "public"'),
])  # fmt: skip
def test_without_a_way_out_it_is_refused(tmp_path: Any, network: str, message: str) -> None:
    from ecsctl import config
    from ecsctl.errors import ConfigError

    text = f'name = "shop"\n[vpc]\n{network}\n[github]\nrepository = "acme/shop"\n[build]\nvpc = true\n'
    (tmp_path / "ecsctl.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path)
    assert message in str(caught.value)
