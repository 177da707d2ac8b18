"""Containers beside the app: made, changed, kept by the pipeline, taken away; and what others added stays."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.errors import Refused
from ecsctl.operations import logs
from ecsctl.sandbox.aws import ecs
from tests.stack.conftest import World, desired_stack
from tests.stack.test_container import live

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
AGENT = {"image": "registry.example.com/agent:1", "port": 9090, "environment": {"MODE": "fast"},
         "health": {"command": ["CMD", "/check"]}, "cpu": 32, "memory": 64}  # fmt: skip


def said(agent: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    sidecars = {"sidecars": {"agent": agent}} if agent else {}
    return desired_stack(domain=None, github=None, **sidecars, **changed)


def containers(world: World) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in live(world)["containerDefinitions"]}


def registered(world: World, change: Any) -> None:
    """Do what the pipeline, or somebody on AWS, does: a copy of what runs, changed."""
    client, copy = world.boto("ecs"), live(world)
    for added in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt",
                  "registeredBy"):  # fmt: skip
        copy.pop(added, None)
    change(copy["containerDefinitions"])
    made = client.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"]
    client.update_service(cluster="hello", service="hello", taskDefinition=made)
    world.clock.sleep(600)


def test_a_sidecar_comes_is_changed_survives_the_pipeline_and_goes(world: World) -> None:
    world.running(said(AGENT, service={"depends_on": {"agent": "HEALTHY"}}), IMAGE)
    made = containers(world)
    assert made["hello"]["dependsOn"] == [{"containerName": "agent", "condition": "HEALTHY"}]
    assert made["agent"]["logConfiguration"] == made["hello"]["logConfiguration"]
    assert world.plan(said(AGENT, service={"depends_on": {"agent": "HEALTHY"}})).work == ()
    registered(world, lambda found: found[0].update(image="public.ecr.aws/docker/library/nginx:1.28"))
    world.state_file.unlink()
    assert world.plan(said(AGENT, service={"depends_on": {"agent": "HEALTHY"}})).work == ()
    other = {**AGENT, "image": "registry.example.com/agent:2", "environment": {}}
    world.up(said(other))
    made = containers(world)
    assert (made["agent"]["image"], made["agent"]["environment"]) == ("registry.example.com/agent:2", [])
    assert made["hello"]["image"] == "public.ecr.aws/docker/library/nginx:1.28"
    assert "dependsOn" not in made["hello"]
    world.up(said())
    assert containers(world).keys() == {"hello"}
    assert world.plan(said()).work == ()


def test_drift_of_a_sidecar_is_reported_and_corrected_and_what_others_added_is_left(world: World) -> None:
    world.up(said(AGENT))
    theirs = {"name": "theirs", "image": "registry.example.com/theirs:1", "essential": False}

    def change(found: list[dict[str, Any]]) -> None:
        found[1].update(command=["oops"], ulimits=[{"name": "nofile", "softLimit": 2048, "hardLimit": 2048}])
        found.append(theirs)

    registered(world, change)
    [step] = [one for one in world.plan(said(AGENT)).work if one.name == "task-definition"]
    assert [one.field for one in step.changes] == ["sidecars"]
    world.up(said(AGENT))
    made = containers(world)
    assert "command" not in made["agent"] or made["agent"]["command"] == []
    assert made["agent"]["ulimits"], "an option that ecsctl.toml does not know"
    world.up(said())
    assert containers(world).keys() == {"hello", "theirs"}


def test_its_lines_are_read_by_its_name(world: World) -> None:
    world.running(said(AGENT), IMAGE)
    ecs.script_tasks("", "agent:1", "sick")
    world.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    world.clock.sleep(60)
    session = world.open(said(AGENT))
    found = [line.text for line in logs.lines(session.aws, logs.of_container(session.aws, "hello", "agent"))]
    assert set(found) == {"agent: starting"}
    assert "agent: starting" not in [
        line.text for line in logs.lines(session.aws, logs.of_container(session.aws, "hello", "hello"))
    ]
    with pytest.raises(Refused, match="the tasks have no container proxy"):
        logs.of_container(session.aws, "hello", "proxy")


def test_the_role_that_starts_tasks_may_have_its_image_and_its_secrets_and_no_others(world: World) -> None:
    arn = world.boto("secretsmanager").create_secret(Name="agent/key", SecretString="s3cr3t")["ARN"]
    world.up(said({**AGENT, "secrets": {"KEY": "agent/key"}}))
    [secret] = containers(world)["agent"]["secrets"]
    assert secret == {"name": "KEY", "valueFrom": arn}
    iam = world.boto("iam")
    role = "hello-eu-central-1-execution"
    policies = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                for name in iam.list_role_policies(RoleName=role)["PolicyNames"]]  # fmt: skip
    assert arn in str(policies)
    world.up(said(AGENT))
    policies = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                for name in iam.list_role_policies(RoleName=role)["PolicyNames"]]  # fmt: skip
    assert "secretsmanager" not in str(policies)
