"""ecsctl ps: all tasks."""

from __future__ import annotations

from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "output")
def ps(common: Common) -> None:
    """List all tasks of the app: those that run, and those that stopped within the last hour.

    Each with its process, release, state, zone, size, and the exit code of its last end.
    """
    from ecsctl.commands.opening import opened
    from ecsctl.operations import ps as tasks
    from ecsctl.ui import output as json
    from ecsctl.ui import ps as shown

    with opened(common, "ps", reads=True) as app:
        session = app.over_app()
        found = tasks.read(app.aws, app.app)
    if common.is_json:
        json.emit(shown.document(found, session.where))
    else:
        shown.show(found, app.aws.now())
