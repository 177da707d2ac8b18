"""Carry out a graph of work: tell what failed and what was not tried, and raise it all together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ecsctl.aws import THREADS
from ecsctl.engine import events
from ecsctl.engine.errors import EcsctlError, explained, together
from ecsctl.engine.patience import Patience
from ecsctl.engine.walk import Release, walk
from ecsctl.engine.wording import called

READY = " is ready"  # the name of a node's second half, where its dependents need not wait for it


def carry_out(
    graph: Mapping[str, frozenset[str]],
    visit: Callable[[str], None],
    parts: Mapping[str, tuple[str, str]],
    *,
    patience: Patience,
    tell: events.Listener,
    release: Release | None = None,
    whole: Mapping[str, str] | None = None,
    idle: Callable[[str], bool] = lambda _key: False,
) -> None:
    """Walk the graph, tell what failed and what was not tried, and raise it all together.

    `parts` tells of each node of the graph the resource's name and title; of `release` and `whole` tells `walk`. Of a
    node that is `idle` nothing is missed if it is not tried.
    """
    not_tried: list[str] = []

    def skip(key: str, because: str) -> None:
        name, title = parts[key]
        if key.endswith(READY) or idle(key):
            return  # its first half was told of, or was all of it
        not_tried.append(called(title, name))
        tell(events.NotTried(name, title, because))

    def told(key: str) -> None:
        name, title = parts[key]
        try:
            visit(key)
        except Exception as error:
            failure = explained(error, called(title, name))
            tell(events.Failed(name, title, failure))
            raise failure from error

    failed = walk(graph, told, threads=THREADS, skip=skip, stopping=lambda: patience.stopping, release=release,
                  whole=whole)  # fmt: skip
    raise_all(failed, not_tried)
    patience.check()


def visit_all(graph: Mapping[str, frozenset[str]], visit: Callable[[str], None]) -> None:
    """Walk a graph of looks, and raise all that failed together. Of what was not tried nothing is told."""
    raise_all(walk(graph, visit, threads=THREADS, skip=lambda _name, _because: None))


def raise_all(failed: Mapping[str, BaseException], not_tried: list[str] | None = None) -> None:
    """Raise all that failed, as one error."""
    if failed:
        bugs = [error for error in failed.values() if not isinstance(error, EcsctlError)]
        if bugs:
            raise together([explained(bug, "AWS") for bug in bugs])
        raise together(failed.values(), not_tried or [])
