"""ecsctl up: bring AWS to the desired state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecsctl.engine.plan import Plan
    from ecsctl.session import Session

_TRUST = "a browser warns until it trusts .ecsctl/sandbox-authority.pem"


@shares(*ON_AWS, "yes", "output", "quiet", "trace")
def up(
    common: Common,
    image: Annotated[
        str, typer.Option(metavar="URI", help="Run this image, whatever runs now, instead of building one first.")
    ] = "",
    wait: Annotated[
        bool,
        typer.Option(
            "--wait/--no-wait", help="If something else is deploying: wait for it up to 15 minutes, or fail at once."
        ),
    ] = True,
    force: Annotated[
        bool,
        typer.Option("--force", help="Change the health check even where the running app does not pass the new one."),
    ] = False,
) -> None:
    """Create the whole stack, or bring it to what ecsctl.toml says now.

    Idempotent: what is up to date is left alone, a run that was interrupted is continued, and a second run changes
    nothing.
    """
    from ecsctl.aws.explaining import diagnosed
    from ecsctl.commands.opening import opened
    from ecsctl.errors import ResourceFailed, Several, TimedOut
    from ecsctl.github.committed import unbuildable
    from ecsctl.github.creds import refusal
    from ecsctl.operations.health_check import check_new_health_check
    from ecsctl.releases.waiting import before_change
    from ecsctl.ui import output as json
    from ecsctl.ui import words
    from ecsctl.why import first_line

    with opened(common, "up", config=True, builds=True) as app:
        session = app.over_stack(image)
        app.introduce(session)
        if common.sandbox and not (common.quiet or common.is_json):
            _tell_containers(app.where.folder)
        app.tell_uncommitted()
        if refused := unbuildable(session, app.where.folder, app.branch):
            raise refused
        before_change(app.aws, session.engine, session.desired_stack, app.app, wait=wait)

        def agree(plan: Plan) -> None:
            if not force:
                check_new_health_check(app.aws, session.desired_stack, plan, _visitor(common, app.where.folder))
            _agree(plan, common, session)

        try:
            plan = session.engine.up(session.desired_stack, agree=agree)
        except (ResourceFailed, TimedOut, Several) as error:
            raise diagnosed(error, lambda: first_line(app.aws, app.app)) from error
        if warning := refusal(session):
            words.warning(warning)
    seconds = app.progress.seconds
    url = session.url
    if common.is_json:
        json.emit(json.up_document(_made(plan, session), url, seconds, session.where))
        return
    app.progress.summary(seconds)
    for note in () if common.quiet else session.notes:
        words.say(note)
    print(url)  # noqa: T201 - the one thing stdout carries
    if common.sandbox and (here := _here(session, app.where.folder)):
        words.say(f"on this machine: {here}" + (f" ({_TRUST})" if here.startswith("https:") else ""))
    if not common.quiet:
        words.next_step("ecsctl status")


def _tell_containers(folder: Path) -> None:
    """Say whether the sandbox runs the app, or simulates it."""
    from ecsctl.sandbox.server import process
    from ecsctl.ui import words

    found = process.status(folder / ".ecsctl")
    if found and found.containers:
        words.say(found.containers)


def _here(session: Session, folder: Path) -> str:
    """The sandbox's load balancer's address on this machine; empty if tasks are simulated."""
    from ecsctl.parts import LOAD_BALANCER
    from ecsctl.sandbox.server import process

    balancer = session.engine.ids(LOAD_BALANCER)
    found: dict[str, list[str]] = process.call(folder / ".ecsctl", "fronts", {})
    return next(iter(found.get(balancer.dns_name, ())), "") if balancer else ""


def _visitor(common: Common, folder: Path) -> Callable[[str], int]:
    """The way to reach the running app: over the network, or within the sandbox, where names do not resolve."""
    from ecsctl.operations.health_check import over_http

    if not common.sandbox:
        return over_http
    from ecsctl.sandbox.server import process

    return lambda url: int(process.call(folder / ".ecsctl", "visit", {"url": url}))


def _made(plan: Plan, session: Session) -> Plan:
    """The plan as it was carried out: with the ids of what exists now."""
    from dataclasses import replace

    from ecsctl.engine.plan import Plan, Step, Verb

    def made(step: Step) -> Step:
        now = None if step.verb is Verb.DELETE else session.engine.ids(step.name)
        return replace(step, ids=now or step.ids)

    return Plan(tuple(map(made, plan.steps)))


def _agree(plan: Plan, common: Common, session: Session) -> None:
    """Show the plan; ask once before something is billed or deleted. Raises UsageError without a terminal to answer in.

    The sandbox costs nothing: only deletions need consent there.
    """
    from ecsctl.costs.estimate import estimated, must_be_agreed_to
    from ecsctl.ui import plan as shown
    from ecsctl.ui import words

    estimate = estimated(session.desired_stack, plan)
    due = bool(plan.destroys) if common.sandbox else must_be_agreed_to(plan, estimate)
    asks = common.must_ask("ecsctl up", due=due)
    if asks or not (common.quiet or common.is_json):
        shown.show(plan, estimate=estimate)
    if asks:
        caller = session.identity
        words.confirm(
            f"{'What has a minus in front is deleted. ' if plan.destroys else ''}"
            f"Go on in account {caller.account}, {caller.region}, as {caller.arn}?",
            command="ecsctl up --yes",
        )
