"""ecsctl run: one command, in a task of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.following import Detach, following
from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "quiet")
def run(
    common: Common,
    command: Annotated[list[str] | None, typer.Argument(metavar="-- CMD", help="What to run.")] = None,
    process: Annotated[
        str, typer.Option("--process", metavar="NAME", help="As a worker runs, by its name; else as the web.")
    ] = "",
    image: Annotated[str, typer.Option("--image", metavar="URI", help="Another image than the one that serves.")] = "",
    cpu: Annotated[int, typer.Option("--cpu", min=0, help="CPU units, if not the service's.", show_default=False)] = 0,
    memory: Annotated[int, typer.Option("--memory", min=0, help="MiB, if not the service's.", show_default=False)] = 0,
    detach: Detach = False,
) -> None:
    """Run one command in a task of its own: with the image that serves, and the app's roles, environment and network.

    Its output is printed as it comes, and its exit code is the command's. Ctrl-C stops the task; twice leaves it
    running.
    """
    from ecsctl.errors import UsageError
    from ecsctl.operations import one_off
    from ecsctl.ui import words
    from ecsctl.ui.console import stdout_console
    from ecsctl.ui.safe import plain

    if not command:
        raise UsageError("there is no command to run", hint="name one: ecsctl run -- CMD")
    with following(common, "run") as (app, follow):
        session = app.over_app()
        started = one_off.begin(
            app.aws, session.engine.label, command, process=process, image=image, cpu=cpu, memory=memory
        )
        if not common.quiet:
            words.say(f"task {started.id} starts with {started.image}")
        if detach:
            one_off.Task(app.aws, started).deregister()
            stdout_console().print(plain(started.id))
            return
        task = follow(started)
        ended = task.result()
    if ended and not common.quiet:
        words.say(f"it ended with exit code {ended}{f': {task.why}' if task.why else ''}")
    raise typer.Exit(ended)
