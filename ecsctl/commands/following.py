"""Follows a one-off task to its end: its output, and what Ctrl-C does to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ecsctl.commands.opening import Opened
    from ecsctl.commands.options import Common
    from ecsctl.operations.one_off import Started, Task

INTERRUPTED = 130

Detach = Annotated[bool, typer.Option("--detach", "-d", help="Print the task's id, and do not wait for its end.")]


@contextmanager
def following(common: Common, what: str) -> Iterator[tuple[Opened, Callable[[Started], Task]]]:
    """Within it a command reaches its app, and has a function that follows the task which it has started.

    Ctrl-C stops that task, twice leaves it running; either ends the command.
    """
    from ecsctl.commands.opening import opened
    from ecsctl.errors import Interrupted
    from ecsctl.operations import one_off
    from ecsctl.ui import logs as shown
    from ecsctl.ui import words

    task: Task | None = None
    pressed = 0

    def stop_announced() -> bool:
        nonlocal pressed
        if task is None:
            return False
        pressed += 1
        if pressed == 1:
            _write(f"stopping task {task.started.id}; Ctrl-C again leaves it running")
        else:
            left()
        return True

    def left() -> None:
        if task is not None:
            _write(f"task {task.started.id} is left alone: ecsctl ps lists it")

    def heard(status: str) -> None:
        if status == "RUNNING" and not common.quiet:
            words.say("it runs")

    with opened(common, what, quiet=True, stop_announced=stop_announced, twice=left) as app:

        def follow(started: Started) -> Task:
            nonlocal task
            task = one_off.Task(app.aws, started, heard)
            if started.log is None and not common.quiet:
                words.say("its log driver is not awslogs: what it writes is not in CloudWatch, and is not shown")
            try:
                shown.bare(task.lines())
            except Interrupted:
                app.aws.patience.resume()
                _stop(task)
            return task

        yield app, follow


def _stop(task: Task) -> None:
    """Stop the task, and show its last output; a second Ctrl-C leaves it."""
    from ecsctl.errors import Interrupted
    from ecsctl.ui import logs as shown

    task.stop()
    try:
        shown.bare(task.lines())
    except Interrupted:
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(INTERRUPTED)


def _write(text: str) -> None:
    """A line on stderr, from within a signal's handler."""
    from ecsctl.ui.copied import copied

    os.write(sys.stderr.fileno(), f"\n{copied(text)}\n".encode())
