"""A loopback proxy before the sandbox: answers as late as AWS does, over HTTP or TLS, and writes down every call."""

from __future__ import annotations

import random
import ssl
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from benchmarks.relay import READS, Answer, Relay, Way, serving

READ, CHANGE = 0.080, 0.150  # seconds from a request to its answer: what a laptop near a region sees
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
        return not self.operation.startswith(READS)


class Proxy(Relay):
    """Passes on, and answers `READ` or `CHANGE` seconds after the request came. Of all calls it throttles a share."""

    def __init__(self, target: str, tls: ssl.SSLContext | None = None, throttled: float = 0.0) -> None:
        super().__init__(target, Late)
        self.tls = tls
        self.scheme = "https" if tls else "http"
        self.throttled, self.chance = throttled, random.Random(0)  # noqa: S311 - a sample, guards nothing
        self.calls: list[Call] = []
        self.connections = 0

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread."""
        self.connections += 1
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)
        if self.tls:
            self.shutdown_request(request)


class Late(Way):
    """One connection."""

    server: Proxy

    def pass_on(self, body: bytes) -> None:
        """Answer as late as AWS, or refuse."""
        began = time.monotonic()
        service, operation = self.service(), self.operation(body)
        throttled = self.server.throttled and self.server.chance.random() < self.server.throttled
        status, headers, content = self._refused(service) if throttled else self.ask(body)
        due = READ if operation.startswith(READS) else CHANGE
        time.sleep(max(0.0, began + due - time.monotonic()))
        self.server.calls.append(Call(service, operation, began, time.monotonic(), status,
                                      unquote(f"{self.path} {body.decode('utf-8', 'replace')}"),
                                      content.decode("utf-8", "replace")))  # fmt: skip
        self.answer(status, headers, content)

    def _refused(self, service: str) -> Answer:
        code = THROTTLED.get(service, "ThrottlingException")
        if "X-Amz-Target" in self.headers:
            return 400, [], f'{{"__type": "{code}", "message": "Rate exceeded"}}'.encode()
        error = f"<Error><Code>{code}</Code><Message>Rate exceeded</Message></Error>"
        if service == "ec2":
            return 503, [], f"<Response><Errors>{error}</Errors></Response>".encode()
        return 503, [], (error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>").encode()


def proxied(target: str, tls: ssl.SSLContext | None = None, throttled: float = 0.0) -> AbstractContextManager[Proxy]:
    """A proxy that runs meanwhile."""
    return serving(Proxy(target, tls, throttled))
