"""Parses YAML within limits: in a hostile file, a few lines with aliases can expand beyond any memory."""

from __future__ import annotations

from typing import Any

WRITTEN_OUT = 50_000
"""How many values a document may have with all aliases expanded. Real ones have far fewer."""


def documents(text: str, *, strings: bool = False) -> list[Any] | None:
    """The documents of a YAML text; None if it is not valid, or too large with its aliases expanded.

    `strings`: every scalar is a string. PyYAML keeps one object for all aliases of a node; code that walks, merges or
    prints it would visit it once for each alias.
    """
    import yaml  # type: ignore[import-untyped]  # PyYAML ships no types

    found = []
    try:
        loader = (yaml.BaseLoader if strings else yaml.SafeLoader)(text)
        while loader.check_node():
            root = loader.get_node()
            if _size(root, {}) > WRITTEN_OUT:
                return None
            found.append(loader.construct_document(root))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return found


def _size(node: Any, known: dict[int, int]) -> int:
    """The number of nodes with aliases expanded. A node that contains itself counts as too large."""
    if id(node) not in known:
        known[id(node)] = WRITTEN_OUT + 1  # until it is known
        below = node.value if isinstance(node.value, list) else []
        parts = [part for one in below for part in (one if isinstance(one, tuple) else (one,))]
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(node)]
