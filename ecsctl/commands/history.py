"""ecsctl history: what was released, of the web or of another process, and what differs between two revisions."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ecsctl.commands.options import ON_AWS, Common, Sandbox, shares

Output = Annotated[str | None, typer.Option("--output", "-o", help="What stdout carries: text or json.")]


class _OrProcess(TyperGroup):
    """A group whose first word is a process's name unless it is a command's."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is meant, and its words."""
        own = args[:1] and args[0] not in self.commands and not args[0].startswith("-")
        return super().resolve_command(ctx, ["of", *args] if own else args)


app = typer.Typer(name="history", help="What was released, and what differs between revisions.", cls=_OrProcess,
                  invoke_without_command=True, subcommand_metavar="[PROCESS]")  # fmt: skip


@app.callback()
@shares(*ON_AWS, "output")
def history(
    common: Common,
    context: typer.Context,
) -> None:
    """List the releases of the last 90 days, the newest first: image, commit, who, when, and how each ended.

    With the name of a worker, those of its own service.
    """
    context.obj = common
    if not context.invoked_subcommand:
        _list(common)


@app.command("of", hidden=True)
def of(
    context: typer.Context,
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="A worker's name.")],
    sandbox: Sandbox = False,
    output: Output = None,
) -> None:
    """List the releases of one process."""
    _list(_over(context.obj, sandbox, output), process)


def _list(common: Common, process: str = "") -> None:
    from ecsctl.commands.opening import opened
    from ecsctl.names import Names
    from ecsctl.releases.history import history as releases
    from ecsctl.releases.reading import default_names
    from ecsctl.ui import history as shown
    from ecsctl.ui import output as json

    with opened(common, "history", reads=True) as app:
        session = app.over_app()
        found = releases(session.aws, session.state, process)
        process = process or default_names(session.aws, Names(app.app)).process
    if common.is_json:
        json.emit(shown.document(found, session.where, process))
    else:
        shown.show(found, session.aws.now())


@app.command()
def diff(
    context: typer.Context,
    one: Annotated[str, typer.Argument(metavar="A", help="A revision, such as 7.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another revision.")],
    sandbox: Sandbox = False,
    output: Output = None,
) -> None:
    """Show what differs between two revisions: the environment by name, secrets by ARN, never a secret's value.

    A worker's are named with their family: hello_mailer:7.
    """
    from ecsctl.commands.opening import opened
    from ecsctl.releases.history import compare
    from ecsctl.ui import history as shown
    from ecsctl.ui import output as json

    common = _over(context.obj, sandbox, output)
    with opened(common, "history", reads=True) as app:
        session = app.over_app()
        before, after, found = compare(session.aws, session.state, one, other)
    if common.is_json:
        json.emit(shown.difference_document(before.arn, after.arn, found, session.where))
    else:
        shown.differences(before.arn, after.arn, found)


def _over(above: Common, sandbox: bool, output: str | None) -> Common:
    """The shared options of the group, overridden by those after the subcommand."""
    from dataclasses import replace

    from ecsctl.errors import UsageError

    if output not in (None, "text", "json"):
        raise UsageError(f"{output!r} is not text or json", hint="--output text, or --output json")
    return replace(above, sandbox=sandbox or above.sandbox, output=output or above.output)
