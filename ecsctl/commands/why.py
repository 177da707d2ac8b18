"""ecsctl why: what is wrong, the evidence, and the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from ecsctl.commands.opening import Opened


@shares(*ON_AWS, "output")
def why(
    common: Common,
    process: Annotated[
        str, typer.Argument(metavar="PROCESS", help="Only this process: web, a worker's name, or a job's.")
    ] = "",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 if anything is broken.")] = False,
) -> None:
    """Explain why the app, or one process of it, does not run, build or deploy: cause, evidence, and how to fix it."""
    from contextlib import suppress
    from dataclasses import replace

    from ecsctl.commands.opening import opened
    from ecsctl.config.tables.workers import idle_allowed, inherited
    from ecsctl.errors import AccessError, AwsError, ConfigError, Refused, TimedOut
    from ecsctl.operations.set_by_others import denied_by_others, set_by_others
    from ecsctl.ui import output as json
    from ecsctl.ui import why as shown
    from ecsctl.why import why as ask

    with opened(common, "why", reads=True) as app:
        session = app.over_app()
        domain, *also = (app.config.domain.all_names if app.config and app.config.domain else ()) or ("",)
        spelled, at_rest = {}, None
        if app.config:
            spelled = {**app.config.service.spelled, **inherited(app.config.workers)}
            at_rest = idle_allowed(app.config.processes)
        found = ask(app.aws, app.app, domain, also, spelled, process=process, resting=at_rest)
        if found.lacks_rights:
            with suppress(AccessError, AwsError, TimedOut):
                found = found.with_denials(denied_by_others(app.aws, session.engine.label))
        if not found.known:
            try:
                found = found.with_deleted(session.engine.survey.deleted())
                if app.config and not found.known:
                    found = found.with_drift(_drifted(app))
                found = found.with_others(set_by_others(app.aws, session.engine.label, app.config))
            except (AccessError, AwsError, ConfigError, Refused, TimedOut) as error:
                unread = f"whether all is as ecsctl up left it: {error.message}"
                found = replace(found, unread=(*found.unread, unread))
    if common.is_json:
        json.emit(shown.why_document(found, session.where))
    else:
        shown.show(found)
    if exit_code and not found.healthy:
        raise typer.Exit(1)


def _drifted(app: Opened) -> list[str]:
    """What of the stack somebody has changed since the last `up`, each with its fields."""
    from ecsctl.engine.plan import Why
    from ecsctl.engine.wording import called

    session = app.over_stack(as_far=True)
    plan = session.engine.plan(session.desired_stack, as_far=True)
    found = {
        called(step.title, step.name): [
            one.field for one in step.changes if one.why is Why.DRIFT and one.field != "tags"
        ]
        for step in plan.work
    }
    return [f"{what} ({', '.join(fields)})" for what, fields in found.items() if fields]
