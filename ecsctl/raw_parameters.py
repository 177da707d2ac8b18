"""Checks, before any call, whether the SDK's model knows what [raw] sets."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ecsctl.config.tables.raw import SAID, Raw
from ecsctl.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecsctl.config import Config

CALLS = {
    "task_definition": ("ecs", "RegisterTaskDefinition", ""),
    "container": ("ecs", "RegisterTaskDefinition", "ContainerDefinition"),
    "service": ("ecs", "CreateService", ""),
    "target_group": ("elbv2", "CreateTargetGroup", ""),
    "listener": ("elbv2", "CreateListener", ""),
    "build_project": ("codebuild", "CreateProject", ""),
}
"""By table: the service, the call, and the shape in it that the table is laid over."""


def check(config: Config) -> None:
    """Raise ConfigError for a parameter that AWS's call does not have, or a value of the wrong form."""
    raw = config.raw
    if not any(getattr(raw, table) for table in Raw.model_fields):
        return
    wrong = [*_parameters(raw), *_attributes(raw)]
    if wrong:
        raise ConfigError("; ".join(wrong), hint="fix it in ecsctl.toml: the names and values are those of AWS's API")


def _parameters(raw: Raw) -> Iterator[str]:
    from botocore.validate import ParamValidator

    for table, (service, call, inner) in CALLS.items():
        for path, value in raw.paths(table).items():
            shape: Any = shape_of(service, call, inner)
            *parents, name = path.split(".")
            for parent in parents:
                shape = shape.members[parent]
            if name not in shape.members:
                near, before = get_close_matches(name, shape.members, 1), "".join(f"{one}." for one in parents)
                what = f"raw.{table}.{path}: {inner or call} has no such parameter"
                yield what + (f"; did you mean {before}{near[0]}?" if near else "")
                continue
            found = ParamValidator().validate(value, shape.members[name]).generate_report()
            if found:
                yield f"raw.{table}.{path}: {' '.join(found.split())}"


def _attributes(raw: Raw) -> Iterator[str]:
    for table, known in attributes().items():
        for name in raw.paths(table):
            if name not in known:
                near = get_close_matches(name, known - SAID[table].keys(), 1)
                what = table.removesuffix("_attributes").replace("_", " ")
                yield f"raw.{table}.{name}: a {what} has no such attribute" + (
                    f"; did you mean {near[0]}?" if near else ""
                )


def attributes() -> dict[str, set[str]]:
    """By table: the attributes that exist. For the SDK's model they are arbitrary strings."""
    from ecsctl.resources import listener, load_balancer, target_group

    return {
        "target_group_attributes": {name for name in target_group.USUAL if "." in name},
        "load_balancer_attributes": {*load_balancer.USUAL, *load_balancer.ATTRIBUTES.values()},
        "listener_attributes": {name for name in listener.USUAL if "." in name},
    }


def shape_of(service: str, call: str, inner: str) -> Any:
    """The shape of a call's parameters, or of a container in them."""
    import botocore.session

    model = botocore.session.get_session().get_service_model(service)
    return model.shape_for(inner) if inner else model.operation_model(call).input_shape
