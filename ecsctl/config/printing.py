"""A configuration for people and for JSON: whole, with its defaults, and with what looks secret covered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecsctl.config.hiding import covered
from ecsctl.config.model import Config
from ecsctl.config.tree import dotted, leaves


def show(config: Config) -> dict[str, Any]:
    """Every option with its value, nested as in the file. None is an option that is not set."""
    return _covered(config.model_dump(mode="json"), ())


def flatten(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values of `show` with their dotted keys."""
    for path, value in leaves(values):
        yield dotted(path), value


def toml(value: Any) -> str:
    """One value as it stands in a TOML file; `(not set)` for None, which TOML cannot say."""
    import tomlkit

    if value is None:
        return "(not set)"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{tomlkit.key(key).as_string()} = {toml(below)}" for key, below in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(tomlkit.item(value).as_string())


def _covered(values: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    return {
        key: _covered(value, (*path, key)) if isinstance(value, Mapping) else covered((*path, key), value)
        for key, value in values.items()
    }
