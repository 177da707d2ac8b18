"""A loopback server that passes requests on and names what each asks for; what befalls them is a subclass's."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

READS = ("Describe", "Get", "List", "BatchGet", "Head", "Filter", "Lookup", "Search", "Simulate")
OWN = ("transfer-encoding", "connection", "content-length", "server")  # headers that each connection writes itself
Answer = tuple[int, list[tuple[str, str]], bytes]  # status, headers, content


class Relay(ThreadingHTTPServer):
    """Listens on 127.0.0.1, before a server that speaks HTTP. `way` handles a connection."""

    daemon_threads = True
    request_queue_size = 128
    scheme = "http"

    def __init__(self, target: str, way: type[Way]) -> None:
        super().__init__(("127.0.0.1", 0), way)
        parts = urlsplit(target)
        self.there = (parts.hostname or "", parts.port or 80)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that ends, or is killed, closes its connections: nothing to tell."""


class Way(BaseHTTPRequestHandler):
    """One connection, and one to the server behind."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Relay

    def setup(self) -> None:
        """Connect to the server behind."""
        super().setup()
        self.onward = http.client.HTTPConnection(*self.server.there, timeout=120)

    def finish(self) -> None:
        """Let go of it."""
        self.onward.close()
        super().finish()

    def pass_on(self, body: bytes) -> None:
        """What becomes of one request."""
        raise NotImplementedError

    def _read(self) -> None:
        self.pass_on(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _read

    def service(self) -> str:
        """Which service the request is signed for."""
        signed = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("Authorization", ""))
        return signed[1] if signed else "?"

    def operation(self, body: bytes) -> str:
        """What it asks for; of a service without operations in its requests the verb, the path and what of it."""
        if target := self.headers.get("X-Amz-Target"):
            return str(target).rpartition(".")[2]
        if action := parse_qs(body.decode("utf-8", "replace")).get("Action"):
            return action[0]
        verb = "Get" if self.command in ("GET", "HEAD") else self.command.title()
        about = "".join(f" ?{word}" for word in parse_qs(urlsplit(self.path).query, keep_blank_values=True))
        return f"{verb} {urlsplit(self.path).path}{about}"

    def ask(self, body: bytes) -> Answer:
        """What the server behind answers."""
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        self.onward.request(self.command, self.path, body, headers)
        answer = self.onward.getresponse()
        content = answer.read()
        return answer.status, [pair for pair in answer.getheaders() if pair[0].lower() not in OWN], content

    def answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        """Answer the client."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests may hold secrets."""


Server = TypeVar("Server", bound=Relay)


@contextmanager
def serving(relay: Server) -> Iterator[Server]:
    """It runs meanwhile."""
    thread = threading.Thread(target=relay.serve_forever, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.shutdown()
        relay.server_close()
        thread.join()
