"""Reads the output of containers from the engine's log stream."""

import struct
from collections.abc import Iterator
from typing import IO

_LINE = 256 * 1024  # bytes after which a line is cut, as CloudWatch Logs cuts it (quotas: 256 KB an event)


def lines(log: IO[bytes]) -> Iterator[list[str]]:
    """The lines of a log stream, whose frames are a kind, a length and that many bytes."""
    rest = {1: b"", 2: b""}
    while len(head := log.read(8)) == 8:
        kind, length = head[0] or 1, struct.unpack(">I", head[4:])[0]
        rest[kind] = rest.get(kind, b"") + log.read(length)
        *whole, rest[kind] = rest[kind].split(b"\n")
        if len(rest[kind]) > _LINE:
            whole, rest[kind] = [*whole, rest[kind]], b""
        if whole:
            yield [line.decode(errors="replace").rstrip("\r") for line in whole]
    yield from ([last.decode(errors="replace")] for last in rest.values() if last)
