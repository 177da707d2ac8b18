"""ecsctl plan: what `up` would do."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ecsctl.commands.options import ON_AWS, Common, shares


@shares(*ON_AWS, "output", "trace")
def plan(
    common: Common,
    detailed_exitcode: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="Exit 0: nothing to change, 2: something to change, 1: any error."),
    ] = False,
    graph: Annotated[
        Literal["mermaid"] | None,
        typer.Option(
            "--graph", help="Print the graph of dependencies instead, in Mermaid's language.", show_default=False
        ),
    ] = None,
) -> None:
    """Show what `up` would change. Changes nothing."""
    if graph:
        _draw(common, nothing_else=not (detailed_exitcode or common.is_json))
        return
    from ecsctl.commands.opening import opened
    from ecsctl.costs.estimate import estimated
    from ecsctl.engine.planning import refuse
    from ecsctl.errors import EcsctlError
    from ecsctl.github.committed import unbuildable
    from ecsctl.operations.set_by_others import set_by_others
    from ecsctl.ui import errors, words
    from ecsctl.ui import output as json
    from ecsctl.ui import plan as shown

    try:
        with opened(common, "plan", config=True, reads=True) as app:
            session = app.over_stack()
            app.introduce(session)
            app.tell_uncommitted()
            found = session.engine.plan(session.desired_stack)
            others = set_by_others(app.aws, session.engine.label, app.configured)
        estimate = estimated(session.desired_stack, found)
        if common.is_json:
            json.emit(json.plan_document(found, session.where, estimate, others))
        else:
            shown.show(found, estimate=estimate, asked_for=True)
            for one in others:
                words.warning(one)
        refuse(found)
        refused = unbuildable(session, app.where.folder, app.branch)
    except EcsctlError as error:
        if not detailed_exitcode:
            raise
        errors.show(error)
        raise typer.Exit(1) from error
    if refused and not common.is_json:
        words.warning(f"{refused}, and there is no image to run either: this will be refused")
        words.hint(refused.hint)
    elif found.work and not common.is_json:
        words.next_step("ecsctl up")
    if detailed_exitcode and found.work:
        raise typer.Exit(2)


def _draw(common: Common, *, nothing_else: bool) -> None:
    """Print the graph of the stack as ecsctl.toml describes it, whether it exists or not."""
    from ecsctl.commands.opening import opened
    from ecsctl.errors import UsageError
    from ecsctl.ui.picture import mermaid

    if not nothing_else:
        raise UsageError(
            "--graph goes with neither --detailed-exitcode nor --output json", hint="leave one of them out"
        )
    with opened(common, "plan", config=True, reads=True) as app:
        stack = app.over_stack().desired_stack
    titles = {name: node.desired.title for name, node in stack.nodes.items()}
    print(mermaid(stack.graph, titles), end="")  # noqa: T201 - what stdout carries
