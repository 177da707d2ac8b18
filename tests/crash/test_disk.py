"""A disk that is full or read-only: the run ends with the reason, and the next one finishes.

On a small stack from any write on; on the whole stack from any changing call on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecsctl.aws.patience import Clock as AnyClock
from ecsctl.errors import EcsctlError, Several, StateError
from tests.crash.conftest import Part, Struck, sample
from tests.crash.disk import BROKEN, breaking_disk
from tests.crash.faults import Make
from tests.crash.matrix import Matrix
from tests.crash.table import Tally
from tests.engine.conftest import Run, toybox
from tests.engine.test_up import BOTH, held
from tests.engine.toys import Clock, Cloud

WRITES = 200  # more than a run makes


def ended(run: Callable[..., Any], *arguments: Any) -> list[EcsctlError]:
    """The errors that a run ended with."""
    try:
        run(*arguments)
    except Several as error:
        return list(error.errors)
    except EcsctlError as error:
        return [error]
    return []


@pytest.mark.parametrize("code", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("command", ["up", "down"])
def test_a_disk_that_takes_no_more_ends_the_run_with_the_reason_and_the_next_one_finishes(
    tmp_path: Path, command: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no power is cut here
    for since in range(WRITES):
        cloud = Cloud(Clock())
        run = Run(cloud, tmp_path / str(since) / ".ecsctl" / "state.json")
        if command == "down":
            run.up(toybox())
        before = list(cloud.calls)
        with breaking_disk(code, lambda number, since=since: number >= since) as tried:
            errors = ended(run.up, toybox()) if command == "up" else ended(run.down)
        if len(tried) <= since:
            assert errors == []
            break
        if errors:
            assert [type(error) for error in errors] == [StateError], f"write {since} failed"
            assert "the state file cannot be written" in errors[0].message
            assert errors[0].why == os.strerror(code)
        else:  # all was done but to clear away what nobody needs any more
            assert set(tried[since:]) == {"unlink"}
            assert held(cloud) == (BOTH if command == "up" else [])
        if since == 0:
            assert cloud.calls == before
        if command == "up":
            run.up(toybox())
            assert held(cloud) == BOTH
        run.down()
        assert cloud.things == []
        assert not run.state_file.exists()
    else:
        pytest.fail(f"more than {WRITES} writes")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("command", ["up", "down"])
@pytest.mark.parametrize("part", sample(32))
def test_the_next_run_finishes_the_whole_stack_after_a_disk_was_full(
    struck: Struck, tally: Tally, command: str, fault: str, part: Part
) -> None:
    matrix = Matrix(struck, tally)
    broken = False
    if command == "down":
        struck.up()

    def breaks(make: Make, _operation: str, _clock: AnyClock) -> Any:
        nonlocal broken
        broken = True
        return make()

    def up_again() -> None:
        nonlocal broken
        broken = False
        matrix.up_again()

    def down_again() -> None:
        nonlocal broken
        broken = False
        matrix.down_again()

    run, then = {"up": (struck.up, up_again), "down": (struck.down, down_again)}[command]
    with breaking_disk(BROKEN[fault], lambda _: broken):
        assert matrix.ended(run, fault, breaks, then, part, reads=False, well=then) == []
