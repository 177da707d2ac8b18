"""ecsctl history: what was released, and what differs between two revisions."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import ON_AWS, Common, Sandbox, shares

app = typer.Typer(name="history", help="What was released, and what differs between revisions.",
                  invoke_without_command=True)  # fmt: skip


@app.callback()
@shares(*ON_AWS, "output")
def history(
    common: Common,
    context: typer.Context,
) -> None:
    """List the releases of the last 90 days, the newest first: image, commit, who, when, and how each ended."""
    context.obj = common
    if context.invoked_subcommand:
        return
    from ecsctl.commands.opening import opened
    from ecsctl.releases.history import history as releases
    from ecsctl.ui import history as shown
    from ecsctl.ui import output as json

    with opened(common, "history", looks=True) as app:
        session = app.over_app()
        found = releases(session.aws, session.state)
    if common.json:
        json.emit(shown.document(found, session.where))
    else:
        shown.show(found, session.aws.now())


@app.command()
def diff(
    context: typer.Context,
    one: Annotated[str, typer.Argument(metavar="A", help="A revision, such as 7.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another revision.")],
    sandbox: Sandbox = False,
    output: Annotated[str | None, typer.Option("--output", "-o", help="What stdout carries: text or json.")] = None,
) -> None:
    """Show what differs between two revisions: the environment by name, secrets by ARN, never a secret's value."""
    from dataclasses import replace

    from ecsctl.commands.opening import opened
    from ecsctl.engine.errors import UsageError
    from ecsctl.releases.history import compare
    from ecsctl.ui import history as shown
    from ecsctl.ui import output as json

    if output not in (None, "text", "json"):
        raise UsageError(f"{output!r} is not text or json", hint="--output text, or --output json")
    above: Common = context.obj
    common = replace(above, sandbox=sandbox or above.sandbox, output=output or above.output)
    with opened(common, "history", looks=True) as app:
        session = app.over_app()
        before, after, found = compare(session.aws, session.state, one, other)
    if common.json:
        json.emit(shown.difference_document(before.arn, after.arn, found, session.where))
    else:
        shown.differences(before.arn, after.arn, found)
