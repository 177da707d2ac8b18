"""The sandbox's account is lost with its server, and so is what a state file says of it."""

from __future__ import annotations

from pathlib import Path

from ecsctl.engine.state_file import backup, peek
from ecsctl.sandbox.core.defaults import ACCOUNT


def forget(state_file: Path) -> None:
    """Remove the state file of an account that the sandbox has lost.

    A run would otherwise search for each resource in it, as patiently as on AWS, where what was just created may not be
    found yet. A state file of another account stays.
    """
    book = peek(state_file)
    if book is not None and book.account == ACCOUNT:
        backup(state_file).unlink(missing_ok=True)
        state_file.unlink(missing_ok=True)
