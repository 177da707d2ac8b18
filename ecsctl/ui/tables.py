"""Rows in columns on stdout, as wide as the widest cell of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from ecsctl.ui.console import folded, stdout_console
from ecsctl.ui.safe import padded, plain


def show(lines: Iterable[Text]) -> None:
    """Print the lines; on a terminal a longer one is continued below itself."""
    console = stdout_console()
    room = console.width if console.is_terminal else 0
    for line in lines:
        for part in folded(line, room) if room and line.cell_len > room else [line]:
            console.print(part, soft_wrap=True)


def aligned(heads: Sequence[str], rows: Sequence[Sequence[Text]]) -> Iterator[Text]:
    """A line for the headings, and one for each row; a column that is empty in all rows is left out."""
    kept = [column for column in range(len(heads)) if not rows or any(row[column] for row in rows)]
    whole = [[row[column] for column in kept] for row in ([plain(head, "dim") for head in heads], *rows)]
    widths = [max(row[column].cell_len for row in whole) for column in range(len(kept))]
    for row in whole:
        line = Text.assemble(*map(padded, row, widths))
        line.rstrip()
        yield line
