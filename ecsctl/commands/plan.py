"""ecsctl plan: what `up` would do."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import Common, Debug, Output, Profile, Region, Sandbox, place
from ecsctl.commands.signals import stopping


def plan(
    sandbox: Sandbox = False,
    detailed_exitcode: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="Exit 0: nothing to change, 2: something to change, 1: any error."),
    ] = False,
    profile: Profile = None,
    region: Region = None,
    output: Output = "text",
    debug: Debug = False,
) -> None:
    """Show what `up` would change. Looks, and changes nothing."""
    common = Common(sandbox, profile, region, debug, False, False, output)
    from ecsctl.config import load
    from ecsctl.engine.engine import refuse
    from ecsctl.engine.errors import EcsctlError
    from ecsctl.session import open_stack
    from ecsctl.ui import errors, words
    from ecsctl.ui import output as json
    from ecsctl.ui import plan as shown
    from ecsctl.ui.progress import Progress

    try:
        where = place(common)
        config = load(where.folder)
        aws = where.aws(config.region)
        aws.look_only = True
        with Progress(quiet=common.json) as progress, stopping(aws.patience, progress.stop_asked):
            session = open_stack(aws, config, where.record, tell=progress)
            words.heading(session.identity.account, session.identity.region, session.identity.arn, config.name)
            found = session.engine.plan(session.wishes)
        if common.json:
            json.emit(json.plan_document(found, session.where))
        else:
            shown.show(found)
        refuse(found)
    except EcsctlError as error:
        if not detailed_exitcode:
            raise
        errors.show(error)
        raise typer.Exit(1) from error
    if found.work and not common.json:
        words.next_step("ecsctl up" + (" --sandbox" if sandbox else ""))
    if detailed_exitcode and found.work:
        raise typer.Exit(2)
