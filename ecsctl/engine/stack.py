"""The stack as resources: names, promises of ids that do not exist yet, and the graph that follows from them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast, get_type_hints

from ecsctl.engine.errors import Refused
from ecsctl.engine.resource import ORDER, AnyResource, Resource, identity, mentions, traits

if TYPE_CHECKING:
    from ecsctl.engine.plan import Step

Ids = TypeVar("Ids")
W = TypeVar("W")

DELIMITER = "\ue000"  # around a promise's text, so that one computed into a longer string is noticed


class Promise(str):
    """An id that will be known once its resource exists. Used in a field of another desired state, it is an edge."""

    __slots__ = ("field", "resource")
    resource: str
    field: str

    def __new__(cls, resource: str, field: str) -> Self:
        """Promise one field of the ids of one resource."""
        promise = super().__new__(cls, f"{DELIMITER}{resource}.{field}{DELIMITER}")
        promise.resource, promise.field = resource, field
        return promise


def promises(value: Any) -> Iterator[Promise]:
    """Every promise inside a desired state, however deep."""
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


def fulfil(value: W, known: Mapping[str, Any]) -> W:
    """The desired state with every promise replaced whose resource's ids are known. The others stay promises."""
    return cast(W, _fulfil(value, known))


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
    return cast(W, _fulfil(value, _Names(form)))


def lasting(name: str, desired: AnyResource, ids: Any) -> Any:
    """The ids that the replacement of a failed one will have too; the others as promises."""
    return replace(
        ids, **{item.name: Promise(name, item.name) for item in fields(ids) if item.name not in desired.lasting}
    )


def _fulfil(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, Promise):
        ids = known.get(value.resource)
        return value if ids is None else getattr(ids, value.field)
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | frozenset):
        parts = [_fulfil(part, known) for part in value]
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else type(value)(parts)
    changed = {}
    for item in _items(value.__class__):
        if item.init:
            before = getattr(value, item.name)
            after = _fulfil(before, known)
            if after is not before:
                changed[item.name] = after
    return replace(value, **changed) if changed else value


@dataclass(frozen=True)
class Node:
    """One resource of the stack: its name in it, the desired state, and the names of those it needs first."""

    name: str
    desired: AnyResource
    needs: frozenset[str]
    ready: frozenset[str] = frozenset()  # those of them that must be ready, also if others go on before they are


class Stack:
    """All resources of one run, in the order in which they were made."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.first = ""  # what a new deployment makes before all else: of its name AWS has one in the region
        self.unfit: tuple[Step, ...] = ()  # what stands in the way of all of it; not of a part of what exists

    def ensure(
        self, name: str, desired: Resource[Ids], *, after: tuple[Any, ...] = (), ready: tuple[Any, ...] = ()
    ) -> Ids:
        """Ask for a resource and get its ids at once, as promises.

        `after` holds ids of resources that must be made first though none of their ids is used; `ready` of those
        that must even be ready, though they are `early`.
        Raises ValueError if the name is taken.
        """
        if name in self.nodes:
            raise ValueError(f"two resources are called {name}")
        needs = {promise.resource for promise in promises(desired)}
        awaited = {promise.resource for ids in ready for promise in promises(ids)}
        needs |= {promise.resource for ids in after for promise in promises(ids)} | awaited
        unknown = needs - self.nodes.keys()
        if unknown:
            raise ValueError(f"{name} needs {', '.join(sorted(unknown))}, which this stack does not have")
        self.nodes[name] = Node(name, desired, frozenset(needs), frozenset(awaited))
        ids = identity(type(desired))
        return cast(Ids, ids(**{item.name: Promise(name, item.name) for item in fields(ids)}))

    def part(self, names: Collection[str], known: Mapping[str, Any]) -> Stack:
        """These resources alone, their fields with the ids that the others have, from `known`.

        Raises Refused where such an id is not known: what one of them needs does not exist.
        """
        part = Stack()
        part.first = self.first if self.first in names else ""
        for name in self.nodes:
            if name in names:
                node = self.nodes[name]
                desired = fulfil(node.desired, {other: ids for other, ids in known.items() if other not in names})
                missing = {promise.resource for promise in promises(desired)} - set(names)
                if missing:
                    raise Refused(f"{name} needs {', '.join(sorted(missing))}, which does not exist", hint="ecsctl up")
                part.nodes[name] = Node(name, desired, node.needs & set(names), node.ready & set(names))
        return part

    @property
    def graph(self) -> dict[str, frozenset[str]]:
        """For each name, the names of those it needs first."""
        return {name: node.needs for name, node in self.nodes.items()}


@functools.cache
def deletion_order(kinds: tuple[type[AnyResource], ...]) -> dict[str, frozenset[str]]:
    """For each kind, the kinds that must be gone before it: those whose fields name one of its ids.

    Drawn from the type annotations alone, so that `down` knows the order without a record and without ecsctl.toml.
    What a kind `frees` is deleted after it. An `Order` field whose edge would close a circle is left out: it is about
    the order of creation alone. So is what a kind `lets_go`.
    """
    makers: dict[Any, str] = {}
    for kind in kinds:
        if kind.borrowed:
            continue
        for hint in get_type_hints(identity(kind), include_extras=True).values():
            for new in mentions(hint):
                makers.setdefault(new, kind.kind)
    before: dict[str, set[str]] = {kind.kind: set() for kind in kinds}  # kind -> kinds deleted before it
    weak: list[tuple[str, str]] = []
    for kind in kinds:
        for freed in before.keys() & set(kind.frees):
            before[freed].add(kind.kind)
        hints = get_type_hints(kind, include_extras=True)
        for item in fields(cast(Any, kind)):
            if item.name in kind.lets_go:
                continue
            for new in mentions(hints[item.name]):
                maker = makers.get(new)
                if maker is None or maker == kind.kind:
                    continue
                if traits(kind).get(item.name) is ORDER:
                    weak.append((maker, kind.kind))
                else:
                    before[maker].add(kind.kind)
    for maker, dependent in weak:
        if maker not in _reached(before.__getitem__, dependent):
            before[maker].add(dependent)
    # Also across a kind of which nothing exists: a listener is deleted before the certificate, to which only a wait
    # ties it.
    return {name: frozenset(_reached(before.__getitem__, name)) for name in before}


def _reached(edges: Callable[[str], set[str]], start: str) -> set[str]:
    """All that is reached from `start` along the edges."""
    observed: set[str] = set()
    todo = [*edges(start)]
    while todo:
        here = todo.pop()
        if here not in observed:
            observed.add(here)
            todo.extend(edges(here))
    return observed
