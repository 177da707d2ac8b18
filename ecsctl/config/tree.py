"""Nested tables: values found in them, merged, flattened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]
"""The way to a value: keys, and numbers within lists."""


def dotted(path: Path) -> str:
    """A path as people write it: `service.port`, `pipeline.approvals[0].name`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def way(key: str | Path) -> Path:
    """The path of a key written with dots; a path is returned as it is."""
    return tuple(key.split(".")) if isinstance(key, str) else key


def has_path(tree: Any, path: Path) -> bool:
    """Whether there is a value at the path."""
    for part in path:
        if isinstance(tree, Mapping):
            known = part in tree
        else:
            known = isinstance(tree, list | tuple) and isinstance(part, int) and part < len(tree)
        if not known:
            return False
        tree = tree[part]
    return True


def over(upper: Mapping[str, Any], lower: Mapping[str, Any]) -> dict[str, Any]:
    """`upper` merged over `lower`: tables key by key, anything else is replaced as a whole."""
    merged = dict(lower)
    for key, value in upper.items():
        below = lower.get(key)
        merged[key] = over(value, below) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return merged


def leaves(tree: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no table, and every empty table, with its path, in the order of the tree."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value
