"""What a run's calls tell: how many, how long from first to last, how many after one another, and its critical path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.proxy import Call


@dataclass(frozen=True)
class Run:
    """A command's run, measured from outside. Seconds and megabytes."""

    wall: float
    cpu: float
    memory: float
    calls: tuple[Call, ...]
    connections: int

    @property
    def changes(self) -> int:
        """How many calls were changes, refused ones too."""
        return sum(call.change for call in self.calls)

    @property
    def span(self) -> float:
        """From the first request to the last answer."""
        return max(c.ended for c in self.calls) - min(c.began for c in self.calls) if self.calls else 0.0

    @property
    def depth(self) -> int:
        """The most calls of which each began after the one before had ended."""
        return depth(self.calls)


def depth(calls: Sequence[Call]) -> int:
    """Of an order of intervals the longest chain: greedily, by the earliest end."""
    count, last = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.ended):
        if call.began >= last:
            count, last = count + 1, call.ended
    return count


def slowest_chain(calls: Sequence[Call], speed: float) -> list[tuple[str, float]]:
    """The critical path, for a process of its own: what it imports is large, and this module is not."""
    from benchmarks.critical import critical_path

    return critical_path(calls, speed)
