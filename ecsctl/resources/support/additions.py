"""Further settings in a task definition, by path, from ecsctl.toml. They are recorded, so that they can be undone.

Paths name a member of RegisterTaskDefinition (`ephemeralStorage`) or of our container (`container.user`). Those in use
are listed in a label of our container: the pipeline copies labels along with a revision, and tags not always. Other
members that someone has added are ignored here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LABEL = "ecsctl.keys"
_OURS = "container."

Additions = tuple[tuple[str, str], ...]
"""Paths in order, each with its value as JSON."""


def additions(values: Mapping[str, Any]) -> Additions:
    """Values by path, in the form used for comparison. Empty values are left out."""
    kept = {path: value for path, value in values.items() if value not in (None, (), [], {}, "")}
    return tuple(sorted((path, _spelled(value)) for path, value in kept.items()))


def added(definition: Mapping[str, Any], ours: Mapping[str, Any], wanted: Additions) -> Additions:
    """A definition's values at the desired paths, and at those that were set when it was registered.

    Only the desired members of a value are included: AWS fills in others.
    """
    like = {path: json.loads(value) for path, value in wanted}
    paths = {*like, *_remembered(ours)}
    found = {path: _at(definition, ours, path) for path in paths}
    return additions({path: part_of(value, like[path]) if path in like else value for path, value in found.items()})


def with_additions(definition: dict[str, Any], ours: dict[str, Any], wanted: Additions) -> dict[str, Any]:
    """The definition with the desired settings, and without those no longer desired. `ours` is our container in it."""
    made, container = dict(definition), dict(ours)
    for path in _remembered(ours):
        (container if path.startswith(_OURS) else made).pop(path.removeprefix(_OURS), None)
    for path, value in wanted:
        (container if path.startswith(_OURS) else made)[path.removeprefix(_OURS)] = json.loads(value)
    labels = {name: value for name, value in (container.get("dockerLabels") or {}).items() if name != LABEL}
    labels |= {LABEL: " ".join(path for path, _ in wanted)} if wanted else {}
    container |= {"dockerLabels": labels}
    if not labels:
        del container["dockerLabels"]
    made["containerDefinitions"] = [container if one is ours else one for one in made["containerDefinitions"]]
    return made


def _remembered(ours: Mapping[str, Any]) -> list[str]:
    return str((ours.get("dockerLabels") or {}).get(LABEL, "")).split()


def _at(definition: Mapping[str, Any], ours: Mapping[str, Any], path: str) -> Any:
    return ours.get(path.removeprefix(_OURS)) if path.startswith(_OURS) else definition.get(path)


def part_of(value: Any, like: Any) -> Any:
    """The members of a value that `like` has too."""
    if isinstance(value, Mapping) and isinstance(like, Mapping):
        return {key: part_of(value[key], like[key]) for key in like if key in value}
    if isinstance(value, list) and isinstance(like, list) and len(value) == len(like):
        return [part_of(one, other) for one, other in zip(_ordered(value), _ordered(like), strict=True)]
    return value


def _ordered(parts: list[Any]) -> list[Any]:
    """Sort named items: the order in which AWS returns them does not matter."""
    for key in ("name", "containerName"):
        if all(isinstance(one, dict) and key in one for one in parts):
            return sorted(parts, key=lambda one: str(one[key]))
    return parts


def _spelled(value: Any) -> str:
    value = _ordered(value) if isinstance(value, list) else list(value) if isinstance(value, tuple) else value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
