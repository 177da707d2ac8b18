"""ecsctl logs: the output of the app, or of its last build."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

DAY, USUAL = "1d", 100  # without options: from when on, and how many lines


@shares(*ON_AWS, "output")
def logs(
    common: Common,
    process: Annotated[
        str, typer.Argument(metavar="PROCESS", help="Only the tasks of this process: web, or a worker's name.")
    ] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print new lines as they come, until Ctrl-C.")] = False,
    since: Annotated[
        str | None,
        typer.Option(
            help="All lines from 30s, 10m, 2h, 1d ago on, or from a time such as 2026-11-23T08:00 (UTC).",
            show_default=False,
        ),
    ] = None,
    tail: Annotated[
        int | None,
        typer.Option(
            "--tail",
            "-n",
            min=1,
            help="Only the newest lines, as many as this. Without --since: 100 of the last day; of a build all.",
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
    from functools import partial

    from ecsctl.commands.opening import opened
    from ecsctl.errors import Interrupted, UsageError
    from ecsctl.operations import logs as reading
    from ecsctl.ui import logs as shown
    from ecsctl.ui.words import hint

    if build and (container or process):
        named = "--container" if container else "the name of a process"
        raise UsageError(f"--build and {named} exclude each other", hint="leave one of them out")
    start = reading.moment(since or ("1970-01-01" if build else DAY), datetime.now(UTC))
    if not (since or build):
        tail = tail or USUAL
    with opened(common, "logs", reads=True, quiet=True, stop_announced=lambda: follow) as app:
        app.over_app()
        if build:
            log = reading.of_last_build(app.aws, app.app, start)
        else:
            log = (reading.of_container(app.aws, app.app, container, start, process) if container
                   else reading.of_app(app.aws, app.app, start, process))  # fmt: skip
        nothing = "no lines" if since or build else "no lines in the last day; --since 7d goes further back"
        show = partial(shown.show, as_json=common.is_json, processes=log.processes, nothing=nothing)
        try:
            if follow:
                show(reading.follow(app.aws, log, filter, tail=tail))
            elif tail:
                found, older = reading.newest(app.aws, log, tail, filter)
                show(found)
                if older:
                    every = "" if since or build else ", --since 2h all of two hours"
                    hint(f"there are older lines: --tail {tail * 10} shows more{every}")
            else:
                show(reading.lines(app.aws, log, filter))
        except Interrupted:
            if not follow:
                raise
            raise typer.Exit(130) from None  # Ctrl-C is how one ends it: nothing to explain
