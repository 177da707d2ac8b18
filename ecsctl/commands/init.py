"""ecsctl init: write ecsctl.toml for the current repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ecsctl.operations.init import Proposal


def init(
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing ecsctl.toml.")] = False,
    account_id: Annotated[
        str,
        typer.Option(
            metavar="ID", help="The only AWS account to work in. On a terminal, init offers that of your credentials."
        ),
    ] = "",
    dockerfile: Annotated[
        str,
        typer.Option(metavar="PATH", help="The app's Dockerfile, from the repository's root, if there are several."),
    ] = "",
    buildspec: Annotated[
        bool, typer.Option("--buildspec", help="Write ecsctl's buildspec.yml too, to change it; none is needed.")
    ] = False,
    all_options: Annotated[
        bool, typer.Option("--all-options", help="Write every other option too, in a comment with its default.")
    ] = False,
    build: Annotated[
        bool, typer.Option("--build/--no-build", help="Whether AWS builds the image, or it comes from elsewhere.")
    ] = True,
    sandbox: Annotated[bool, typer.Option("--sandbox", envvar="ECSCTL_SANDBOX", hidden=True)] = False,
) -> None:
    """Write ecsctl.toml, filled in from git, the Dockerfile and compose files."""
    from dataclasses import replace

    from ecsctl.operations.init import propose, write
    from ecsctl.ui import words
    from ecsctl.ui.console import is_interactive

    first = replace(propose(Path.cwd(), dockerfile=dockerfile), builds=build)
    first.check()
    asks = is_interactive() and (force or not first.path.exists())
    proposal = propose(Path.cwd(), words.choose, dockerfile) if asks else first
    account_id = account_id or _offered(proposal, force=force)
    proposal = replace(proposal, builds=build, account_id=account_id, every=all_options)
    said: list[str] = []
    path = write(proposal, force=force, buildspec=buildspec, say=said.append)
    for note in (*proposal.notes, *said):
        if note not in proposal.doubts:
            words.say(note)
    for doubt in proposal.doubts:  # last, where they are read
        words.warning(doubt)
    print(path)  # noqa: T201 - what stdout carries
    if commands := proposal.unpushed() if build else ():
        words.say("only what is committed gets built:" if sandbox else "only what is committed and pushed gets built:")
        for command in commands:
            if not (sandbox and command.startswith("git push")):  # the sandbox's GitHub holds what is in this folder
                words.next_step(command)
    words.next_step("ecsctl up --sandbox")


def _offered(proposal: Proposal, *, force: bool) -> str:
    """The account of the current credentials, if a person chooses it as the only one; otherwise an empty string."""
    from ecsctl.operations.init import caller
    from ecsctl.ui import words
    from ecsctl.ui.console import is_interactive

    if not is_interactive() or (proposal.path.exists() and not force):
        return ""
    account, arn = caller()
    question = f"Your credentials are of account {account}, as {arn}. Shall ecsctl work in no other account?"
    return account if account and words.agrees(question) else ""
