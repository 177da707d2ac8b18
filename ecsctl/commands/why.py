"""ecsctl why: what is wrong, what shows it, and what mends it."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import Common, Debug, Output, Profile, Region, Sandbox, place
from ecsctl.commands.signals import stopping


def why(
    sandbox: Sandbox = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 if anything is broken.")] = False,
    profile: Profile = None,
    region: Region = None,
    output: Output = "text",
    debug: Debug = False,
) -> None:
    """Tell why the app does not run, build or deploy: the cause, the facts that show it, and what mends it."""
    common = Common(sandbox, profile, region, debug, False, False, output)
    from ecsctl.account import identify
    from ecsctl.config import load
    from ecsctl.operations.why import why as ask
    from ecsctl.ui import output as json
    from ecsctl.ui import why as shown

    where = place(common)
    config = load(where.folder)
    aws = where.aws(config.region)
    aws.look_only = True
    with stopping(aws.patience):
        identity = identify(aws, config)
        found = ask(aws, config.name, (config.domain.name or "") if config.domain else "")
    if common.json:
        place_of = {"app": config.name, "account": identity.account, "region": identity.region}
        json.emit(shown.why_document(found, place_of))
    else:
        shown.show(found)
    if exit_code and not found.sound:
        raise typer.Exit(1)
