"""Whatever befalls a `down`: that run, or one plain run after it, leaves exactly what was there before the `up`."""

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
    struck.up()
    assert matrix.killed(struck.down, death, matrix.down_again, part) == []


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("part", sample(6))
def test_killed_at_any_change_up_makes_all_anew(struck: Struck, death: str, part: Part) -> None:
    matrix = Matrix(struck)
    struck.up()
    assert matrix.killed(struck.down, death, matrix.up_anew, part) == []


@pytest.mark.parametrize("fault", some(PASSING, 3))
@pytest.mark.parametrize("part", [pytest.param((0, 1), id="at each"), *(sample(64) if COMPLETE else [])])
def test_what_passes_by_itself_needs_no_second_run(struck: Struck, fault: str, part: Part) -> None:
    matrix = Matrix(struck)
    struck.up()
    told = matrix.outlived(struck.down, PASSING[fault], matrix.is_gone, part)
    assert told.failure == ""


@pytest.mark.parametrize("fault", [*LASTING.values(), DENIED], ids=[*LASTING, "denied"])
@pytest.mark.parametrize("part", sample(40))
def test_what_lasts_ends_the_run_with_a_reason_and_the_next_run_finishes(
    struck: Struck, fault: Fault, part: Part
) -> None:
    matrix = Matrix(struck)
    struck.up()
    assert matrix.ended(struck.down, fault, matrix.down_again, part, looks=fault is not DENIED) == []
