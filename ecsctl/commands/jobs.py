"""ecsctl jobs: what runs on a schedule."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.following import Detach, following
from ecsctl.commands.options import ON_AWS, Common, shares

app = typer.Typer(name="jobs", no_args_is_help=True, help="List the jobs, run one now, pause or resume it.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The job's name in ecsctl.toml.")]


@app.command("list")
@shares(*ON_AWS, "output")
def listed(common: Common) -> None:
    """List the jobs: when each runs next, and how it last ended, if that is less than an hour ago."""
    from ecsctl.commands.opening import opened
    from ecsctl.operations import jobs
    from ecsctl.ui import jobs as shown
    from ecsctl.ui import output as json

    with opened(common, "jobs list", reads=True) as app:
        session = app.over_app()
        found = jobs.read(app.aws, session.engine.label)
        now = app.aws.now()
    if common.is_json:
        json.emit(shown.document(found, session.where))
    else:
        shown.show(found, now)


@app.command()
@shares(*ON_AWS, "quiet")
def run(
    common: Common,
    name: Name,
    detach: Detach = False,
) -> None:
    """Run a job now, as its schedule would: with the image of the release that serves.

    Its output is printed as it comes, and its exit code is the command's. Ctrl-C stops the task; twice leaves it
    running.
    """
    from ecsctl.errors import Refused
    from ecsctl.operations import jobs
    from ecsctl.ui import words
    from ecsctl.ui.console import stdout_console
    from ecsctl.ui.safe import plain

    with following(common, "jobs run") as (app, follow):
        me = app.over_app().engine.label
        started = jobs.begin(app.aws, me, name)
        if not common.quiet:
            words.say(f"task {started.id} starts with {started.image}")
        if detach:
            stdout_console().print(plain(started.id))
            return
        task = follow(started)
        how = jobs.ended(app.aws, me, started)
        if how is not None and how.outcome == "refused":
            raise Refused(f"another run of {name} is not over", why=f"{name} is to run once at a time (overlap)",
                          hint="ecsctl ps shows it")  # fmt: skip
        ended = task.result()
        late = how is not None and how.outcome == "timed out"
    if late:
        words.say(f"{name} took longer than its timeout_minutes, and was stopped")
        ended = ended or jobs.TIMED_OUT
    elif ended and not common.quiet:
        words.say(f"it ended with exit code {ended}{f': {task.why}' if task.why else ''}")
    raise typer.Exit(ended)


@app.command()
@shares(*ON_AWS, "quiet")
def pause(common: Common, name: Name) -> None:
    """Pause a job's schedule until it is resumed. A run in progress continues."""
    _pause(common, name, paused=True)


@app.command()
@shares(*ON_AWS, "quiet")
def resume(common: Common, name: Name) -> None:
    """Resume a job's schedule. Runs that it has missed are not made up for."""
    _pause(common, name, paused=False)


def _pause(common: Common, name: str, *, paused: bool) -> None:
    from ecsctl.commands.opening import opened
    from ecsctl.operations import jobs
    from ecsctl.ui import words

    what = "pause" if paused else "resume"
    with opened(common, f"jobs {what}") as app:
        session = app.over_app()
        changed = jobs.pause(app.aws, session.engine.label, name, paused=paused)
        written = app.config.jobs[name].paused if app.config and name in app.config.jobs else None
    if not common.quiet:
        done, before = ("is paused", "is paused already") if paused else ("is resumed", "is not paused")
        words.say(f"{name} {done if changed else before}")
    if written is not None and written is not paused:
        setting = str(written).lower()
        words.warning(f"ecsctl.toml says jobs.{name}.paused = {setting}: the next ecsctl up sets it back")
