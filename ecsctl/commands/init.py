"""ecsctl init: write ecsctl.toml for the repository one stands in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    force: Annotated[bool, typer.Option("--force", help="Overwrite an ecsctl.toml that is there.")] = False,
) -> None:
    """Write a commented ecsctl.toml: git remote, branch and the Dockerfile's port are found by themselves."""
    from ecsctl.operations.init import propose, write
    from ecsctl.ui import words

    proposal = propose(Path.cwd())
    path = write(proposal, force=force)
    for note in proposal.notes:
        words.say(note)
    print(path)  # noqa: T201 - what stdout carries
    words.next_step("ecsctl up --sandbox")
