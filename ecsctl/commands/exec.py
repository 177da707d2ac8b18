"""ecsctl exec: a shell, or one command, in a running task."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, Container, Process, Task, shares


@shares(*ON_AWS)
def enter(
    common: Common,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- CMD", help="What to run there; /bin/sh if left out.")
    ] = None,
    process: Process = "",
    task: Task = "",
    container: Container = "",
) -> None:
    """Open a shell in a running task, or run one command there. Needs the session-manager plugin, and service.exec.

    A single argument is sent unchanged; each of several stays one argument. The exit code is the plugin's: AWS does not
    pass on the command's own. In a sandbox with a container engine no plugin is needed, and the exit code is the
    command's.
    """
    from ecsctl.commands.opening import opened
    from ecsctl.engine.events import Waiting
    from ecsctl.errors import UsageError
    from ecsctl.operations import entering, execute, plugin
    from ecsctl.ui import words
    from ecsctl.ui.console import is_interactive

    if not command and not is_interactive():
        raise UsageError("a shell needs a terminal, and this is not one", hint="name a command: ecsctl exec -- CMD")
    spoken = execute.quoted(command or [])
    path = "" if common.sandbox else plugin.find("ECS Exec")
    with opened(common, "exec", reads=True) as app:
        record = app.where.folder / ".ecsctl"
        if common.sandbox and not execute.has_container_engine(record):
            path = plugin.find("ECS Exec")
        aws, progress = app.over_app().aws, app.progress
        aws.patience.say = lambda what, waited, limit: progress(Waiting("", what, waited, limit))
        target = entering.find(aws, app.app, task, container, process)
        aws.read_only = False  # opening a session is more than a read
        started = execute.begin(aws, target, spoken)
    others = f", the newest healthy of {target.others + 1}" if target.others and not task else ""
    besides = f" (and not {', '.join(target.besides)})" if target.besides and not container else ""
    words.say(f"in container {target.container}{besides} of task {target.id}{others}")
    ended = execute.enter(record, target, spoken, terminal=is_interactive()) if common.sandbox else None
    if ended is None:
        if common.sandbox:
            words.say("this task is simulated, so there is no container to enter: nothing answers at the other end")
        ended = execute.run_plugin(path or plugin.find("ECS Exec"), started, common.profile or "")
    if ended:
        raise typer.Exit(ended)
