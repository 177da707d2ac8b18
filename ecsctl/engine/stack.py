"""The stack as resources: their names, their desired states, and the graph that follows from promised ids."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast, get_type_hints

from ecsctl.engine.plan import Step
from ecsctl.engine.promises import Promise, promises, resolve
from ecsctl.engine.resource import ORDER, AnyResource, Resource, identity, traits, types_in
from ecsctl.errors import Refused

Ids = TypeVar("Ids")


@dataclass(frozen=True)
class Node:
    """One resource of the stack: its name, its desired state, and the names of those it needs first."""

    name: str
    desired: AnyResource
    needs: frozenset[str]
    ready: frozenset[str] = frozenset()  # those of them that must be ready, even if others may start earlier


class Stack:
    """All resources of one run, in the order in which they were added."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.first = ""  # the resource that a new deployment creates first: AWS allows its name only once in a region
        self.unfit: tuple[Step, ...] = ()  # what blocks the stack as a whole, but no part that already exists

    def ensure(
        self, name: str, desired: Resource[Ids], *, after: tuple[Any, ...] = (), ready: tuple[Any, ...] = ()
    ) -> Ids:
        """Add a resource and get its ids at once, as promises.

        `after` holds ids of resources that must be created first though none of their ids is used; `ready` those of
        resources that must even be ready, though they are `early`. Raises ValueError if the name is taken.
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
        """Only these resources, their fields filled in with the ids of the others, from `known`.

        Raises Refused where such an id is not known: something that one of them needs does not exist.
        """
        part = Stack()
        part.first = self.first if self.first in names else ""
        for name in self.nodes:
            if name in names:
                node = self.nodes[name]
                desired = resolve(node.desired, {other: ids for other, ids in known.items() if other not in names})
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
    """For each kind, the kinds that are deleted before it: those that have its id in a field, or `deleted_before`.

    Derived from the type annotations alone, so that `down` needs neither the state file nor ecsctl.toml. An `Order`
    field whose edge would close a cycle is left out, since it only concerns the order of creation; so are the fields
    in `independent_of`.
    """
    makers: dict[Any, str] = {}
    for kind in kinds:
        if kind.borrowed:
            continue
        for hint in get_type_hints(identity(kind), include_extras=True).values():
            for new in types_in(hint):
                makers.setdefault(new, kind.kind)
    before: dict[str, set[str]] = {kind.kind: set() for kind in kinds}  # kind -> kinds deleted before it
    weak: list[tuple[str, str]] = []
    for kind in kinds:
        for other in before.keys() & set(kind.deleted_before):
            before[other].add(kind.kind)
        hints = get_type_hints(kind, include_extras=True)
        for item in fields(cast(Any, kind)):
            if item.name in kind.independent_of:
                continue
            for new in types_in(hints[item.name]):
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
    # Also across a kind of which nothing exists: a listener is deleted before the certificate, though only a wait
    # connects them.
    return {name: frozenset(_reached(before.__getitem__, name)) for name in before}


def _reached(edges: Callable[[str], set[str]], start: str) -> set[str]:
    """Everything reachable from `start` along the edges."""
    observed: set[str] = set()
    todo = [*edges(start)]
    while todo:
        here = todo.pop()
        if here not in observed:
            observed.add(here)
            todo.extend(edges(here))
    return observed
