"""Prints lines in the order of what they report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping


class InOrder:
    """Holds back the line of a resource until the lines of what it comes after are printed.

    A resource may be used as soon as AWS has returned its id, so that its dependents can be finished first. In the same
    way one may be deleted as soon as AWS has accepted to delete what is in it, and be seen to be gone first.
    """

    def __init__(self, needs: Mapping[str, Collection[str]]) -> None:
        self._needs = needs
        self._at_work: set[str] = set()
        self._held: dict[str, list[Callable[[], None]]] = {}
        self._lock = threading.RLock()

    def begin(self, name: str) -> None:
        """The resource is being created, or deleted."""
        with self._lock:
            self._at_work.add(name)

    def print(self, name: str, line: Callable[[], None]) -> None:
        """Print a line about a resource, now or when it is its turn."""
        with self._lock:
            if name in self._held or self._is_early(name):
                self._held.setdefault(name, []).append(line)
            else:
                line()

    def end(self, name: str) -> None:
        """It is created or gone, or failed: print the lines that waited for it."""
        with self._lock:
            self._at_work.discard(name)
            while due := next((one for one in self._held if not self._is_early(one)), None):
                for line in self._held.pop(due):
                    line()

    def flush(self) -> None:
        """Print all that is still held back."""
        with self._lock:
            while self._held:
                for line in self._held.pop(next(iter(self._held))):
                    line()

    def _is_early(self, name: str) -> bool:
        return any(need in self._at_work or need in self._held for need in self._needs.get(name, ()))
