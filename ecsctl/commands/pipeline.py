"""ecsctl pipeline: the state of its runs, and what a person may do to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from ecsctl.session import Session
    from ecsctl.ui.progress import Progress

app = typer.Typer(name="pipeline", no_args_is_help=True, help="Show the pipeline, run, approve, retry or stop it.")

Run = Annotated[str, typer.Option("--run", help="The run's id, or its beginning.", show_default="the newest")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Wait for the end of the run.")]
ExitStatus = Annotated[
    bool, typer.Option("--exit-status", help="With a failed run exit 1; 7 if superseded, 8 if stopped.")
]
Minutes = Annotated[float, typer.Option("--timeout", help="Minutes to watch at most.", min=0)]


@app.command()
@shares(*ON_AWS, "output")
def status(
    common: Common,
    run: Run = "",
    watch: Watch = False,
    exit_status: ExitStatus = False,
    timeout: Minutes = 60,
) -> None:
    """Show a run: its commit, stages and actions, errors and links."""
    with _session(common, reads=True) as (session, progress):
        _show(session, progress, common, run, watch, exit_status, timeout)


@app.command("run")
@shares(*ON_AWS, "output")
def start(
    common: Common,
    watch: Watch = False,
    exit_status: ExitStatus = False,
    timeout: Minutes = 60,
) -> None:
    """Start a run of the branch's newest commit."""
    with _session(common) as (session, progress):
        from ecsctl.operations import pipeline_control

        started = pipeline_control.start(session.aws, session.state.book.app)
        progress.plain(f"run {started} was started")
        _show(session, progress, common, started, watch, exit_status, timeout)


@app.command()
@shares(*ON_AWS, "output")
def approve(
    common: Common,
    reject: Annotated[bool, typer.Option("--reject", help="Reject it: the run fails there.")] = False,
    comment: Annotated[str, typer.Option("--comment", help="What to write beside the answer.")] = "",
    action: Annotated[str, typer.Option("--action", help="The approval's name, if several wait.")] = "",
    run: Annotated[str, typer.Option("--run", help="Answer only if it is this run that waits.")] = "",
    watch: Watch = False,
    exit_status: ExitStatus = False,
    timeout: Minutes = 60,
) -> None:
    """Approve what waits for an approval, or reject it."""
    with _session(common) as (session, progress):
        from ecsctl.operations import pipeline_control

        name = session.state.book.app
        done = pipeline_control.answer(session.aws, name, approved=not reject, comment=comment, action=action, run=run)
        progress.plain(f"{done.action} of run {done.run} was {'rejected' if reject else 'approved'}")
        _show(session, progress, common, done.run, watch, exit_status, timeout)


@app.command()
@shares(*ON_AWS, "output")
def retry(
    common: Common,
    all: Annotated[bool, typer.Option("--all", help="All actions of the stage, not only those that failed.")] = False,
    run: Run = "",
    watch: Watch = False,
    exit_status: ExitStatus = False,
    timeout: Minutes = 60,
) -> None:
    """Run what failed in a stage again, in the same run."""
    with _session(common) as (session, progress):
        from ecsctl.operations import pipeline_control

        stage, again = pipeline_control.retry(session.aws, session.state.book.app, every=all, run=run)
        progress.plain(f"{stage} of run {again} is tried again")
        _show(session, progress, common, again, watch, exit_status, timeout)


@app.command()
@shares(*ON_AWS, "output")
def stop(
    common: Common,
    abandon: Annotated[bool, typer.Option("--abandon", help="Do not wait for the actions under way.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="What to write beside it.")] = "",
    run: Run = "",
    watch: Watch = False,
    timeout: Minutes = 60,
) -> None:
    """Stop a run before its next action. What it has deployed stays."""
    with _session(common) as (session, progress):
        from ecsctl.operations import pipeline_control

        name = session.state.book.app
        stopped = pipeline_control.stop(session.aws, name, abandon=abandon, reason=reason, run=run)
        progress.plain(f"run {stopped} is being stopped")
        _show(session, progress, common, stopped, watch, False, timeout)


@app.command()
@shares(*ON_AWS, "output")
def logs(
    common: Common,
    action: Annotated[
        str,
        typer.Argument(
            metavar="ACTION", help="The build or test to show.", show_default="the one that failed, or the build"
        ),
    ] = "",
    run: Run = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the build has ended.")] = False,
) -> None:
    """Print the log of a run's build or test; by default of the one that failed, if one did."""
    with _session(common, reads=True, quiet=True) as (session, _):
        from ecsctl.operations import logs as reading
        from ecsctl.operations import pipelines
        from ecsctl.ui import logs as shown

        build = pipelines.build_of(pipelines.read(session.aws, session.state.book.app, run), action)
        log = reading.of_build(session.aws, build)
        shown.show((reading.follow if follow else reading.lines)(session.aws, log), as_json=common.is_json)


@contextmanager
def _session(common: Common, *, reads: bool = False, quiet: bool = False) -> Iterator[tuple[Session, Progress]]:
    """The app's session, and the progress display."""
    from ecsctl.commands.opening import opened

    with opened(common, "pipeline", reads=reads, quiet=quiet) as app:
        yield app.over_app(), app.progress


def _show(session: Session, progress: Progress, common: Common, run: str, watch: bool, exit_status: bool,
          minutes: float) -> None:  # fmt: skip
    """Show the run: its current state, or each change until its end."""
    from ecsctl.engine.events import Waiting
    from ecsctl.operations import pipelines
    from ecsctl.ui import output as json
    from ecsctl.ui import pipeline as shown

    aws, name, last = session.aws, session.state.book.app, None
    aws.patience.say = lambda what, waited, limit: progress(Waiting("", what, waited, limit))

    def see(now: Any) -> None:
        nonlocal last
        for line in shown.changes(last, now):
            progress.plain(line)
        last = now

    found = pipelines.watch(aws, name, run, see, minutes * 60) if watch else pipelines.read(aws, name, run)
    others = pipelines.elsewhere(aws, found)
    if common.is_json:
        json.emit(shown.document(found, others, session.where))
    else:
        shown.show(found, others, links=session.has_console)
    error = pipelines.failure_of(found)
    if exit_status and error:
        raise error
