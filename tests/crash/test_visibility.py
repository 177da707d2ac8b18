"""EC2 shows late what was just made, by id and in lists: nothing is made twice, in one run or over a death."""

from __future__ import annotations

import pytest

from ecsctl.aws import patience
from ecsctl.engine.known import WINDOW
from ecsctl.sandbox.aws import ec2
from tests.crash.branch import branch
from tests.crash.conftest import Part, Struck, sample
from tests.crash.matrix import Matrix
from tests.crash.table import Tally

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("late", [1.0, 60.0])  # seconds: until the first read, and over several
def test_what_shows_late_is_waited_for(
    struck: Struck, tally: Tally, late: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = Matrix(struck, tally)
    monkeypatch.setattr(patience, "MOST", 10.0)
    what = f"new ids unseen for {late:.0f} seconds"

    def up() -> None:
        ec2.lag(late)
        struck.up()
        matrix.must_be_up_at_rest()

    def down() -> None:
        ec2.lag(late)
        struck.up()
        struck.down()
        matrix.must_be_gone()

    failures = [
        tally.add(what, command, "that very run succeeds", [failure] if (failure := branch(case).failure) else [])
        for command, case in (("up", up), ("down", down))
    ]
    assert failures == [[], []]


@pytest.mark.parametrize("command", ["up", "down"])
@pytest.mark.parametrize("part", sample(32))
def test_killed_and_begun_again_while_nothing_new_shows(struck: Struck, tally: Tally, part: Part, command: str) -> None:
    matrix = Matrix(struck, tally)
    late = WINDOW * 0.8

    def up_again() -> None:
        ec2.lag(late)
        matrix.up_again()

    def down_again() -> None:
        ec2.lag(late)
        matrix.down_again()

    then = {"up": up_again, "down": down_again}[command]
    also = f", new ids unseen for {late:.0f} seconds"
    assert matrix.killed(struck.up, ["killed after"], then, part, also) == []
