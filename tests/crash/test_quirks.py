"""What AWS refuses today and accepts in a moment, every row of the table: one run outlives all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ecsctl.aws import patience
from ecsctl.aws.clients import Call
from ecsctl.aws.patience import Clock
from ecsctl.engine.transients import TRANSIENTS
from tests.crash.branch import branch
from tests.crash.conftest import Struck
from tests.crash.faults import Make, Script, refusal
from tests.crash.matrix import Matrix
from tests.crash.table import SEED, Tally

pytestmark = pytest.mark.timeout(300)


class Quirks(Script):
    """Lets AWS answer with every refusal that an operation has in the table, each so many times, one after another."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.shown: Counter[tuple[str, str]] = Counter()  # by operation and refusal

    def deliver(self, call: Call, parameters: dict[str, Any], make: Make, clock: Clock, operation: str) -> Any:
        """The next refusal that is not used up, or the call itself."""
        for row in TRANSIENTS:
            if operation in row.operations.split() and self.shown[operation, row.says] < self.times:
                self.shown[operation, row.says] += 1
                codes = row.codes.split()
                raise refusal(operation, codes[SEED % len(codes)], f"AWS says: {row.words}.")
        return make()


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("command", ["up", "down"])
def test_every_refusal_that_passes_is_outlived_by_one_run(
    struck: Struck, tally: Tally, command: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limit of a refusal is that of one piece of work: a resource that takes ten calls is not refused thirty times.
    matrix = Matrix(struck.over("whole" if times == 1 else "usual"), tally)
    monkeypatch.setattr(patience, "MOST", 10.0)  # limits are meant for pauses as they are
    quirks = Quirks(times)
    runs: dict[str, tuple[Callable[..., Any], Callable[[], None]]] = {
        "up": (struck.up, matrix.must_be_up_at_rest),
        "down": (struck.down, matrix.must_be_gone),
    }
    run, holds = runs[command]
    if command == "down":
        struck.up()

    def body() -> list[tuple[str, str]]:
        struck.struck(run, quirks)
        holds()
        return list(quirks.shown)

    ended = branch(body)
    for _ in ended.value or []:
        tally.add(f"a refusal that passes, {times} times", command, "that very run succeeds", [])
    assert ended.failure == ""
    assert len(ended.value) > 20
