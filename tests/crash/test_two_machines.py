"""Two runs at once on two machines: two folders, two records, one account, and no lock between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine.errors import EcsctlError
from ecsctl.engine.patience import Clock
from tests.crash.branch import branch
from tests.crash.conftest import Struck
from tests.crash.faults import Make, Script
from tests.crash.matrix import Matrix
from tests.crash.table import COMPLETE, SEED, Tally

pytestmark = pytest.mark.timeout(600)


@contextmanager
def the_other_machine() -> Iterator[None]:
    """Another folder for a while."""
    here, there = Path.cwd(), Path.cwd() / "other"
    there.mkdir(exist_ok=True)
    os.chdir(there)
    try:
        yield
    finally:
        os.chdir(here)


def ended_with_an_error_of_ours(run: Any, *arguments: Any) -> None:
    """A run that may end in any way that is not a traceback."""
    with suppress(EcsctlError):
        run(*arguments)


@pytest.mark.parametrize("other", ["up", "down"])
@pytest.mark.parametrize("at", range(60) if COMPLETE else [SEED % 12, 12 + SEED % 48])
def test_two_at_once_end_with_a_reason_and_down_on_both_leaves_what_was_there_before(
    struck: Struck, tally: Tally, at: int, other: str
) -> None:
    """In the middle of an `up`, all of another machine's command; then each machine's `down`.

    What both have made is doubled until then: without a lock that both see, nobody can prevent that.
    """
    matrix = Matrix(struck, tally)
    commands = {"up": struck.up, "down": struck.down}

    def meet(make: Make, _operation: str, _clock: Clock) -> Any:
        script, struck.script = struck.script, Script()
        with the_other_machine():
            ended_with_an_error_of_ours(commands[other])
        struck.script = script
        return make()

    def body() -> None:
        script = Script(lambda number, _: meet if number == at else None)
        ended_with_an_error_of_ours(struck.struck, struck.up, script)
        struck.down()  # first who came second: the one validation record of both certificates is the other's
        with the_other_machine():
            struck.down()
            assert not struck.record.exists()
        matrix.is_gone()

    failure = branch(body).failure
    told = tally.add(f"another machine's `{other}` meanwhile", "up", "`down` on both leaves what was there before",
                     [failure] if failure else [])  # fmt: skip
    assert told == []
