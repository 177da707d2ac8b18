"""ecsctl continue: continue a release that is held at a pause."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.deploy import Limit
from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "output", "quiet")
def continue_(
    common: Common,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Have it go back to what ran before, instead of on.")
    ] = False,
    timeout: Limit = 15,
) -> None:
    """Continue a release that is held at a pause, and follow it to its end or to the next pause.

    Exit codes: 0 deployed, with --rollback rolled back, or nothing was rolling out; 1 failed; 4 timed out (run it again
    to continue following), 6 rolled back, 7 superseded by another release, 8 stopped by someone, 9 paused again.
    """
    from ecsctl.commands.releasing import end, releasing
    from ecsctl.releases import release
    from ecsctl.releases.verdict import Outcome

    with releasing(common, title="continue") as (session, progress):
        done = release.go_on(session.aws, session.state, back=rollback, say=progress.plain, limit=timeout * 60)
    if done is None:
        from ecsctl.ui import release as shown

        shown.nothing("continue", session.where, as_json=common.is_json)
        return
    stopped = rollback and done.verdict.outcome is Outcome.STOPPED
    end("continue", common, session, done, as_desired=stopped, hint="ecsctl continue")
