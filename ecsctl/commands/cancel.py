"""ecsctl cancel: stop what is rolling out."""

from __future__ import annotations

from ecsctl.commands.deploy import Limit
from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "output", "quiet")
def cancel(
    common: Common,
    timeout: Limit = 15,
) -> None:
    """Stop the deployment in progress and go back to what ran before.

    Exit codes: 0 stopped, or nothing to stop; 1 it came too late or failed; 4 timed out (run it again to continue
    following), 6 ECS itself rolled it back, 7 another release replaced it.
    """
    from ecsctl.commands.releasing import end, releasing
    from ecsctl.releases import release
    from ecsctl.releases.verdict import Outcome

    with releasing(common, title="cancel") as (session, progress):
        done = release.cancel(session.aws, session.state, say=progress.plain, limit=timeout * 60)
    if done is None:
        from ecsctl.ui import release as shown

        shown.nothing("cancel", session.where, as_json=common.is_json)
        return
    stopped = done.verdict.outcome is Outcome.STOPPED
    end("cancel", common, session, done, as_desired=stopped, hint="ecsctl cancel")
