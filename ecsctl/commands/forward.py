"""ecsctl forward: a tunnel through a running task."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, Container, Process, Task, shares

STOPPED = 130
OFTEN = 30.0  # seconds between two warnings that nothing answers


@shares(*ON_AWS, "quiet")
def forward(
    common: Common,
    way: Annotated[str, typer.Argument(metavar="PORT:HOST:PORT", help="This machine's port, and where it leads.")],
    process: Process = "",
    task: Task = "",
    container: Container = "",
) -> None:
    """Open a tunnel through a running task, until Ctrl-C. Needs the session-manager plugin, and service.exec.

    5432:database.internal:5432 leads from this machine's port 5432 to whatever the task reaches at that name and port.
    8080:8000 leads to the task's own port 8000, and 8000 is short for 8000:8000. With 0 as this machine's port a free
    one is used. The address is printed once the tunnel is open.
    """
    from ecsctl.commands.opening import opened
    from ecsctl.engine.events import Waiting
    from ecsctl.errors import EcsctlError
    from ecsctl.names import Names
    from ecsctl.operations import entering, plugin
    from ecsctl.operations import forward as tunnel
    from ecsctl.sandbox.server import process as sandbox
    from ecsctl.ui import words
    from ecsctl.ui.console import stdout_console
    from ecsctl.ui.safe import plain

    parsed = tunnel.parse(way)
    tunnel.check(parsed)
    path = "" if common.sandbox else plugin.find("a tunnel")
    with opened(common, "forward", reads=True, quiet=common.quiet) as app:
        aws, progress = app.over_app().aws, app.progress
        aws.patience.say = lambda what, waited, limit: progress(Waiting("", what, waited, limit))
        target = entering.find(aws, app.app, task, container, process)
        aws.read_only = False  # opening a session is more than a read
        session = tunnel.begin(aws, target, parsed)
        record, group = app.where.folder / ".ecsctl", Names(app.app).tasks_group

    class Printer:
        """Shows what happens to the tunnel."""

        warned = -OFTEN

        def opened(self, port: int) -> None:
            stdout_console().print(plain(f"localhost:{port}"))
            if not common.quiet:
                words.say(f"leads to {parsed.end} through task {target.id}; Ctrl-C ends it")

        def no_answer(self) -> None:
            if time.monotonic() - self.warned < OFTEN:
                return
            self.warned = time.monotonic()
            words.warning(f"{parsed.end} does not answer to task {target.id}")
            if parsed.host:
                words.hint(f"is that its name and port, and does its security group let in the tasks' own, {group}?")
            else:
                words.hint("does the app, or a container beside it, listen on that port?")

        def printed(self, line: str) -> None:
            words.say(line)

    started = (
        sandbox.tunnel(record, session.id, parsed.here)
        if common.sandbox
        else plugin.given(path, session, common.profile or "")
    )
    try:
        ended = tunnel.run_plugin(*started, Printer())
    finally:
        aws.patience.resume()
        try:
            tunnel.end(aws, session)
        except EcsctlError as error:
            words.warning(f"the session {session.id} was not ended at AWS, which ends it after 20 idle minutes")
            words.say(error.message)
    if failed := ended.error(parsed):
        raise failed
    raise typer.Exit(STOPPED)  # Ctrl-C is how one ends it: nothing to explain
