"""Status as a table on stdout: each resource, how it stands, its id, its age, and its page in the AWS console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.style import Style
from rich.table import Table
from rich.text import Text

from ecsctl.engine.report import Condition, Report, telling
from ecsctl.ui.console import data
from ecsctl.ui.safe import plain, safe
from ecsctl.ui.spans import age

STYLES = {
    Condition.RIGHT: "green",
    Condition.MISSING: "red",
    Condition.DRIFTED: "yellow",
    Condition.OUTDATED: "yellow",
    Condition.PENDING: "cyan",
    Condition.FAILED: "bold red",
    Condition.REFUSED: "bold red",
    Condition.UNWISHED: "magenta",
}


def show(reports: Sequence[Report], *, url: str, links: bool) -> None:
    """Print the app's URL, the table, and with `links` the console's addresses in full."""
    console = data()
    if url:
        console.print(plain(url, "bold"), soft_wrap=True)
        console.print()
    console.print(table(reports, datetime.now(UTC)))
    console.print(summary(reports), soft_wrap=True)
    if links:
        console.print()
        for report in reports:
            if report.console:
                console.print(
                    Text.assemble(plain(report.step.name, "bold"), "  ", plain(report.console)), soft_wrap=True
                )


def table(reports: Sequence[Report], now: datetime) -> Table:
    """One row for each resource."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("resource", "", "is", "id", "since"):
        found.add_column(
            name, no_wrap=name in ("is", "since"), overflow="fold", justify="right" if name == "since" else "left"
        )
    for report in reports:
        step = report.step
        told = telling(step.ids)
        link = Style(link=report.console) if report.console else Style()
        found.add_row(
            plain(step.title),
            plain(step.name),
            Text(report.condition.value, style=STYLES[report.condition]),
            Text(safe(told), style=link),
            age(report.since, now) if report.since else "",
        )
        if said := _more(report):
            found.add_row("", plain(said, "dim"))
    return found


def summary(reports: Sequence[Report]) -> Text:
    """How many resources stand how."""
    counts = {condition: sum(report.condition is condition for report in reports) for condition in Condition}
    told = Text("\n")
    for number, (condition, count) in enumerate((c, n) for c, n in counts.items() if n):
        told.append(", " if number else "")
        told.append(f"{count} {condition.value}", style=STYLES[condition])
    return told


def _more(report: Report) -> str:
    """Which fields are not as wished, and what else there is to say."""
    fields = ", ".join(change.field for change in report.step.changes)
    return "; ".join(part for part in (fields, report.note) if part)
