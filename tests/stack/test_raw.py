"""What no option says is said by AWS's own names: checked before any call, made, compared, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.engine.errors import ConfigError
from ecsctl.engine.plan import Why
from tests.stack.conftest import World, desired_stack
from tests.stack.test_container import live

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
SAID = {
    "task_definition": {"volumes": [{"name": "scratch"}]},
    "container": {"mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}], "interactive": True},
}


def plain(**raw: Any) -> dict[str, Any]:
    return {**desired_stack(domain=None, github=None), **({"raw": raw} if raw else {})}


def test_it_is_made_compared_and_taken_back(world: World) -> None:
    world.up(plain(**SAID), image=IMAGE)
    made = live(world)
    assert [one["name"] for one in made["volumes"]] == ["scratch"]
    assert made["containerDefinitions"][0]["interactive"] is True
    assert world.plan(plain(**SAID)).work == ()
    world.up(plain())
    after = live(world)
    assert not after.get("volumes")
    assert not after["containerDefinitions"][0].get("mountPoints")
    assert world.plan(plain()).work == ()


def test_what_somebody_has_changed_of_it_is_drift(world: World) -> None:
    world.up(plain(**SAID), image=IMAGE)
    ecs, copy = world.boto("ecs"), live(world)
    names = "family cpu memory networkMode requiresCompatibilities volumes runtimePlatform executionRoleArn taskRoleArn"
    kept = {name: copy[name] for name in names.split()}
    copy["containerDefinitions"][0]["interactive"] = False
    arn = ecs.register_task_definition(**kept, containerDefinitions=copy["containerDefinitions"])["taskDefinition"][
        "taskDefinitionArn"]  # fmt: skip
    ecs.update_service(cluster="hello", service="hello", taskDefinition=arn)
    world.clock.sleep(1800)
    [step] = [step for step in world.plan(plain(**SAID)).work if step.name == "task-definition"]
    assert {change.field: change.why for change in step.changes}["more"] is Why.DRIFT


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"container": {"mountPoint": []}}, "raw.container.mountPoint: ContainerDefinition has no such parameter; "
         "did you mean mountPoints?"),
        ({"container": {"interactive": "yes"}}, "raw.container.interactive: Invalid type for parameter"),
        ({"task_definition": {"volumes": [{"nome": "x"}]}}, 'Unknown parameter in [0]: "nome"'),
    ],
)  # fmt: skip
def test_what_the_sdks_model_does_not_know_is_refused_before_any_call(
    world: World, raw: dict[str, Any], told: str
) -> None:
    calls: list[object] = []
    world.heard = lambda *call: calls.append(call)
    with pytest.raises(ConfigError) as refused:
        world.up(plain(**raw))
    assert told in refused.value.message
    assert calls == []
