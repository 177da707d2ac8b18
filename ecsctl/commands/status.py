"""ecsctl status: what is there, and whether it is right."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import Common, Debug, Output, Profile, Region, Sandbox


def status(
    sandbox: Sandbox = False,
    links: Annotated[bool, typer.Option("--links", help="Write the console's addresses out.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 if anything is missing, wrong, failed or not ready.")
    ] = False,
    profile: Profile = None,
    region: Region = None,
    output: Output = "text",
    debug: Debug = False,
) -> None:
    """Tell of each resource whether it is there and right, its id, since when, and where the console shows it."""
    common = Common(sandbox, profile, region, debug, False, False, output)
    from ecsctl.commands.opening import opened
    from ecsctl.engine.report import reports
    from ecsctl.ui import output as json
    from ecsctl.ui import status as shown

    with opened(common, "status", config=True, looks=True) as app:
        session = app.over_stack()
        plan = session.engine.plan(session.wishes)
    found = reports(plan, session.engine.seen, session.engine.kinds, session.state, session.identity)
    if common.json:
        json.emit(json.status_document(found, session.url, session.where))
    else:
        shown.show(found, url=session.url, links=links)
    if exit_code and not all(report.healthy for report in found):
        raise typer.Exit(1)
