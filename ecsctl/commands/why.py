"""ecsctl why: what is wrong, what shows it, and what fixes it."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "output")
def why(
    common: Common,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 if anything is broken.")] = False,
) -> None:
    """Explain why the app does not run, build or deploy: the cause, the evidence, and how to fix it."""
    from ecsctl.commands.opening import opened
    from ecsctl.ui import output as json
    from ecsctl.ui import why as shown
    from ecsctl.why import why as ask

    with opened(common, "why", looks=True) as app:
        session = app.over_app()
        domain, *also = (app.config.domain.all_names if app.config and app.config.domain else ()) or ("",)
        found = ask(app.aws, app.app, domain, also, app.config.service.spelled if app.config else {})
    if common.json:
        json.emit(shown.why_document(found, session.where))
    else:
        shown.show(found)
    if exit_code and not found.sound:
        raise typer.Exit(1)
