"""A running app changes over to blue-green, and back to the start at each of its changes."""

from __future__ import annotations

import pytest

from ecsctl.engine.plan import Plan
from tests.crash.conftest import Part, Struck, sample
from tests.crash.matrix import Matrix
from tests.crash.table import Tally
from tests.stack.conftest import desired_stack

pytestmark = pytest.mark.timeout(900)

ROLLING = desired_stack(domain=None, github=None, service={"desired_count": 0})
BLUE_GREEN = {**ROLLING, "deployment": {"strategy": "blue-green"}}


@pytest.mark.parametrize("part", sample(6))
def test_killed_while_the_strategy_changes_the_same_command_again_finishes(
    struck: Struck, tally: Tally, part: Part
) -> None:
    struck.up(ROLLING)

    def up() -> Plan:
        return struck.up(BLUE_GREEN)

    matrix = Matrix(struck, tally, up)
    assert matrix.killed(up, ["killed after"], matrix.up_again, part) == []
    struck.down()
    assert struck.written() == {}
