"""An error as a block on stderr: what, why, and what to do now."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType

from rich.text import Text

from ecsctl.engine.secret import masked
from ecsctl.errors import EcsctlError, Several
from ecsctl.ui.console import write
from ecsctl.ui.copied import copied
from ecsctl.ui.safe import plain

NAMED = 8  # how many of those not tried are named; JSON has all of them


def show(error: EcsctlError) -> None:
    """Print the error on stderr: each that failed with its why and hint, then what was not tried because of it."""
    parts = parts_of(error)
    hints = {part.hint for part in parts}
    shared = len(parts) > 1 and len(hints) == 1
    for part in parts:
        _line("error: ", "bold red", part.message, "bold")
        if part.why:
            _line("  why: ", "dim", part.why)
        if part.hint and not shared:
            _line("  hint: ", "cyan", part.hint)
    if not_tried := untried(error):
        more = [f"and {len(not_tried) - NAMED} more"] if len(not_tried) > NAMED + 1 else not_tried[NAMED:]
        _line("not tried: ", "yellow", ", ".join([*not_tried[:NAMED], *more]))
    if shared and any(hints):
        _line("hint: ", "cyan", hints.pop())


def bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback, as Python does, but without secrets, which may have been repeated in it."""
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))


def parts_of(error: EcsctlError) -> list[EcsctlError]:
    """The errors that it consists of, each once: itself, if it is a single one."""
    if not isinstance(error, Several):
        return [error]
    parts = [part for one in error.errors for part in parts_of(one)]
    return list({(part.message, part.why, part.hint): part for part in parts}.values())


def untried(error: EcsctlError) -> list[str]:
    """The names of what was not tried because of it, each once."""
    if not isinstance(error, Several):
        return []
    names = dict.fromkeys([*error.not_tried, *(name for part in error.errors for name in untried(part))])
    return [
        name for name in names if name.removesuffix(" is ready") == name or name.removesuffix(" is ready") not in names
    ]


def _line(label: str, style: str, text: str, text_style: str = "") -> None:
    """A label and its text. A line break in it stays one."""
    for number, line in enumerate(text.splitlines() or [""]):
        lead = Text(label, style=style) if number == 0 else Text(" " * len(label))
        write(plain(copied(line), text_style), label=lead)
