"""Visit a graph in order, as many at a time as allowed. What fails stops only what depends on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter


def walk(
    graph: Mapping[str, frozenset[str]],
    visit: Callable[[str], None],
    *,
    threads: int,
    skip: Callable[[str, str], None],
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, BaseException]:
    """Visit every node after those it needs. Returns what failed, by name.

    `skip(name, because)` is called instead of `visit` for a node that needs a failed one, and for every node not yet
    begun when `stopping()` says so. Raises graphlib.CycleError if the graph has a circle.
    """
    order = TopologicalSorter({name: needs & graph.keys() for name, needs in graph.items()})
    order.prepare()
    failed: dict[str, BaseException] = {}
    broken: dict[str, str] = {}  # name -> the failed one it needs, directly or not
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="ecsctl") as pool:
        while order.is_active():
            for name in order.get_ready():
                because = next((broken[need] for need in sorted(graph[name]) if need in broken), "")
                if not because and stopping():
                    because = "the run was stopped"
                if because:
                    broken[name] = because
                    skip(name, because)
                    order.done(name)
                else:
                    running[pool.submit(visit, name)] = name
            if not running:
                continue
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                error = future.exception()
                if error is not None:
                    failed[name] = error
                    broken[name] = name
                order.done(name)
    return failed
