"""The parameters of a recorded call, each with AWS's model of it and what its documentation says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

CONSTRAINT = re.compile(
    r"will result in an error|must also|cannot be|can't be|must specify|if you specify|only valid|mutually exclusive|"
    r"required if|only if|returns? an error|not both|(?:can't|cannot) (?:specify|use)|"
    r"(?<!if you )do(?:n't| not) specify|"
    r"must (?:match|provide|include)|not (?:allowed|permitted|valid|supported) (?:with|for|if|when)",
    re.IGNORECASE,
)


def parameters(shape: Shape | None, value: Any, path: str = "") -> Iterator[tuple[str, Shape, Any]]:
    """Every parameter in a value: its path, its shape and what was sent."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, one in value.items():
            if name in shape.members:
                below = f"{path}.{name}".lstrip(".")
                yield below, shape.members[name], one
                yield from parameters(shape.members[name], one, below)
    elif isinstance(shape, ListShape) and isinstance(value, list | tuple):
        for one in value:
            yield from parameters(shape.member, one, f"{path}[]")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for one in value.values():
            yield from parameters(shape.value, one, f"{path}{{}}")


def shapes(shape: Shape | None, path: str = "", above: tuple[str, ...] = ()) -> Iterator[tuple[str, Shape]]:
    """Every parameter that a shape allows: its path and its shape. What contains itself is gone into once."""
    if shape is None or shape.name in above:
        return
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            below = f"{path}.{name}".lstrip(".")
            yield below, member
            yield from shapes(member, below, (*above, shape.name))
    elif isinstance(shape, ListShape):
        yield from shapes(shape.member, f"{path}[]", (*above, shape.name))


def plain(shape: Shape) -> str:
    """A parameter's documentation without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", shape.documentation or "").split())


def sentences(shape: Shape) -> Iterator[str]:
    """The sentences of a parameter's documentation that demand something."""
    parts = re.split(r"(?<=[.!?]) (?=[A-Z])", plain(shape))
    yield from (one.strip() for one in parts if CONSTRAINT.search(one))


def digest(sentence: str) -> str:
    """A short name of a sentence: it changes as soon as AWS says something else."""
    return hashlib.sha256(sentence.encode()).hexdigest()[:8]
