"""Whether the SDK's model knows what [raw] says: asked before any call."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ecsctl.engine.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecsctl.config import Config


def check(config: Config) -> None:
    """Raise ConfigError for a parameter that AWS's call does not have, or a value of the wrong form."""
    if not (config.raw.task_definition or config.raw.container):
        return
    import botocore.session

    model = botocore.session.get_session().get_service_model("ecs")
    shape: Any = model.operation_model("RegisterTaskDefinition").input_shape
    container = shape.members["containerDefinitions"].member
    wrong = [
        *_wrong("raw.task_definition", config.raw.task_definition, shape, "RegisterTaskDefinition"),
        *_wrong("raw.container", config.raw.container, container, "ContainerDefinition"),
    ]
    if wrong:
        raise ConfigError("; ".join(wrong), hint="fix it in ecsctl.toml: the names and values are those of the ECS API")


def _wrong(table: str, given: dict[str, Any], shape: Any, call: str) -> Iterator[str]:
    from botocore.validate import ParamValidator

    for name, value in given.items():
        if name not in shape.members:
            near = get_close_matches(name, shape.members, 1)
            yield f"{table}.{name}: {call} has no such parameter" + (f"; did you mean {near[0]}?" if near else "")
            continue
        found = ParamValidator().validate(value, shape.members[name]).generate_report()
        if found:
            yield f"{table}.{name}: {' '.join(found.split())}"
