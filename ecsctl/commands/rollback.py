"""ecsctl rollback: back to a release that succeeded."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.deploy import Limit
from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "yes", "output", "quiet")
def rollback(
    common: Common,
    revision: Annotated[
        str,
        typer.Argument(
            metavar="REVISION", help="The revision to go back to, as `ecsctl history` lists it; else the last good one."
        ),
    ] = "",
    timeout: Limit = 15,
) -> None:
    """Go back to the last release that succeeded, or to a given revision, with the image it had then.

    Asks first. The release command is not run. Exit codes are those of `ecsctl deploy`; 2 without a terminal to answer.
    """
    from ecsctl.commands.releasing import end, releasing
    from ecsctl.releases import release
    from ecsctl.ui import words

    command = f"ecsctl rollback {revision}".rstrip()

    def agree(now: str, then: str) -> None:
        if common.must_ask(command):
            words.confirm(f"Release {then} in place of {now}?", command=f"{command} --yes")

    with releasing(common) as (session, progress):
        if session.config and session.config.release:
            progress.plain("the release command is not run: it prepares a new version, and undoes nothing")
        done = release.rollback(
            session.aws, session.state, revision, agree=agree, say=progress.plain, limit=timeout * 60
        )
    end("rollback", common, session, done, as_desired=False, hint=command)
