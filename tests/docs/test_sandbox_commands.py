"""Every command of the docs about the sandbox's server is run, in the order in which a person would."""

from __future__ import annotations

from pathlib import Path

from tests.docs import moments
from tests.docs.rows import SERVER


def test_commands_about_the_sandbox_print_what_their_pages_say(tmp_path: Path) -> None:
    with moments.on_a_server(tmp_path / "shop") as run:
        found = moments.wrong(SERVER, run)
    assert not found, moments.told(found)
