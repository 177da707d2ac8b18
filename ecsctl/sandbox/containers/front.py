"""The front of the load balancers on this machine: a separate process that forwards requests to ports on 127.0.0.1.

`front_process` starts it, writes tables of what to forward to its stdin, one per line, and reads from its stdout which
ports listen and which targets outside the table still have open requests. It exits when its stdin is closed. It speaks
HTTP/1.1 and whatever a connection is upgraded to; its own responses are those of a load balancer (ELB guide,
"Troubleshoot").
"""

import asyncio
import contextlib
import json
import ssl
import sys
from dataclasses import dataclass, field
from typing import Any

from ecsctl.sandbox.containers.rules import Request, chosen, group, redirect

_MOST = 64 * 1024  # bytes of a request's or an answer's head (ELB quotas: 64 K for all headers)
_HOPS = {"connection", "keep-alive", "proxy-connection", "te", "upgrade", "expect"}  # RFC 9110, 7.6.1
_CONNECT = 10.0
_REASONS = {400: "Bad Request", 502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}

_BROKEN = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Headers = list[tuple[str, str]]


class _Answer(Exception):
    """The load balancer itself responds, with this status code."""

    def __init__(
        self, code: int, body: str | None = None, kind: str = "text/html", headers: Headers | None = None
    ) -> None:
        super().__init__(code)
        self.code, self.kind, self.headers = code, kind, headers or []
        title = f"{code} {_REASONS.get(code, '')}".strip()
        page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\n"
        self.body = (page if body is None else body).encode()


@dataclass
class _Port:
    """A listener: its configuration and its socket."""

    config: dict[str, Any]
    server: asyncio.Server
    local: int


@dataclass
class Front:
    """All listeners and targets. `busy` counts the open requests at each target's port."""

    ports: dict[str, _Port] = field(default_factory=dict)
    targets: dict[str, list[int]] = field(default_factory=dict)
    busy: dict[int, int] = field(default_factory=dict)
    idle: dict[int, list[Streams]] = field(default_factory=dict)
    turn: int = 0

    async def set(self, table: dict[str, Any]) -> None:
        """From now on do what the table says; requests under way go on."""
        self.targets = table["targets"]
        wanted = {one["key"]: one for one in table["listeners"]}
        for key in [key for key in self.ports if key not in wanted]:
            self.ports.pop(key).server.close()
        for key, listener in wanted.items():
            if key in self.ports and _secure(self.ports[key].config) == _secure(listener):
                self.ports[key].config = listener
            else:
                old = self.ports.pop(key, None)
                if old:
                    old.server.close()
                await self._listen(key, listener, old.local if old else 0)
        known = {port for ports in self.targets.values() for port in ports}
        for port in [port for port in self.idle if port not in known]:
            for _, writer in self.idle.pop(port):
                writer.close()
        self._tell(serial=table["serial"], ports={key: one.local for key, one in self.ports.items()},
                   busy=[port for port, count in self.busy.items() if count and port not in known])  # fmt: skip

    async def _listen(self, key: str, listener: dict[str, Any], local: int) -> None:
        context = None
        if listener.get("certificate"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(listener["certificate"])

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(*_BROKEN, asyncio.CancelledError, ValueError):
                await self._client(key, reader, writer)
            writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", local, ssl=context, limit=_MOST, backlog=512)
        self.ports[key] = _Port(listener, server, server.sockets[0].getsockname()[1])

    def _tell(self, **what: Any) -> None:
        print(json.dumps(what), flush=True)  # noqa: T201 - what whoever runs this reads

    async def _client(self, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = str(writer.get_extra_info("peername")[0])
        while key in self.ports:
            listener = self.ports[key].config
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), listener["idle"])
            first, headers = _parsed(head)
            words = first.split(" ")
            try:
                if len(words) != 3:
                    raise _Answer(400)
                method, target, version = words
                names = {name.lower(): value for name, value in headers}
                request = Request(method, target, names, peer, listener["protocol"].lower())
                keep = version == "HTTP/1.1" and "close" not in names.get("connection", "").lower()
                forwarded = _forwarded(headers, request, listener["port"])
                stay = await self._do(listener, request, forwarded, (reader, writer), keep)
            except _Answer as answer:
                stay = False
                await _say(writer, answer)
            if not stay:
                return

    async def _do(
        self, listener: dict[str, Any], request: Request, headers: Headers, client: Streams, keep: bool
    ) -> bool:
        """Do what the rules say; whether the client's connection can go on."""
        action = chosen(listener["rules"], request)
        if action["Type"] == "redirect":
            config = action["RedirectConfig"]
            local = {
                one.config["port"]: one.local
                for one in self.ports.values()
                if one.config["balancer"] == listener["balancer"]
            }
            where = redirect(config, request, listener["port"], local)
            raise _Answer(int(config["StatusCode"].removeprefix("HTTP_")), headers=[("Location", where)])
        if action["Type"] == "fixed-response":
            config = action["FixedResponseConfig"]
            kind = config.get("ContentType", "text/plain")
            raise _Answer(int(config["StatusCode"]), config.get("MessageBody", ""), kind)
        ports = self.targets.get(group(action) or "", [])
        if action["Type"] != "forward" or not ports:
            raise _Answer(503)
        self.turn += 1
        port = ports[self.turn % len(ports)]
        self.busy[port] = self.busy.get(port, 0) + 1
        try:
            return await self._forward(port, request, headers, client, keep, listener["idle"])
        finally:
            self.busy[port] -= 1
            if not self.busy[port] and not any(port in ports for ports in self.targets.values()):
                self._tell(idle=port)

    async def _forward(
        self, port: int, request: Request, headers: Headers, client: Streams, keep: bool, idle: float
    ) -> bool:
        length, chunked = _framing(request.headers)
        if "100-continue" in request.headers.get("expect", "").lower():
            client[1].write(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = _head(f"{request.method} {request.target} HTTP/1.1", headers)
        target, answer = await self._asked(port, head, client[0], length, chunked, idle)
        stays = False
        try:
            first, answered = _parsed(answer)
            code = int(first.split(" ")[1])
            names = {name.lower(): value for name, value in answered}
            if code == 101:
                client[1].write(answer)
                await _tunnel(client, target)
                return False
            silent = request.method == "HEAD" or code in (204, 304)
            size, in_chunks = _framing(names)
            ends = silent or in_chunks or "content-length" in names
            keep = keep and ends
            kept = [(name, value) for name, value in answered if name.lower() not in _HOPS]
            client[1].write(_head(first, [*kept, ("Connection", "keep-alive" if keep else "close")]))
            if not silent:
                await _body(target[0], client[1], size if ends else -1, in_chunks)
            await client[1].drain()
            known = any(port in ports for ports in self.targets.values())
            stays = known and ends and first.startswith("HTTP/1.1") and names.get("connection", "").lower() != "close"
        finally:
            if stays:
                self.idle.setdefault(port, []).append(target)
            else:
                target[1].close()
        return keep

    async def _asked(
        self, port: int, head: bytes, body: asyncio.StreamReader, length: int, chunked: bool, idle: float
    ) -> tuple[Streams, bytes]:
        """Send a request, and return the connection and the head of the answer.

        On a connection that was kept only where it can be sent again: the target may just be closing it.
        """
        kept = self.idle.get(port, [])
        while kept and not length and not chunked:
            target = kept.pop()
            with contextlib.suppress(*_BROKEN):
                return target, await _exchanged(target, head, idle)
        try:
            target = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, limit=_MOST), _CONNECT)
            return target, await _exchanged(target, head, idle, body, length, chunked)
        except _BROKEN:
            raise _Answer(502) from None


def _secure(listener: dict[str, Any]) -> tuple[Any, ...]:
    """The settings of a listener that cannot change while it listens."""
    return listener.get("certificate"), listener["port"], listener["protocol"]


def _parsed(head: bytes) -> tuple[str, Headers]:
    """The first line of a request or response, and its headers."""
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, [(name, value.strip()) for name, _, value in pairs]


def _head(first: str, headers: Headers) -> bytes:
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1")


def _framing(headers: Any) -> tuple[int, bool]:
    """The length of a body, and whether it is chunked instead. Raises _Answer if the headers say both."""
    chunked = "chunked" in headers.get("transfer-encoding", "").lower()
    length = headers.get("content-length", "0")
    if not length.isdigit() or (chunked and "content-length" in headers):
        raise _Answer(400)
    return int(length), chunked


def _forwarded(headers: Headers, request: Request, port: int) -> Headers:
    """The headers that the target gets (ELB guide, "HTTP headers and Application Load Balancers")."""
    upgrade = [(name, value) for name, value in headers if name.lower() == "upgrade"]
    set_here = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"}
    kept = [(name, value) for name, value in headers if name.lower() not in _HOPS | set_here]
    before = request.headers.get("x-forwarded-for")
    kept += [
        ("X-Forwarded-For", f"{before}, {request.source}" if before else request.source),
        ("X-Forwarded-Proto", request.scheme),
        ("X-Forwarded-Port", str(port)),
    ]
    return [*kept, *upgrade, ("Connection", "Upgrade" if upgrade else "keep-alive")]


async def _exchanged(
    target: Streams,
    head: bytes,
    idle: float,
    body: asyncio.StreamReader | None = None,
    length: int = 0,
    chunked: bool = False,
) -> bytes:
    """Send a request, and return the head of the answer. The connection is closed where that fails."""
    try:
        target[1].write(head)
        if body:
            await _body(body, target[1], length, chunked)
        return await _answered(target[0], idle)
    except BaseException:
        target[1].close()
        raise


async def _answered(reader: asyncio.StreamReader, idle: float) -> bytes:
    """The head of an answer, past those that only say to go on. Raises _Answer where it takes too long."""
    try:
        while True:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), idle)
            if not head.split(b" ", 2)[1].startswith(b"1") or head.split(b" ", 2)[1] == b"101":
                return head
    except TimeoutError:
        raise _Answer(504) from None


async def _body(source: asyncio.StreamReader, sink: asyncio.StreamWriter, length: int, chunked: bool) -> None:
    """Hand on a body: so many bytes, or all up to the end (-1), or chunks as they are."""
    while chunked:
        line = await source.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        sink.write(line)
        if size:
            await _body(source, sink, size + 2, False)
            continue
        while line != b"\r\n":  # trailers
            line = await source.readuntil(b"\r\n")
            sink.write(line)
        break
    while length and not chunked:
        part = await source.read(min(_MOST, length) if length > 0 else _MOST)
        if not part:
            if length > 0:
                raise asyncio.IncompleteReadError(b"", length)
            break
        sink.write(part)
        length -= len(part) if length > 0 else 0
        await sink.drain()


async def _tunnel(one: Streams, other: Streams) -> None:
    """Hand on everything, both ways, until either ends."""
    ways = [asyncio.ensure_future(_body(a, b, -1, False)) for a, b in ((one[0], other[1]), (other[0], one[1]))]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()


async def _say(writer: asyncio.StreamWriter, answer: _Answer) -> None:
    reason = _REASONS.get(answer.code, "Moved" if answer.headers else "OK")
    headers = [("Server", "awselb/2.0"), ("Content-Type", answer.kind), ("Content-Length", str(len(answer.body))),
               *answer.headers, ("Connection", "close")]  # fmt: skip
    writer.write(_head(f"HTTP/1.1 {answer.code} {reason}", headers) + answer.body)
    await writer.drain()


async def main() -> None:
    """Do what the lines on stdin say, until it ends."""
    front, loop = Front(), asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await front.set(json.loads(line))


if __name__ == "__main__":
    asyncio.run(main())
