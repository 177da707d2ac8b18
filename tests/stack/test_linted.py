"""The task definition as CloudFormation would have it, checked by cfn-lint, which knows what ECS refuses."""

from __future__ import annotations

import json
from typing import Any

from tests.ensure.test_policies import complaints
from tests.stack.conftest import World, desired_stack

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github/token"  # noqa: S105 - a name


def in_pascal_case(value: Any, name: str = "") -> Any:
    """CloudFormation's names for the members of ECS's API; the options of a log driver are data."""
    if isinstance(value, list):
        return [in_pascal_case(one) for one in value]
    if isinstance(value, dict) and name != "options":
        return {key[0].upper() + key[1:]: in_pascal_case(one, key) for key, one in value.items()}
    return value


def test_cfn_lint_finds_nothing_in_the_task_definition_and_would_find_something(world: World) -> None:
    registered: list[dict[str, Any]] = []

    def heard(_service: str, operation: str, _seconds: float, _failure: object, parameters: dict[str, Any]) -> None:
        if operation == "register_task_definition":
            registered.append(parameters)

    world.heard = heard
    world.up(desired_stack(service={"exec": True, "secrets": {"TOKEN": SECRET}, "command": ["serve"]}))
    properties = in_pascal_case(registered[0])

    def linted(**changed: Any) -> list[str]:
        task = {"Type": "AWS::ECS::TaskDefinition", "Properties": properties | changed}
        return complaints(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Task": task}}))

    assert linted() == []
    assert linted(Cpu="256", Memory="8192") != []
    assert linted(NetworkMode="bridge") != []
