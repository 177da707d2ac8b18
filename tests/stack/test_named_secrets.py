"""A secret by its name is the same as by its ARN; an unknown one is reported without a word of what was written."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.errors import ConfigError
from ecsctl.operations.policy import policies
from ecsctl.session import open_stack
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack

NAMED = {"DATABASE_URL": "shop/db:url", "API_KEY": "/shop/api-key"}


def plain(**secrets: str) -> dict[str, Any]:
    return desired_stack(domain=None, github=None, service={"secrets": secrets})


def secret(world: World) -> str:
    made = world.boto("secretsmanager").create_secret(Name="shop/db", SecretString='{"url": "postgres://"}')
    world.boto("ssm").put_parameter(Name="/shop/api-key", Type="SecureString", Value="x")
    return str(made["ARN"])


def test_tasks_read_it_by_its_arn_and_by_its_name_alike(world: World) -> None:
    arn = secret(world)
    world.up(plain(**NAMED), image="public.ecr.aws/docker/library/nginx:1.27")
    ecs = world.boto("ecs")
    service = ecs.describe_services(cluster="hello", services=["hello"])["services"][0]
    live = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert service["runningCount"] == 1
    read = {one["name"]: one["valueFrom"] for one in live["containerDefinitions"][0]["secrets"]}
    whole = {"DATABASE_URL": f"{arn}:url::", "API_KEY": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/api-key"}
    assert read == whole
    assert world.plan(plain(**whole)).work == ()


def test_a_name_without_a_secret_stops_everything_and_is_not_repeated(world: World) -> None:
    before = world.exact()
    with pytest.raises(ConfigError) as refused:
        world.up(plain(KEY="hunter2"))
    assert "service.secrets.KEY: there is no secret of that name" in refused.value.message
    assert "hunter2" not in f"{refused.value.message} {refused.value.why} {refused.value.hint}"
    assert world.exact() == before


def test_a_missing_secret_does_not_keep_commands_from_reading(world: World) -> None:
    config = Config.model_validate(plain(KEY="gone"))
    session = open_stack(world.aws(), config, world.state_file, as_far=True)
    assert session.config is not None
    assert session.config.service.secrets["KEY"].endswith(":secret:gone-??????")


def test_the_operator_may_read_exactly_what_is_named() -> None:
    found = policies(Config.model_validate(plain(**NAMED)), ACCOUNT, REGION)
    allowed = [
        resource
        for document in found.values()
        for one in document["Statement"]
        if "secretsmanager:DescribeSecret" in one["Action"]
        for resource in ([one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"])
    ]
    assert allowed == [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/db-??????"]
