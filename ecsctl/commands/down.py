"""ecsctl down: remove everything that is ours."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecsctl.aws.clients import Aws
    from ecsctl.engine.plan import Plan
    from ecsctl.resources.load_balancer import LoadBalancerIds


@shares(*ON_AWS, "yes", "output", "quiet", "trace")
def down(
    common: Common,
    force: Annotated[
        bool,
        typer.Option("--force", help="With --yes: delete images, build artifacts and access logs too."),
    ] = False,
    secrets: Annotated[
        bool,
        typer.Option("--secrets", help="Delete the app's own secrets too; for 30 days they can be restored."),
    ] = False,
    volumes: Annotated[
        bool,
        typer.Option("--volumes", help="Delete the file systems of its volumes too, with all files: for good."),
    ] = False,
    name: Annotated[str | None, typer.Option("--name", help="The app's name, where there is no ecsctl.toml.")] = None,
    id: Annotated[
        str,
        typer.Option("--id", metavar="ID", help="Which of several deployments of the app, without a state file."),
    ] = "",
) -> None:
    """Delete everything that carries the app's tags, after showing the list. Nothing else is touched.

    Needs neither ecsctl.toml nor the state file in .ecsctl/, since the tags on AWS say what belongs to the app. Can be
    repeated.
    """
    from ecsctl import prefetch
    from ecsctl.aws.explaining import in_the_way
    from ecsctl.commands.opening import opened
    from ecsctl.costs.prices import AS_OF
    from ecsctl.engine.wording import called
    from ecsctl.errors import AwsError, Refused, Several, TimedOut
    from ecsctl.own_secrets import kept, remove_all
    from ecsctl.removal import blockers
    from ecsctl.removal.kept import keeper
    from ecsctl.removal.receipt import left
    from ecsctl.ui import output as json
    from ecsctl.ui import receipt

    with opened(common, "down", name=name) as app:
        prefetch.start(app.aws, app.app, app.where.state_file)
        session = app.over_app(id)
        app.introduce(session)
        found = blockers.read(session.aws, session.engine.label)
        own = app.config is not None and app.config.load_balancer.deletion_protection
        protected = [one.protected for one in found.blockers if own and one.protected]
        for one in found.blockers:
            kept_anyway = one.unless and (app.protect is None or one.unless in app.protect)
            if one.forbids and one.protected not in protected and not kept_anyway:
                raise Refused(
                    f"{one.message}: nothing was removed", hint=f"{one.forbids}; then run the same command again"
                )
        held = kept(session.aws, app.app)
        agree = partial(
            _agree, app.app, common, session.aws, protected, held, force=force, secrets=secrets, volumes=volumes
        )
        try:
            plan = session.engine.down(
                agree=agree,
                keep=found.keeper(keeper(app.protect, volumes=volumes)),
                held=blockers.holder(session.aws, session.engine.label),
            )
        except (AwsError, TimedOut, Several) as error:
            session.aws.forget()
            found = blockers.read(session.aws, session.engine.label, ours_too=True)
            raise in_the_way(error, found.messages) from error
        if secrets:
            remove_all(session.aws, app.app, held)
        remains = left(session.aws, session.engine.label, plan, session.engine.passed_over)
    seconds = app.progress.seconds
    if stays := [called(step.title, step.name) for step in plan.steps if step.reason.startswith(blockers.USED_BY)]:
        if not common.is_json:
            receipt.show(remains, prices=AS_OF)
        part = Refused(f"not all of {app.app} is gone, for others use it: {', '.join(stays)}")
        raise in_the_way(part, found.messages)
    if common.is_json:
        json.emit(json.down_document(plan, remains, seconds, session.where))
        return
    if plan.work:
        app.progress.summary(seconds)
    if remains or not common.quiet:
        receipt.show(remains, prices=AS_OF)


def _secrets_note(held: Sequence[str], removed: bool) -> str:
    """Say what happens to the app's own secrets; empty if there are none."""
    if not held:
        return ""
    names = f"The app's own secrets ({', '.join(held)})"
    if removed:
        return f"{names} are deleted too; for 30 days ecsctl secret set NAME restores one."
    return f"{names} are kept; ecsctl down --secrets deletes them too."


def _agree(
    app: str,
    common: Common,
    aws: Aws,
    protected: Sequence[LoadBalancerIds],
    held: Sequence[str],
    plan: Plan,
    *,
    force: bool,
    secrets: bool,
    volumes: bool,
) -> None:
    """Show what is deleted and what stays, and have the app's name typed. Then lift what protects our load balancer.

    Raises UsageError without a terminal to type in, and for data that `--yes` alone would destroy without anyone having
    seen the list.
    """
    from ecsctl.errors import UsageError
    from ecsctl.removal.kept import data_in
    from ecsctl.resources.load_balancer import LoadBalancer
    from ecsctl.ui import plan as shown
    from ecsctl.ui import words

    command, secrets_note = f"ecsctl down{' --secrets' * secrets}{' --volumes' * volumes}", _secrets_note(held, secrets)
    asks = common.must_ask(command, due=bool(plan.work or (held and secrets)))
    if asks or not (common.quiet or common.is_json):
        shown.show(plan, removal=True)
        if protected:
            words.say("The load balancer's deletion protection (load_balancer.deletion_protection) is lifted first.")
        if secrets_note:
            words.say(secrets_note)
    if asks:
        words.ask_name(app, command=f"{command} --yes")
    elif (lost := data_in(plan)) and not force:
        raise UsageError(
            f"this would destroy {', '.join(lost)}",
            why="with --yes no one has read the list",
            hint=f"{command} --yes --force, or protect it in ecsctl.toml, or run it on a terminal without --yes",
        )
    for ids in protected:
        LoadBalancer.unprotect(aws, ids)
