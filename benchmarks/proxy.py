"""A loopback proxy before the sandbox: answers as late as AWS does, over HTTP or TLS, and writes down every call."""

from __future__ import annotations

import http.client
import random
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

READ, CHANGE = 0.080, 0.150  # seconds from a request to its answer: what a laptop near a region sees
LOOKS = ("Describe", "Get", "List", "BatchGet", "Head", "Filter", "Lookup", "Search", "Simulate")
THROTTLED = {"ec2": "RequestLimitExceeded", "s3": "SlowDown"}  # in words of its own; the others say ThrottlingException


@dataclass(frozen=True)
class Call:
    """One request and its answer. Seconds of the monotonic clock."""

    service: str
    operation: str
    began: float
    ended: float
    status: int
    sent: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)

    @property
    def change(self) -> bool:
        """Whether it changes something."""
        return not self.operation.startswith(LOOKS)


class Proxy(ThreadingHTTPServer):
    """Passes on, and answers `READ` or `CHANGE` seconds after the request came. Of all calls it throttles a share."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target: str, tls: ssl.SSLContext | None = None, throttled: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), Way)
        parts = urlsplit(target)
        self.there = (parts.hostname or "", parts.port or 80)
        self.tls = tls
        self.throttled, self.chance = throttled, random.Random(0)  # noqa: S311 - a sample, guards nothing
        self.calls: list[Call] = []
        self.connections = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.server_address[1]}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread."""
        self.connections += 1
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)
        if self.tls:
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that ends closes its connections: nothing to tell."""


class Way(BaseHTTPRequestHandler):
    """One connection, and one to the sandbox."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def setup(self) -> None:
        """Connect to the sandbox."""
        super().setup()
        self.onward = http.client.HTTPConnection(*self.server.there, timeout=120)

    def finish(self) -> None:
        """Let go of the sandbox."""
        self.onward.close()
        super().finish()

    def _pass_on(self) -> None:
        began = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service, operation = self._operation(body)
        if self.server.throttled and self.server.chance.random() < self.server.throttled:
            status, headers, content = self._refused(service)
        else:
            status, headers, content = self._ask(body)
        due = READ if operation.startswith(LOOKS) else CHANGE
        time.sleep(max(0.0, began + due - time.monotonic()))
        self.server.calls.append(Call(service, operation, began, time.monotonic(), status,
                                      unquote(f"{self.path} {body.decode('utf-8', 'replace')}"),
                                      content.decode("utf-8", "replace")))  # fmt: skip
        self._answer(status, headers, content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on

    def _operation(self, body: bytes) -> tuple[str, str]:
        signed = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("Authorization", ""))
        service = signed[1] if signed else "?"
        if target := self.headers.get("X-Amz-Target"):
            return service, target.rpartition(".")[2]
        if action := parse_qs(body.decode("utf-8", "replace")).get("Action"):
            return service, action[0]
        verb = "Get" if self.command in ("GET", "HEAD") else self.command.title()
        about = "".join(f" ?{word}" for word in parse_qs(urlsplit(self.path).query, keep_blank_values=True))
        return service, f"{verb} {urlsplit(self.path).path}{about}"

    def _refused(self, service: str) -> tuple[int, list[tuple[str, str]], bytes]:
        code = THROTTLED.get(service, "ThrottlingException")
        if "X-Amz-Target" in self.headers:
            return 400, [], f'{{"__type": "{code}", "message": "Rate exceeded"}}'.encode()
        error = f"<Error><Code>{code}</Code><Message>Rate exceeded</Message></Error>"
        if service == "ec2":
            return 503, [], f"<Response><Errors>{error}</Errors></Response>".encode()
        return 503, [], (error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>").encode()

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        self.onward.request(self.command, self.path, body, headers)
        answer = self.onward.getresponse()
        content = answer.read()
        skipped = ("transfer-encoding", "connection", "content-length", "server")
        return answer.status, [pair for pair in answer.getheaders() if pair[0].lower() not in skipped], content

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests may hold secrets."""


@contextmanager
def proxied(target: str, tls: ssl.SSLContext | None = None, throttled: float = 0.0) -> Iterator[Proxy]:
    """A proxy that runs meanwhile."""
    proxy = Proxy(target, tls, throttled)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
