"""An error as a block on stderr: what, why, and what now."""

from __future__ import annotations

from collections.abc import Iterator

from rich.padding import Padding
from rich.text import Text

from ecsctl.engine.errors import EcsctlError, Several
from ecsctl.ui.console import talk
from ecsctl.ui.safe import plain


def show(error: EcsctlError) -> None:
    """Print the error on stderr: each that failed with its why and hint, then what was not tried because of it."""
    parts = list(parts_of(error))
    hints = {part.hint for part in parts}
    shared = len(parts) > 1 and len(hints) == 1
    for part in parts:
        _line("error: ", "bold red", part.message, "bold")
        if part.why:
            _line("  why: ", "dim", part.why)
        if part.hint and not shared:
            _line("  hint: ", "cyan", part.hint)
    if not_tried := list(untried(error)):
        _line("not tried: ", "yellow", ", ".join(not_tried))
    if shared and any(hints):
        _line("hint: ", "cyan", hints.pop())


def parts_of(error: EcsctlError) -> Iterator[EcsctlError]:
    """The errors that it consists of: itself, if it is a single one."""
    if isinstance(error, Several):
        for part in error.errors:
            yield from parts_of(part)
    else:
        yield error


def untried(error: EcsctlError) -> Iterator[str]:
    """The names of what was not tried because of it."""
    if isinstance(error, Several):
        yield from error.not_tried
        for part in error.errors:
            yield from untried(part)


def _line(label: str, style: str, text: str, text_style: str = "") -> None:
    """A label and its text: wrapped under itself on a terminal, on one line elsewhere. A line break in it stays one."""
    console = talk()
    first, *more = text.splitlines() or [""]
    indent = len(label)
    told = Text.assemble((label, style), plain(first, text_style))
    console.print(told, soft_wrap=True)
    for line in more:
        console.print(Padding(plain(line, text_style), (0, 0, 0, indent)), soft_wrap=True)
