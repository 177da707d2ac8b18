"""The processes of an app as a table, and as JSON: the service, release, image, tasks and state of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecsctl.ui.console import glyph, stdout_console
from ecsctl.ui.copied import copied
from ecsctl.ui.safe import padded, plain

if TYPE_CHECKING:
    from ecsctl.operations.processes import Process

HEADS = ("process", "service", "release", "tasks", "state")
COMMIT, DIGEST = 7, 12  # characters that are enough to distinguish them
HEXADECIMAL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
WELL, BUSY, BAD = (("✓", "+"), "green"), (("…", "."), "cyan"), (("✗", "x"), "bold red")


def table(processes: Sequence[Process]) -> Iterator[Text]:
    """A line for each, in columns; below it what is wrong."""
    rows = [[plain(cell) for cell in _cells(one)] for one in processes]
    heads = [plain(head, "dim") for head in HEADS]
    widths = [max(row[column].cell_len for row in (heads, *rows)) for column in range(len(HEADS))]
    yield _line(Text("  "), heads, widths)
    for row, one in zip(rows, processes, strict=True):
        both, style = WELL if one.healthy and not one.rolling else BUSY if one.healthy else BAD
        row[HEADS.index("state")].stylize(style)
        yield _line(Text(f"{glyph(*both, stdout_console())} ", style), row, widths)
        if one.trouble:
            yield Text.assemble("    ", plain(copied(one.trouble), style))


def image(name: str, digest: str) -> str:
    """An image in a recognizable form: its tag, or else its digest; shortened."""
    tag = name.partition("@")[0].rpartition("/")[2].partition(":")[2]
    short = digest or name.partition("@")[2]
    if tag and tag != "latest":
        return tag[:COMMIT] if HEXADECIMAL.fullmatch(tag) else tag
    return short.removeprefix("sha256:")[:DIGEST] or name.rpartition("/")[2]


def document(one: Process) -> dict[str, Any]:
    """A process as JSON: docs/json.md describes it."""
    return {
        "name": one.name,
        "service": one.service,
        "revision": one.revision,
        "image": one.image,
        "digest": one.digest,
        "desired": one.desired,
        "running": one.running,
        "pending": one.pending,
        "outcome": one.release.outcome if one.release else "",
        "message": one.release.message if one.release else "",
        "other_image": bool(one.other),
        "state": one.state,
        "well": one.healthy,
    }


def _line(sign: Text, row: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text.assemble(sign, *map(padded, row, widths))
    line.rstrip()
    return line


def _cells(one: Process) -> Iterator[str]:
    yield from (one.name, one.service, f"{one.revision} ({image(one.image, one.digest)})")
    yield f"{one.running} of {one.desired}" + (f", {one.pending} starting" if one.pending else "")
    yield one.state
