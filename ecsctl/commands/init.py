"""ecsctl init: write ecsctl.toml for the repository one stands in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ecsctl.operations.init import Proposal


def init(
    force: Annotated[bool, typer.Option("--force", help="Overwrite an ecsctl.toml that is there.")] = False,
    account_id: Annotated[
        str,
        typer.Option(
            metavar="ID", help="The only AWS account to work in. On a terminal you are asked whether yours shall be it."
        ),
    ] = "",
    dockerfile: Annotated[
        str,
        typer.Option(metavar="PATH", help="The app's Dockerfile, from the repository's root, if there are several."),
    ] = "",
    buildspec: Annotated[
        bool, typer.Option("--buildspec", help="Write ecsctl's buildspec.yml too, to change it; none is needed.")
    ] = False,
) -> None:
    """Write a commented ecsctl.toml, filled in from git, the Dockerfile and compose files."""
    from dataclasses import replace

    from ecsctl.operations.init import propose, write
    from ecsctl.ui import words
    from ecsctl.ui.console import interactive

    asks = interactive() and (force or not propose(Path.cwd()).path.exists())
    proposal = propose(Path.cwd(), words.choose if asks else None, dockerfile)
    proposal = replace(proposal, account_id=account_id or _offered(proposal, force=force))
    said: list[str] = []
    path = write(proposal, force=force, buildspec=buildspec, say=said.append)
    for note in (*proposal.notes, *said):
        words.say(note)
    print(path)  # noqa: T201 - what stdout carries
    if proposal.image:
        words.next_step("ecsctl up --sandbox")
    else:
        words.hint("put a Dockerfile here, then: ecsctl init --force")


def _offered(proposal: Proposal, *, force: bool) -> str:
    """The account of the credentials at hand, if a person wants it to be the only one; else an empty string."""
    from ecsctl.operations.init import caller
    from ecsctl.ui import words
    from ecsctl.ui.console import interactive

    if not interactive() or (proposal.path.exists() and not force):
        return ""
    account, arn = caller()
    question = f"Your credentials are of account {account}, as {arn}. Shall ecsctl work in no other account?"
    return account if account and words.agrees(question) else ""
