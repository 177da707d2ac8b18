"""Visits a graph in order, as many nodes at a time as allowed. A failure stops only what depends on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter


class Release:
    """Lets the dependents of a node start before its own visit has ended."""

    def __init__(self) -> None:
        self._said: dict[str, Future[None]] = {}

    def begun(self, name: str) -> Future[None]:
        """Called once for each node that was released."""
        return self._said.setdefault(name, Future())

    def __call__(self, name: str) -> None:
        """Release the node; from the thread that visits it."""
        said = self._said.get(name)
        if said is not None and not said.done():
            said.set_result(None)


def walk(
    graph: Mapping[str, frozenset[str]],
    visit: Callable[[str], None],
    *,
    threads: int,
    skip: Callable[[str, str], None],
    stopping: Callable[[], bool] = lambda: False,
    release: Release | None = None,
    whole: Mapping[str, str] | None = None,
) -> dict[str, BaseException]:
    """Visit every node after those it needs. Returns what failed, by name.

    `skip(name, because)` is called instead of `visit` for a node that needs a failed one, and for every node not yet
    begun when `stopping()` says so. A visit that calls `release` lets the node's dependents start. Nodes in `whole`
    still wait until the visit of the node named there has ended. Raises graphlib.CycleError if the graph has a cycle.
    """
    order = TopologicalSorter({name: needs & graph.keys() for name, needs in graph.items()})
    order.prepare()
    whole = whole or {}
    failed: dict[str, BaseException] = {}
    broken: dict[str, str] = {}  # name -> the failed one it needs, directly or not
    running: dict[Future[None], str] = {}
    released: dict[Future[None], str] = {}
    held: list[str] = []  # what waits for the end of a visit
    with ThreadPoolExecutor(threads, thread_name_prefix="ecsctl") as pool:
        while order.is_active() or running:  # the visit of a released node goes on, and may still fail
            at_work = set(running.values())
            ready = [*held, *order.get_ready()]
            held = [name for name in ready if whole.get(name) in at_work]
            for name in ready:
                if name in held:
                    continue
                because = next((broken[need] for need in sorted(graph[name]) if need in broken), "")
                if not because and stopping():
                    because = "the run was stopped"
                if because:
                    broken[name] = because
                    skip(name, because)
                    order.done(name)
                else:
                    if release:
                        released[release.begun(name)] = name
                    running[pool.submit(visit, name)] = name
            if not running:
                continue
            finished, _ = wait([*running, *released], return_when=FIRST_COMPLETED)
            for future in finished & released.keys():
                order.done(released.pop(future))
            for future in finished & running.keys():
                name = running.pop(future)
                error = future.exception()
                if error is not None:
                    failed[name] = error
                    broken[name] = name
                unsaid = [said for said, whose in released.items() if whose == name]
                for said in unsaid:
                    del released[said]
                if unsaid or not release:
                    order.done(name)
    return failed
