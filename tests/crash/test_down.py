"""Whatever happens to a `down`: that run, or one plain run after it, leaves exactly what was there before the `up`."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Part, Struck, over, parts, sample, some
from tests.crash.faults import DEATHS, DENIED, LASTING, LOST, PASSING
from tests.crash.matrix import Matrix
from tests.crash.table import COMPLETE, Tally

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(("stack", "part"), [*over("whole", parts(3)), *over("beside", sample(16))])
def test_killed_at_any_change_the_same_command_again_finishes(
    struck: Struck, tally: Tally, stack: str, part: Part
) -> None:
    matrix = Matrix(struck.over(stack), tally)
    struck.up()
    assert matrix.killed(struck.down, DEATHS, matrix.down_again, part, by_kind=True) == []


@pytest.mark.parametrize("part", sample(32))
def test_after_a_down_killed_at_any_change_up_creates_everything_again(
    struck: Struck, tally: Tally, part: Part
) -> None:
    matrix = Matrix(struck, tally)
    struck.up()
    assert matrix.killed(struck.down, DEATHS, matrix.up_anew, part) == []


@pytest.mark.parametrize("fault", [LOST, *some([name for name in PASSING if name != LOST], 2)])
def test_what_passes_by_itself_needs_no_second_run(struck: Struck, tally: Tally, fault: str) -> None:
    matrix = Matrix(struck.over("whole"), tally)
    struck.up()
    parts = [(0, 1), (0, 2), (1, 2)] if fault == LOST else [(0, 1)]
    failures = [matrix.outlived(struck.down, fault, PASSING[fault], matrix.must_be_gone, part) for part in parts]
    assert failures == [[]] * len(parts)


@pytest.mark.parametrize("fault", PASSING if COMPLETE else [LOST])
@pytest.mark.parametrize("part", sample(32))
def test_what_passes_by_itself_at_one_change_needs_no_second_run(
    struck: Struck, tally: Tally, fault: str, part: Part
) -> None:
    matrix = Matrix(struck, tally)
    struck.up()
    assert matrix.outlived_each(struck.down, fault, PASSING[fault], matrix.must_be_gone, part) == []


@pytest.mark.parametrize("fault", [*LASTING, "permission missing"])
@pytest.mark.parametrize("part", sample(64))
def test_what_lasts_ends_the_run_with_a_reason_and_the_next_run_finishes(
    struck: Struck, tally: Tally, fault: str, part: Part
) -> None:
    matrix = Matrix(struck, tally)
    struck.up()
    what, reads = LASTING.get(fault, DENIED), fault in LASTING
    assert matrix.ended(struck.down, fault, what, matrix.down_again, part, reads=reads) == []
