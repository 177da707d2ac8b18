"""ecsctl run: one command, in a task of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from ecsctl.operations.one_off import Task

INTERRUPTED = 130


@shares(*ON_AWS, "quiet")
def run(
    common: Common,
    command: Annotated[list[str] | None, typer.Argument(metavar="-- CMD…", help="What to run.")] = None,
    process: Annotated[
        str, typer.Option("--process", metavar="NAME", help="As a worker runs, by its name; else as the web.")
    ] = "",
    image: Annotated[str, typer.Option("--image", metavar="URI", help="Another image than the one that serves.")] = "",
    cpu: Annotated[int, typer.Option("--cpu", min=0, help="CPU units, if not the service's.", show_default=False)] = 0,
    memory: Annotated[int, typer.Option("--memory", min=0, help="MiB, if not the service's.", show_default=False)] = 0,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Print the task's id, and do not wait for its end.")
    ] = False,
) -> None:
    """Run one command in a task of its own: with the image that serves, and the app's roles, environment and network.

    What it writes is printed as it comes, and its exit code is the command's. Ctrl-C stops the task; twice leaves it.
    """
    from ecsctl.commands.opening import opened
    from ecsctl.engine.errors import Interrupted, UsageError
    from ecsctl.operations import one_off
    from ecsctl.ui import logs as shown
    from ecsctl.ui import words
    from ecsctl.ui.console import data
    from ecsctl.ui.safe import plain

    if not command:
        raise UsageError("there is no command to run", hint="name one: ecsctl run -- CMD")
    task: Task | None = None

    pressed = 0

    def told() -> bool:
        nonlocal pressed
        if task is None:
            return False
        pressed += 1
        if pressed == 1:
            _write(f"stopping task {task.started.id}; once more leaves it as it is")
        else:
            left()
        return True

    def left() -> None:
        if task is not None:
            _write(f"task {task.started.id} is left as it is: ecsctl ps lists it")

    def heard(status: str) -> None:
        if status == "RUNNING" and not common.quiet:
            words.say("it runs")

    with opened(common, "run", quiet=True, told=told, twice=left) as app:
        session = app.over_app()
        started = one_off.begin(
            app.aws, session.engine.label, command, process=process, image=image, cpu=cpu, memory=memory
        )
        task = one_off.Task(app.aws, started, heard)
        if not common.quiet:
            words.say(f"task {started.id} starts with {started.image}")
        if detach:
            task.tidy()
            data().print(plain(started.id))
            return
        if started.log is None and not common.quiet:
            words.say("its log driver is not awslogs: what it writes is not in CloudWatch, and is not shown")
        try:
            shown.bare(task.lines())
        except Interrupted:
            app.aws.patience.resume()
            _stop(task)
        ended = task.result()
    if ended and not common.quiet:
        words.say(f"it ended with exit code {ended}{f': {task.why}' if task.why else ''}")
    raise typer.Exit(ended)


def _stop(task: Task) -> None:
    """Stop the task, and tell what it still writes; a second Ctrl-C leaves it."""
    from ecsctl.engine.errors import Interrupted
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
