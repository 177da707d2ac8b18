"""A loopback proxy before the sandbox's server, on which a fault befalls one changing request of a real process."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LOOKS = ("Describe", "Get", "List", "BatchGet", "Head", "Filter", "Lookup", "Search", "Simulate")
DEATHS = ("killed before", "killed after", "killed after the answer")
PASSING = ("503", "connection reset", "answer lost", "500 after the effect", "delivered twice", "answered late")
SIGNALS = {"Ctrl-C": (signal.SIGINT, 1), "Ctrl-C twice": (signal.SIGINT, 2), "SIGTERM": (signal.SIGTERM, 1)}


class Proxy(ThreadingHTTPServer):
    """Counts changing requests and does `what` at number `at` (from 0). `victim` is the process it may kill."""

    daemon_threads = True

    def __init__(self, target: str, what: str, at: int) -> None:
        super().__init__(("127.0.0.1", 0), Way)
        parts = urlsplit(target)
        self.there = (parts.hostname or "", parts.port or 80)
        self.what, self.at, self.changes = what, at, 0
        self.victim: int | None = None
        self.struck = ""  # the request that the fault has befallen
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def due(self, request: str) -> bool:
        """Whether this changing request is the one."""
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

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever was killed closes its connections: nothing to tell."""


class Way(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Proxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = self._operation(body)
        if request.startswith(LOOKS) or not self.server.due(request):
            self._answer(*self._ask(body))
            return
        what = self.server.what
        if what in SIGNALS:
            self.server.end(*SIGNALS[what])
            self._answer(*self._ask(body))
        elif what == "killed before":
            self.server.end()
        elif what == "killed after":
            self._ask(body)
            self.server.end()
        elif what == "killed after the answer":
            self._answer(*self._ask(body))
            self.server.end()
        elif what == "503":
            self._answer(503, [], b"")
        elif what == "connection reset":
            self.close_connection = True
        elif what == "answer lost":
            self._ask(body)
            self.close_connection = True
        elif what == "500 after the effect":
            self._ask(body)
            self._answer(500, [], b"")
        elif what == "delivered twice":
            first, second = self._ask(body), self._ask(body)
            self._answer(*(second if second[0] < 300 else first))
        elif what == "answered late":
            answer = self._ask(body)
            time.sleep(2.0)
            self._answer(*answer)
        else:
            raise ValueError(what)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on

    def _operation(self, body: bytes) -> str:
        target = self.headers.get("X-Amz-Target")
        if target:
            return str(target).rpartition(".")[2]
        action = parse_qs(body.decode("utf-8", "replace")).get("Action")
        if action:
            return action[0]
        return f"{'Get' if self.command in ('GET', 'HEAD') else self.command} {self.path}"

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.server.there, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        skipped = ("transfer-encoding", "connection", "content-length", "date", "server")
        return answer.status, [pair for pair in answer.getheaders() if pair[0].lower() not in skipped], content

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests may hold secrets."""


@contextmanager
def proxied(target: str, what: str, at: int) -> Iterator[Proxy]:
    """A proxy that runs meanwhile."""
    proxy = Proxy(target, what, at)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
