"""Status as a table on stdout: each resource, how it stands, its id, its age, and its page in the AWS console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.style import Style
from rich.text import Text

from ecsctl.engine.report import Condition, Report, telling
from ecsctl.ui.console import data, glyph
from ecsctl.ui.safe import cell, plain, width
from ecsctl.ui.spans import age

STANDS = {
    Condition.RIGHT: (("✓", "+"), "green"),
    Condition.MISSING: (("✗", "x"), "red"),
    Condition.DRIFTED: (("~", "~"), "yellow"),
    Condition.OUTDATED: (("~", "~"), "yellow"),
    Condition.PENDING: (("…", "."), "cyan"),
    Condition.FAILED: (("✗", "x"), "bold red"),
    Condition.REFUSED: (("!", "!"), "bold red"),
    Condition.UNWISHED: (("-", "-"), "magenta"),
}
"""The sign of each condition, with what stands for it where the encoding lacks it, and its colour."""


def show(reports: Sequence[Report], *, url: str, links: bool) -> None:
    """Print the app's URL, the table, and with `links` the console's addresses in full."""
    console = data()
    if url:
        console.print(plain(url, Style(bold=True, link=url)), soft_wrap=True)
        console.print()
    for line in (*table(reports, datetime.now(UTC)), Text(), summary(reports)):
        console.print(line, soft_wrap=True)
    if links:
        console.print()
        room = width(report.step.name for report in reports)
        for report in reports:
            if report.console:
                told = Text.assemble(cell(report.step.name, room, "bold"), plain(report.console))
                console.print(told, soft_wrap=True)


def table(reports: Sequence[Report], now: datetime) -> Iterator[Text]:
    """A line for each resource, in columns; below it which fields are not as wished, and what else there is to say.

    The id comes last, for it may be long.
    """
    rows = [
        (report.step.title, report.step.name, report.condition.value, age(report.since, now) if report.since else "")
        for report in reports
    ]
    head = ("resource", "", "is", "since", "id")
    widths = [width(row[column] for row in [*rows, head]) for column in range(4)]
    yield Text.assemble(
        "  ", *(cell(word, width) for word, width in zip(head, widths, strict=False)), head[-1], style="dim"
    )
    for report, row in zip(reports, rows, strict=True):
        sign, style = STANDS[report.condition]
        styles = ("", "bold", style, "dim")
        cells = [cell(word, room, look) for word, room, look in zip(row, widths, styles, strict=True)]
        own = plain(telling(report.step.ids), Style(link=report.console or None))
        line = Text.assemble((f"{glyph(*sign, data())} ", style), *cells, own)
        line.rstrip()
        yield line
        if said := _more(report):
            yield Text.assemble("    ", plain(said, style))


def summary(reports: Sequence[Report]) -> Text:
    """How many resources stand how."""
    counts = {condition: sum(report.condition is condition for report in reports) for condition in Condition}
    told = Text()
    for number, (condition, count) in enumerate((c, n) for c, n in counts.items() if n):
        told.append(", " if number else "")
        told.append(f"{count} {condition.value}", style=STANDS[condition][1])
    return told


def _more(report: Report) -> str:
    """Which fields are not as wished, and what else there is to say."""
    fields = ", ".join(change.field for change in report.step.changes)
    return "; ".join(part for part in (fields, report.note) if part)
