"""ecsctl scale: another number of tasks, until the next `up`."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.deploy import Limit
from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "output", "quiet")
def scale(
    common: Common,
    counts: Annotated[
        list[str],
        typer.Argument(metavar="PROCESS=N", help="How many tasks; web is what serves."),
    ],
    timeout: Limit = 15,
) -> None:
    """Run another number of tasks of a process, and wait until they run. The next `up` undoes it.

    No deployment starts. To make it permanent, set desired_count in ecsctl.toml. If a process has autoscaling the
    number must be within its bounds, and autoscaling continues from there. Exit codes: 0 they run, 1 refused, 4 timed
    out (it continues by itself).
    """
    from ecsctl.commands.releasing import releasing
    from ecsctl.names import Names
    from ecsctl.operations import scale as scaling
    from ecsctl.ui import output as json
    from ecsctl.ui import scale as shown

    asked = scaling.parse(counts)
    with releasing(common, title="scale") as (session, progress):
        names = Names.of(session.state.book)
        found = scaling.examine(session.aws, names, asked, session.config)
        scaling.scale(session.aws, session.state, found)
        for one in found:
            progress.plain(f"{one.process}: {one.before} → {one.desired} tasks")
        done = scaling.follow(session.aws, names, found, timeout * 60)
    if common.is_json:
        json.emit(shown.document(done, session.where))
    else:
        shown.show([scaling.summary(one) for one in done])
