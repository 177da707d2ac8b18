"""Whatever befalls an `up`: that run, or one plain run after it, ends where a clean `up` ends."""

from __future__ import annotations

import pytest

from tests.crash.conftest import COMPLETE, Part, Struck, sample, some
from tests.crash.faults import DEATHS, DENIED, LASTING, PASSING, Fault
from tests.crash.matrix import Matrix

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("part", sample(16))
def test_killed_at_any_change_the_same_command_again_finishes(struck: Struck, death: str, part: Part) -> None:
    matrix = Matrix(struck)
    assert matrix.killed(struck.up, death, matrix.up_again, part) == []


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("part", sample(6))
def test_killed_at_any_change_down_alone_cleans_up(struck: Struck, death: str, part: Part) -> None:
    matrix = Matrix(struck)
    assert matrix.killed(struck.up, death, matrix.down_again, part) == []


@pytest.mark.parametrize("part", sample(12))
def test_killed_then_up_then_down_leaves_what_was_before(struck: Struck, part: Part) -> None:
    matrix = Matrix(struck)
    assert matrix.killed(struck.up, "killed after", matrix.up_and_down_again, part) == []


@pytest.mark.parametrize("fault", some(PASSING, 3))
@pytest.mark.parametrize("part", [pytest.param((0, 1), id="at each"), *(sample(64) if COMPLETE else [])])
def test_what_passes_by_itself_needs_no_second_run(struck: Struck, fault: str, part: Part) -> None:
    matrix = Matrix(struck)
    judge = matrix.is_up_perhaps_registered_twice if fault == "delivered twice" else matrix.is_up
    told = matrix.outlived(struck.up, PASSING[fault], judge, part)
    assert told.failure == ""


@pytest.mark.parametrize("fault", [*LASTING.values(), DENIED], ids=[*LASTING, "denied"])
@pytest.mark.parametrize("part", sample(40))
def test_what_lasts_ends_the_run_with_a_reason_and_the_next_run_finishes(
    struck: Struck, fault: Fault, part: Part
) -> None:
    matrix = Matrix(struck)
    assert matrix.ended(struck.up, fault, matrix.up_again, part, looks=fault is not DENIED) == []
