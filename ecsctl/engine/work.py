"""Carries out a graph of work: reports what failed and what was not tried, and raises everything together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ecsctl.aws.clients import THREADS, WIDE
from ecsctl.aws.explaining import explained, together
from ecsctl.aws.patience import Patience
from ecsctl.engine import events
from ecsctl.engine.walk import Release, walk
from ecsctl.engine.wording import called
from ecsctl.errors import EcsctlError

BEGUN = " begun"  # the suffix of a node's first part, which needs only what its create call needs
READY = " is ready"  # the suffix of a node's second half, if its dependents need not wait for it


def carry_out(
    graph: Mapping[str, frozenset[str]],
    visit: Callable[[str], None],
    parts: Mapping[str, tuple[str, str]],
    *,
    patience: Patience,
    emit: events.Listener,
    release: Release | None = None,
    whole: Mapping[str, str] | None = None,
    idle: Callable[[str], bool] = lambda _key: False,
) -> None:
    """Walk the graph, report what failed and what was not tried, and raise it all together.

    `parts` has each node's resource name and title; `release` and `whole` are as in `walk`. A node that is `idle` is
    not reported if it was not tried.
    """
    not_tried: list[str] = []

    def skip(key: str, because: str) -> None:
        name, title = parts[key]
        if key.endswith((BEGUN, READY)) or idle(key):
            return  # the other part is reported, or was all of it
        not_tried.append(called(title, name))
        emit(events.NotTried(name, title, because))

    def attempt(key: str) -> None:
        name, title = parts[key]
        try:
            visit(key)
        except Exception as error:
            failure = explained(error, called(title, name))
            emit(events.Failed(name, title, failure))
            raise failure from error

    failed = walk(graph, attempt, threads=WIDE, skip=skip, stopping=lambda: patience.stopping, release=release,
                  whole=whole)  # fmt: skip
    raise_all(failed, not_tried)
    patience.check()


def visit_all(graph: Mapping[str, frozenset[str]], visit: Callable[[str], None]) -> None:
    """Walk a graph of reads, and raise everything that failed together. What was not tried is not reported."""
    raise_all(walk(graph, visit, threads=THREADS, skip=lambda _name, _because: None))


def raise_all(failed: Mapping[str, BaseException], not_tried: list[str] | None = None) -> None:
    """Raise all that failed, as one error."""
    if failed:
        bugs = [error for error in failed.values() if not isinstance(error, EcsctlError)]
        if bugs:
            raise together([explained(bug, "AWS") for bug in bugs])
        raise together(failed.values(), not_tried or [])
