"""Log lines on stdout: data from outside, so no byte of it may control the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from rich.text import Text

from ecsctl.ui.console import stdout_console
from ecsctl.ui.safe import plain
from ecsctl.ui.words import say

VERSION = 1


class Line(Protocol):
    """A line of a log, as the operations give it."""

    @property
    def at(self) -> datetime:
        """The time at which it was written."""

    @property
    def stream(self) -> str:
        """The stream, which ends with the task's id."""

    @property
    def text(self) -> str:
        """The line as the app wrote it."""

    @property
    def id(self) -> str:
        """The event's id."""

    @property
    def process(self) -> str:
        """The process whose task wrote it; empty for a build."""


def show(lines: Iterable[Line], *, as_json: bool, processes: Sequence[str] = (), nothing: str = "no lines") -> None:
    """Print each line as it comes, until there are no more. If there is none, stderr says `nothing`.

    If several processes may have written them each line says which. Further lines of the same event are indented, so
    that they cannot be taken for lines of their own.
    """
    console, any_line = stdout_console(), False
    column = max(map(len, processes)) if len(processes) > 1 else 0
    for line in lines:
        any_line = True
        if as_json:
            sys.stdout.write(json.dumps(document(line)) + "\n")
        else:
            head = Text.assemble(*_head(line, column))
            for number, part in enumerate(_parts(line)):
                console.print(Text.assemble(" " * head.cell_len if number else head, part), soft_wrap=True)
        sys.stdout.flush()
    if not any_line:
        say(nothing)


def bare(lines: Iterable[Line]) -> None:
    """Print each line as it comes, and nothing else: a command's output."""
    console = stdout_console()
    for line in lines:
        for part in _parts(line):
            console.print(part, soft_wrap=True)
        sys.stdout.flush()


def document(line: Line) -> dict[str, Any]:
    """A line as JSON, on a line of its own."""
    at = line.at.isoformat(timespec="milliseconds")
    return {
        "version": VERSION,
        "kind": "log",
        "at": at,
        "process": line.process,
        "stream": line.stream,
        "text": line.text,
        "id": line.id,
    }


def _parts(line: Line) -> Iterator[Text]:
    """A line's text as it is shown. One event may have several lines: CodeBuild writes a command of several as one."""
    for part in line.text.removesuffix("\n").replace("\r\n", "\n").split("\n"):
        yield plain(part.expandtabs())


def _head(line: Line, column: int) -> Iterator[tuple[str, str]]:
    """A line's time and author. The last part of the stream's name is the task's id; its first eight letters are
    enough.
    """
    yield f"{line.at:%Y-%m-%d %H:%M:%S} ", "dim"
    if column:
        yield f"{plain(line.process).plain:<{column}} ", "magenta"
    yield f"{plain(line.stream.rpartition('/')[2][:8])} ", "cyan"
