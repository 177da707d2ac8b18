"""ecsctl up: make the stack true."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ecsctl.commands.options import Common, Debug, Output, Profile, Quiet, Region, Sandbox, Yes, place
from ecsctl.commands.signals import stopping

if TYPE_CHECKING:
    from ecsctl.engine.plan import Plan


def up(
    sandbox: Sandbox = False,
    yes: Yes = False,
    image: Annotated[
        str, typer.Option(metavar="URI", help="Run this image, whatever runs now, instead of building the first one.")
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="While something else deploys: wait up to 15 minutes, or refuse.")
    ] = True,
    profile: Profile = None,
    region: Region = None,
    output: Output = "text",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Bring the whole stack up, or to what ecsctl.toml says now.

    Idempotent: what is there and right is left alone, a run that died is taken up where it ended, and a second run
    changes nothing.
    """
    common = Common(sandbox, profile, region, debug, quiet, yes, output)
    from ecsctl.config import load
    from ecsctl.engine.errors import ResourceFailed, Several, TimedOut, diagnosed
    from ecsctl.operations.quiet import before_change
    from ecsctl.operations.why import first_line
    from ecsctl.session import open_stack
    from ecsctl.ui import output as json
    from ecsctl.ui import words
    from ecsctl.ui.progress import Progress

    began = time.monotonic()
    where = place(common)
    config = load(where.folder)
    aws = where.aws(config.region)
    with Progress(quiet=quiet or common.json) as progress, stopping(aws.patience, progress.stop_asked):
        session = open_stack(aws, config, where.record, tell=progress, image=image)
        words.heading(session.identity.account, session.identity.region, session.identity.arn, config.name)
        before_change(aws, session.engine, session.wishes, config.name, wait=wait)
        try:
            plan = session.engine.up(session.wishes, agree=lambda plan: _agree(plan, common))
        except (ResourceFailed, TimedOut, Several) as error:
            raise diagnosed(error, lambda: first_line(aws, config.name)) from error
    seconds = time.monotonic() - began
    url = session.url
    if common.json:
        json.emit(json.outcome_document("up", plan, url, seconds, session.where))
        return
    progress.summary(seconds)
    for note in session.notes:
        words.say(note)
    print(url)  # noqa: T201 - the one thing stdout carries
    words.next_step("ecsctl status" + (" --sandbox" if sandbox else ""))


def _agree(plan: Plan, common: Common) -> None:
    """Show the plan; ask before something dies. Raises UsageError when nobody is there to answer."""
    from ecsctl.ui import plan as shown
    from ecsctl.ui import words

    if not common.quiet and not common.json:
        shown.show(plan)
    if plan.destroys and not common.yes:
        words.confirm("This ends the life of what is marked with a minus. Go on?", command="ecsctl up --yes")
