"""ecsctl status: what exists, and whether it is as desired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from ecsctl.commands.opening import Opened


@shares(*ON_AWS, "output")
def status(
    common: Common,
    links: Annotated[bool, typer.Option("--links", help="Print the addresses of the console pages too.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 unless all is up to date and runs.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show what runs, and refresh it until Ctrl-C.")] = False,
    interval: Annotated[
        float,
        typer.Option("--interval", metavar="SECONDS", min=1, help="With --watch: the time between two refreshes."),
    ] = 5,
) -> None:
    """Show the state of each resource (up to date, drifted, missing, failed), its id, its age and its console page.

    What you are not allowed to read is marked in its row, and the exit code is 3.

    For an app with workers each process is shown with its release, image and tasks.

    With --watch one screen shows the services, their deployments, tasks and targets, and the pipeline, as they change.
    """
    if watch:
        _watch(common, interval, nothing_else=not (links or exit_code))
        return
    from concurrent.futures import ThreadPoolExecutor
    from dataclasses import replace

    from ecsctl.aws.explaining import together
    from ecsctl.commands.opening import opened
    from ecsctl.config.tables.workers import idle_allowed
    from ecsctl.engine.report import UP_MENDS, reports
    from ecsctl.operations import processes
    from ecsctl.operations.outdated import outdated
    from ecsctl.operations.set_by_others import set_by_others
    from ecsctl.ui import errors, words
    from ecsctl.ui import output as json
    from ecsctl.ui import status as shown
    from ecsctl.why import first_line

    with opened(common, "status", config=common.is_json, reads=True) as app:
        if not app.config:
            _running(app)
            raise typer.Exit(2)  # the configuration is invalid
        with ThreadPoolExecutor(4) as pool:  # in parallel with the plan, whose answers they share
            asked = pool.submit(outdated, app.aws, app.app), pool.submit(processes.read, app.aws, app.app)
            # After a rollback everything is as desired, and still something went wrong.
            why = pool.submit(first_line, app.aws, app.app, idle_allowed(app.config.processes), again=False)
            session = app.over_stack(as_far=True)
            at_work = pool.submit(session.lock.at_work)
            plan = session.engine.plan(session.desired_stack, as_far=True)
            others = set_by_others(app.aws, session.engine.label, app.config)
        identity = session.identity if session.has_console else replace(session.identity, partition="")  # so: no links
        found = reports(plan, session.engine.observed, session.engine.kinds, session.state, identity, app.aws.at)
        older, every, cause = asked[0].result(), asked[1].result(), why.result()
        others = (*at_work.result(), *others)
    broken = processes.broken(every)
    if common.is_json:
        json.emit(json.status_document(found, session.url, session.where, cause, older, every, others,
                                       healthy=not broken))  # fmt: skip
    else:
        shown.show(found, app.aws.now(), url=session.url, links=links, cause=cause, every=every)
        if cause:
            words.next_step("ecsctl why")
        elif any(report.condition in UP_MENDS for report in found):
            words.next_step("ecsctl plan", "shows what ecsctl up would change")
        for sentence in (*others, *(one.sentence for one in older)):
            words.warning(sentence)
        if older:
            words.next_step("ecsctl deploy --restart", "starts new ones, which read it")
    if denied := [*(session.facts.unobserved if session.facts else ()), *session.engine.unobserved.values()]:
        error = together(denied)
        errors.show(error)
        raise typer.Exit(error.exit_code)
    if exit_code and (broken or not all(report.healthy for report in found)):
        raise typer.Exit(1)


def _running(app: Opened) -> None:
    """Show what runs, if ecsctl.toml cannot say what should."""
    from ecsctl.operations.status import read
    from ecsctl.ui import live as shown
    from ecsctl.ui import words

    session = app.over_app()
    words.warning("without ecsctl.toml this shows what runs, but not whether it is what should run")
    shown.show_once(read(app.aws, app.app), session.where)


def _watch(common: Common, interval: float, *, nothing_else: bool) -> None:
    """Watch the running app until Ctrl-C, which counts as success here."""
    from ecsctl.commands.opening import opened
    from ecsctl.errors import UsageError
    from ecsctl.operations.status import watch
    from ecsctl.ui import live as shown

    if not nothing_else:
        raise UsageError("--watch goes with neither --links nor --exit-code", hint="leave one of them out")
    if not common.is_json:
        shown.check()
    with opened(common, "status", reads=True, quiet=True, stop_announced=lambda: True) as app:
        session = app.over_app()
        shown.show(watch(app.aws, app.app, interval), session.where, as_json=common.is_json)
