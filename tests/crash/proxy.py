"""A loopback proxy in front of the sandbox's server that lets a fault happen to a real process's changing request."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import AbstractContextManager

from benchmarks.relay import READS, Relay, Way, serving

DEATHS = ("killed before", "killed after", "killed after the answer")
PASSING = ("503", "connection reset", "answer lost", "500 after the effect", "delivered twice", "answered late")
SIGNALS = {"Ctrl-C": (signal.SIGINT, 1), "Ctrl-C twice": (signal.SIGINT, 2), "SIGTERM": (signal.SIGTERM, 1)}


class Proxy(Relay):
    """Counts changing requests, and does `what` at number `at` (from 0). `victim` is the process that it may kill."""

    def __init__(self, target: str, what: str, at: int) -> None:
        super().__init__(target, Struck)
        self.what, self.at, self.changes = what, at, 0
        self.victim: int | None = None
        self.struck = ""  # the request that the fault has happened to
        self.lock = threading.Lock()

    def due(self, request: str) -> bool:
        """Whether the fault happens to this request."""
        with self.lock:
            number = self.changes
            self.changes += 1
            if number == self.at:
                self.struck = request
            return number == self.at

    def end(self, how: signal.Signals = signal.SIGKILL, times: int = 1) -> None:
        """Send the victim a signal."""
        for _ in range(times):
            if self.victim:
                os.kill(self.victim, how)
            time.sleep(0.05)


class Struck(Way):
    """One connection."""

    server: Proxy

    def pass_on(self, body: bytes) -> None:
        """Forward the request, or let the fault happen."""
        request = self.operation(body)
        if request.startswith(READS) or not self.server.due(request):
            self.answer(*self.ask(body))
            return
        what = self.server.what
        if what in SIGNALS:
            self.server.end(*SIGNALS[what])
            self.answer(*self.ask(body))
        elif what == "killed before":
            self.server.end()
        elif what == "killed after":
            self.ask(body)
            self.server.end()
        elif what == "killed after the answer":
            self.answer(*self.ask(body))
            self.server.end()
        elif what == "503":
            self.answer(503, [], b"")
        elif what == "connection reset":
            self.close_connection = True
        elif what == "answer lost":
            self.ask(body)
            self.close_connection = True
        elif what == "500 after the effect":
            self.ask(body)
            self.answer(500, [], b"")
        elif what == "delivered twice":
            first, second = self.ask(body), self.ask(body)
            self.answer(*(second if second[0] < 300 else first))
        elif what == "answered late":
            answer = self.ask(body)
            time.sleep(2.0)
            self.answer(*answer)
        else:
            raise ValueError(what)


def proxied(target: str, what: str, at: int) -> AbstractContextManager[Proxy]:
    """Run a proxy in the meantime."""
    return serving(Proxy(target, what, at))
