"""stdout for data, stderr for messages. Colour is left to rich and the environment."""

from __future__ import annotations

import functools
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from weakref import WeakSet

from rich.console import Console
from rich.text import Text

from ecsctl.ui.copied import WHOLE

READ = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""What rich reads when a console is created. If it changes, another console is created."""


def stderr_console() -> Console:
    """The console on stderr, for everything that is not data. One for the process, so that a live display is not
    torn.
    """
    return _made(True, tuple(os.environ.get(name) for name in READ))


def stdout_console() -> Console:
    """The console on stdout, only for data. Characters that its encoding lacks are escaped, as on stderr."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    return _made(False, tuple(os.environ.get(name) for name in READ))


def write(text: Text, *, label: Text | None = None, console: Console | None = None) -> None:
    """Print a message: on a terminal wrapped between words below its label, elsewhere, where programs read it, on one
    line.
    """
    console, lead = console or stderr_console(), label or Text()
    room = console.width - lead.cell_len
    lines = broken(text, room, room) if console.is_terminal and room > 20 else [text]
    margin = Text(" " * lead.cell_len)
    shown = [Text.assemble(margin if number else lead, line) for number, line in enumerate(lines)]
    console.print(Text("\n").join(shown), soft_wrap=True)


def folded(text: Text, room: int) -> list[Text]:
    """The text broken to this many columns, all lines but the first indented."""
    margin = " " * max(4, len(text.plain) - len(text.plain.lstrip()) + 2)
    first, *others = broken(text, room, room - len(margin))
    return [first, *(Text.assemble(margin, one) for one in others)]


def broken(text: Text, room: int, others: int) -> list[Text]:
    """The text broken between words, the first line to this many columns and the others to theirs.

    A long word and a command stay whole, even if they are wider: the terminal itself continues them in the next line,
    and what is copied from there is still one.
    """
    lines: list[Text] = []
    while text.cell_len > room:
        whole = [command.span() for command in WHOLE.finditer(text.plain)]
        spaces = [
            at.start()
            for at in re.finditer(r"(?<=\S) ", text.plain)
            if not any(start < at.start() < end for start, end in whole)
        ]
        if not spaces:
            break
        cut = max((at for at in spaces if text[:at].cell_len <= room), default=spaces[0])
        lines.append(text[:cut])
        text = text[cut + len(text.plain[cut:]) - len(text.plain[cut:].lstrip()) :]
        room = others
    return [*lines, text]


def put(line: Text, console: Console) -> None:
    """Print a line: on a terminal wrapped between words if it is too wide, unless its `no_wrap` forbids that."""
    whole = line.no_wrap or not console.is_terminal or line.cell_len <= console.width
    for part in [line] if whole else folded(line, console.width):
        console.print(part, soft_wrap=True)


class Moving(Protocol):
    """Something that redraws the terminal again and again, and can pause."""

    def pause(self) -> None:
        """Remove the moving part from the screen."""

    def resume(self) -> None:
        """Draw the live view again after `pause`."""


moving: WeakSet[Moving] = WeakSet()
"""Every such view: it is registered when it is created, so that `still` reaches it."""


@contextmanager
def still() -> Iterator[None]:
    """Within it nothing moves on the terminal, so that a question stands there alone and what is typed is visible."""
    paused = list(moving)
    for view in paused:
        view.pause()
    try:
        yield
    finally:
        for view in paused:
            view.resume()


def is_interactive() -> bool:
    """Whether a person can answer: stdin and stderr are terminals, and this is no CI."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr) and not _is_ci()


def is_lively() -> bool:
    """Whether stderr can show moving output: a capable terminal, and no CI."""
    return _is_terminal(sys.stderr) and not _is_ci() and not _is_dumb()


def can_draw() -> bool:
    """Whether stdout is a terminal on which a screen can be drawn again and again."""
    return _is_terminal(sys.stdout) and not _is_dumb()


def glyph(sign: str, instead: str, console: Console | None = None) -> str:
    """The sign, or its substitute if the encoding of the console (by default stderr's) lacks it."""
    try:
        sign.encode((console or stderr_console()).encoding)
    except (UnicodeEncodeError, LookupError):
        return instead
    return sign


class _Console(Console):
    """Rich's, but a closed pipe does not end the process with exit code 1."""

    def on_broken_pipe(self) -> None:
        """A closed stderr is ignored, since a run continues without it; a closed stdout is the command's error."""
        if not self.stderr:
            raise BrokenPipeError
        self.quiet = True


@functools.cache
def _made(stderr: bool, _environment: tuple[str | None, ...]) -> Console:
    # Rich takes any terminal that cannot move its cursor for one of 80 by 25.
    width, height = shutil.get_terminal_size() if _is_dumb() else (None, None)
    return _Console(stderr=stderr, width=width, height=height, markup=False, highlight=False, emoji=False)


def _is_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _is_dumb() -> bool:
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]  # whatever stands in for a stream
    except (AttributeError, ValueError):  # none at all (pythonw), or closed
        return False
