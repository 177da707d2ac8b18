"""Status as a table on stdout: each resource, its state, its id, its age, and its page in the AWS console."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from ecsctl.engine.report import Condition, Report, main_id
from ecsctl.parts import WEB
from ecsctl.ui import processes
from ecsctl.ui.console import glyph, put, stdout_console, write
from ecsctl.ui.names import called
from ecsctl.ui.safe import padded, plain
from ecsctl.ui.spans import age

if TYPE_CHECKING:
    from ecsctl.operations.processes import Process

STANDS = {
    Condition.RIGHT: (("✓", "+"), "green"),
    Condition.MISSING: (("✗", "x"), "red"),
    Condition.DRIFTED: (("~", "~"), "yellow"),
    Condition.OUTDATED: (("~", "~"), "yellow"),
    Condition.PENDING: (("…", "."), "cyan"),
    Condition.FAILED: (("✗", "x"), "bold red"),
    Condition.REFUSED: (("!", "!"), "bold red"),
    Condition.UNCONFIGURED: (("-", "-"), "magenta"),
    Condition.UNOBSERVED: (("?", "?"), "yellow"),
}
"""The sign of each condition, with a substitute if the encoding lacks it, and its colour."""
DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
CALLED = {Condition.RIGHT: "up to date", Condition.UNCONFIGURED: "no longer needed"}
"""The word for people, if it differs from JSON's."""


def show(
    reports: Sequence[Report],
    now: datetime,
    *,
    url: str,
    links: bool,
    cause: str = "",
    every: Sequence[Process] = (),
) -> None:
    """Print the app's URL, the table, and another of the processes if there are several; why one does not run.

    With `links` the console's addresses, too.
    """
    console = stdout_console()
    if url:
        console.print(plain(url, Style(bold=True, link=url)), soft_wrap=True)
        console.print()
    room = console.width if console.is_terminal else None
    for line in (*table(reports, now, room), Text(), summary(reports)):
        put(line, console)
    if any(one.name != WEB for one in every):
        for line in (Text(), *processes.table(every), Text()):
            put(line, console)
    if cause:
        write(plain(cause), label=Text(f"{glyph('✗', 'x', console)} ", style="bold red"), console=console)
    if links:
        console.print()
        names = [called(report.step.title, report.step.name) for report in reports]
        column = max((name.cell_len for name in names), default=0)
        for name, report in zip(names, reports, strict=True):
            if report.console:
                console.print(Text.assemble(padded(name, column), plain(report.console)), soft_wrap=True)


def table(reports: Sequence[Report], now: datetime, room: int | None = None) -> Iterator[Text]:
    """A line for each resource, in columns; below it which fields differ, and further details.

    In `room` columns the few that are too long for one line take two: a long name above its row, a long id below it. A
    digest is shortened there, as Docker does; without `room` it is shown whole.
    """
    names = [called(report.step.title, report.step.name) for report in reports]
    shown = (main_id(report.step.ids) for report in reports)
    shown = (DIGEST.sub(r"\1", one) for one in shown) if room else shown
    ids = [plain(one, Style(link=report.console or None)) for one, report in zip(shown, reports, strict=True)]
    cells = [
        (
            Text(_called(report.condition), style=STANDS[report.condition][1]),
            Text(age(report.since, now) if report.since else "", style="dim"),
        )
        for report in reports
    ]
    heads = Text("state"), Text("age")
    widths = [max(row[column].cell_len for row in [*cells, heads]) for column in range(2)]
    beside = sum(widths) + 8  # the sign before the name, and the gaps after each column
    wide = _best(names, ids, (room or sys.maxsize) - beside)
    head = padded(Text("resource"), wide), *map(padded, heads, widths)
    yield Text.assemble("  ", *head, "id", style="dim")
    for report, name, own, row in zip(reports, names, ids, cells, strict=True):
        sign, style = STANDS[report.condition]
        line = Text.assemble((f"{glyph(*sign, stdout_console())} ", style), name)
        if name.cell_len > wide:
            yield line
            line = Text()
        line = Text.assemble(line, " " * (wide + 4 - line.cell_len), *map(padded, row, widths))
        below = room is not None and line.cell_len + own.cell_len > room
        line.append_text(Text() if below else own)
        line.rstrip()
        yield line
        if below:
            yield Text.assemble("    ", own)
        if said := _more(report):
            yield Text.assemble("    ", plain(said, style))


def _best(names: Sequence[Text], ids: Sequence[Text], room: int) -> int:
    """The names' column's width with which the fewest rows take two lines, where a name and an id have `room`."""
    head = len("resource")
    rows = [(name.cell_len, own.cell_len) for name, own in zip(names, ids, strict=True)]

    def further(wide: int) -> int:
        return sum((name > wide) + (wide + own > room) for name, own in rows)

    widths = {head, *(max(name, head) for name, _ in rows if name <= room)}
    return min(widths, key=lambda wide: (further(wide), -wide))


def summary(reports: Sequence[Report]) -> Text:
    """The number of resources in each state."""
    counts = {condition: sum(report.condition is condition for report in reports) for condition in Condition}
    parts = Text()
    for number, (condition, count) in enumerate((c, n) for c, n in counts.items() if n):
        parts.append(", " if number else "")
        parts.append(f"{count} {_called(condition)}", style=STANDS[condition][1])
    return parts


def _called(condition: Condition) -> str:
    return CALLED.get(condition, condition.value)


def _more(report: Report) -> str:
    """The fields that differ, and further details."""
    fields = ", ".join(change.field for change in report.step.changes)
    return "; ".join(part for part in (fields, report.note) if part)
