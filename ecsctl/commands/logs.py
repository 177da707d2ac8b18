"""ecsctl logs: what the app says, or what its last build said."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "output")
def logs(
    common: Common,
    process: Annotated[
        str, typer.Argument(metavar="[PROCESS]", help="Only the tasks of this process: web, or a worker's name.")
    ] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print new lines as they come, until Ctrl-C.")] = False,
    since: Annotated[
        str | None,
        typer.Option(
            help="From 30s, 10m, 2h, 1d ago on, or from a time such as 2026-11-23T08:00 (UTC). Else 10m; a build: all.",
            show_default=False,
        ),
    ] = None,
    filter: Annotated[str, typer.Option("--filter", help="Only lines that match this CloudWatch filter pattern.")] = "",
    container: Annotated[
        str,
        typer.Option("--container", metavar="NAME", help="Only this container of the web's tasks, or of PROCESS's."),
    ] = "",
    build: Annotated[
        bool, typer.Option("--build", help="The last build's or test's log instead of the app's.")
    ] = False,
) -> None:
    """Print the log of all tasks of the app, or of one process, in order of time; or the last build's log."""
    from datetime import UTC, datetime

    from ecsctl.commands.opening import opened
    from ecsctl.engine.errors import Interrupted, UsageError
    from ecsctl.operations import logs as reading
    from ecsctl.ui import logs as shown

    if build and (container or process):
        named = "--container" if container else "the name of a process"
        raise UsageError(f"--build and {named} exclude each other", hint="leave one of them out")
    start = reading.moment(since or ("1970-01-01" if build else "10m"), datetime.now(UTC))
    with opened(common, "logs", reads=True, quiet=True, stop_announced=lambda: follow) as app:
        app.over_app()
        if build:
            log = reading.of_last_build(app.aws, app.app, start)
        else:
            log = (reading.of_container(app.aws, app.app, container, start, process) if container
                   else reading.of_app(app.aws, app.app, start, process))  # fmt: skip
        read = reading.follow if follow else reading.lines
        try:
            shown.show(read(app.aws, log, filter), as_json=common.json, processes=log.processes)
        except Interrupted:
            if not follow:
                raise
            raise typer.Exit(130) from None  # Ctrl-C is how one ends it: nothing to explain
