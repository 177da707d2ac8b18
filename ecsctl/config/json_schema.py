"""The JSON schema of ecsctl.toml, and what it says about one option."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ecsctl.config.model import Config
from ecsctl.config.tree import Path

Node = dict[str, Any]


class _Toml(GenerateJsonSchema):
    """TOML has no null: an option that may be absent only has its other type."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if made.get("default", ...) is None:
            del made["default"]
        return made

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A key that does not match is refused, as the loader does."""
        made = super().dict_schema(schema)
        return {**made, "additionalProperties": False} if "patternProperties" in made else made

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's
        return value  # the model's order is the order of the page and of a new file

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False


@cache
def document() -> Node:
    """The schema as a document. Not to be changed."""
    made = Config.model_json_schema(schema_generator=_Toml)
    for node in (made, *made["$defs"].values()):
        node.pop("title", None)
    return {"$schema": _Toml.schema_dialect, "title": "ecsctl.toml", **made}


def schema() -> str:
    """The JSON schema of ecsctl.toml, sorted, for editors: what `ecsctl config schema` prints."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def node(path: Path) -> Node | None:
    """The schema of the value at a path; None if there is no such option."""
    found = _resolved(document())
    for part in path:
        if isinstance(part, int):
            below = found.get("items")
        elif part in found.get("properties", {}):
            below = found["properties"][part]
        else:
            below = _below(found)
        if not isinstance(below, dict):
            return None
        found = _resolved(below)
    return found


def is_table(node: Node) -> bool:
    """Whether it is a table with keys of its own, and not a free map."""
    return "properties" in node


NAME = "NAME"
"""The placeholder in a path for the name that the user chooses for a table."""


def is_map_of_tables(node: Node) -> bool:
    """Whether it is a map of tables with keys of their own, each with a name that the user chooses."""
    below = _below(node)
    return isinstance(below, dict) and is_table(_resolved(below))


def _below(node: Node) -> Any:
    return node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), None)


def options(path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every option of ecsctl.toml with its path, in the order of the model. Of a table: what is in it."""
    for key, below in (node(path) or {}).get("properties", {}).items():
        found = _resolved(below)
        if is_table(found):
            yield from options((*path, key))
        elif is_map_of_tables(found):
            yield from options((*path, key, NAME))
        else:
            yield (*path, key), found


def meant(node: Node) -> str:
    """An option's type in words: "an integer from 1 to 65535"."""
    if "enum" in node or "const" in node:
        return "one of " + ", ".join(json.dumps(value) for value in node.get("enum", [node.get("const")]))
    match node.get("type"):
        case "integer":
            low, high = node.get("minimum"), node.get("maximum")
            return "an integer" + (f" from {low} to {high}" if low is not None and high is not None else "")
        case "number":
            low, high = node.get("minimum", node.get("exclusiveMinimum")), node.get("maximum")
            above = "more than " if "exclusiveMinimum" in node else ""
            return "a number" + (f" from {above}{low:g} to {high:g}" if low is not None and high is not None else "")
        case "boolean":
            return "true or false"
        case "string":
            most = node.get("maxLength")
            return f"text of at most {most} characters" if most else "text in quotes"
        case "array":
            below = _resolved(node["items"])
            if "enum" in below:
                return "a list of some of " + ", ".join(json.dumps(value) for value in below["enum"])
            most = f"at most {node['maxItems']} " if "maxItems" in node else ""
            return f"a list of {most}" + (
                f"tables with {', '.join(below['properties'])}"
                if is_table(below)
                else "integers"
                if below.get("type") == "integer"
                else "texts"
            )
        case _:
            if is_table(node):
                return "a table with " + ", ".join(node["properties"])
            if node.get("additionalProperties") is True:
                return "a table of AWS's parameters"
            most = node.get("maxProperties")
            return "a table of names and texts" + (f", at most {most}" if most else "")


def _resolved(node: Node) -> Node:
    """The node that a reference names, with the keys beside the reference."""
    if "$ref" not in node:
        return node
    named: Node = document()["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return {**named, **{key: value for key, value in node.items() if key != "$ref"}}
