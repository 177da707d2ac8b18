"""Promises: placeholders for ids that do not exist yet, found in a desired state and replaced once the ids are
known.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass, replace
from typing import Any, Self, TypeVar, cast

from ecsctl.engine.resource import AnyResource

W = TypeVar("W")

DELIMITER = "\ue000"  # around a promise's text, so that one computed into a longer string is noticed


class Promise(str):
    """An id that will be known once its resource exists. In a field of another desired state it is an edge of the
    graph.
    """

    __slots__ = ("field", "resource")
    resource: str
    field: str

    def __new__(cls, resource: str, field: str) -> Self:
        """Promise one field of the ids of one resource."""
        promise = super().__new__(cls, f"{DELIMITER}{resource}.{field}{DELIMITER}")
        promise.resource, promise.field = resource, field
        return promise


def promises(value: Any) -> Iterator[Promise]:
    """Every promise inside a desired state, however deeply nested."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, str):
        if DELIMITER in value:
            raise TypeError(f"a promise was computed with: {value!r}; add the derived value to the resource's ids")
    elif isinstance(value, tuple | frozenset | list):
        for part in value:
            yield from promises(part)
    else:
        for item in _items(value.__class__):
            yield from promises(getattr(value, item.name))


@functools.cache
def _items(kind: type) -> tuple[Field[Any], ...]:
    """The fields of a dataclass; none of any other class."""
    return fields(kind) if is_dataclass(kind) else ()


def resolve(value: W, known: Mapping[str, Any]) -> W:
    """The desired state with every promise replaced whose resource's ids are known. The others remain promises."""
    return cast(W, _resolve(value, known))


class _Name:
    """Any id of a resource that does not exist yet, in words."""

    def __init__(self, resource: str, form: str) -> None:
        self.resource, self.form = resource, form

    def __getattr__(self, field: str) -> str:
        return self.form.format(self.resource)


class _Names(dict[str, _Name]):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    def get(self, resource: str, default: Any = None) -> Any:
        del default
        return _Name(resource, self.form)


def named(value: W, form: str = "{}") -> W:
    """The desired state with every promise replaced by the name of its resource: for people."""
    return cast(W, _resolve(value, _Names(form)))


def stable(name: str, desired: AnyResource, ids: Any) -> Any:
    """The ids that will be the same after a failed resource is replaced; the others as promises."""
    return replace(
        ids, **{item.name: Promise(name, item.name) for item in fields(ids) if item.name not in desired.stable_ids}
    )


def _resolve(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, Promise):
        ids = known.get(value.resource)
        return value if ids is None else getattr(ids, value.field)
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | frozenset):
        parts = [_resolve(part, known) for part in value]
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else type(value)(parts)
    changed = {}
    for item in _items(value.__class__):
        if item.init:
            before = getattr(value, item.name)
            after = _resolve(before, known)
            if after is not before:
                changed[item.name] = after
    return replace(value, **changed) if changed else value
