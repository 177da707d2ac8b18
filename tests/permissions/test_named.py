"""An error of a read names what was read, whatever call it is that AWS refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecsctl.resources import kinds
from ecsctl.sandbox.core import authorization
from tests.permissions.recorded import BARE
from tests.permissions.test_unused import an_app, deny, ends

WITH = {**BARE, "domain": {"name": "hello.ecsctl.example"},
        "github": {"repository": "ecsctl/hello", "token_secret": "github/token"}}  # fmt: skip
TITLES = "|".join(re.escape(kind.title) for kind in kinds())
NAMED = re.compile(rf"error: (?:reading .+|(?:{TITLES})(?: \S.*)?): not allowed to call \w+", re.MULTILINE)


@pytest.mark.parametrize(("command", "usual"), [("plan", 0), ("down", 2)])
def test_it_is_named(tmp_path: Path, command: str, usual: int) -> None:
    """`down` without anybody to ask changes nothing: it has read everything by then."""
    with an_app(tmp_path, WITH) as runs:
        assert ends(runs, "up --yes") == {"up --yes": 0}
        assert ends(runs, command) == {command: usual}
        actions = sorted({one.action for one in runs.found.needed[command]})
        unnamed = {}
        for action in actions:
            authorization.enforce(deny(action), "service-control")
            runs.found.ended.clear()
            runs.run(command)
            code, said = runs.found.ended[command]
            if code == 3 and not NAMED.search(said):
                unnamed[action] = said
        assert len(actions) > 20
        assert unnamed == {}
