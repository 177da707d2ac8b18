"""ecsctl up: make the stack true."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from ecsctl.engine.plan import Plan
    from ecsctl.session import Session


@shares(*ON_AWS, "yes", "output", "quiet")
def up(
    common: Common,
    image: Annotated[
        str, typer.Option(metavar="URI", help="Run this image, whatever runs now, instead of building the first one.")
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="While something else deploys: wait up to 15 minutes, or refuse.")
    ] = True,
) -> None:
    """Bring the whole stack up, or to what ecsctl.toml says now.

    Idempotent: what is there and right is left alone, a run that died is taken up where it ended, and a second run
    changes nothing.
    """
    from ecsctl.commands.opening import opened
    from ecsctl.engine.errors import ResourceFailed, Several, TimedOut, diagnosed
    from ecsctl.operations.creds import refusal
    from ecsctl.operations.quiet import before_change
    from ecsctl.operations.why import first_line
    from ecsctl.ui import output as json
    from ecsctl.ui import words

    began = time.monotonic()
    with opened(common, "up", config=True, builds=True) as app:
        session = app.over_stack(image)
        app.introduce(session)
        before_change(app.aws, session.engine, session.wishes, app.app, wait=wait)
        try:
            plan = session.engine.up(session.wishes, agree=lambda plan: _agree(plan, common))
        except (ResourceFailed, TimedOut, Several) as error:
            raise diagnosed(error, lambda: first_line(app.aws, app.app)) from error
        if refused := refusal(session):
            words.warning(refused)
    seconds = time.monotonic() - began
    url = session.url
    if common.json:
        json.emit(json.up_document(_made(plan, session), url, seconds, session.where))
        return
    app.progress.summary(seconds)
    for note in () if common.quiet else session.notes:
        words.say(note)
    print(url)  # noqa: T201 - the one thing stdout carries
    if not common.quiet:
        words.next_step("ecsctl status")


def _made(plan: Plan, session: Session) -> Plan:
    """The plan as it was carried out: with the ids of what is there now."""
    from dataclasses import replace

    from ecsctl.engine.plan import Plan, Step, Verb

    def made(step: Step) -> Step:
        now = None if step.verb is Verb.DELETE else session.engine.ids(step.name)
        return replace(step, ids=now or step.ids)

    return Plan(tuple(map(made, plan.steps)))


def _agree(plan: Plan, common: Common) -> None:
    """Show the plan; ask before something dies. Raises UsageError when nobody is there to answer."""
    from ecsctl.ui import plan as shown
    from ecsctl.ui import words

    asks = bool(plan.destroys) and not common.yes
    if asks:
        common.may_ask("ecsctl up")
    if asks or not (common.quiet or common.json):
        shown.show(plan)
    if asks:
        words.confirm("This ends the life of what is marked with a minus. Go on?", command="ecsctl up --yes")
