"""Jobs and a worker come to a running app and go again: killed at each of the changes."""

from __future__ import annotations

import pytest

from ecsctl.engine.plan import Plan
from tests.crash.conftest import Part, Struck, sample
from tests.crash.matrix import Matrix
from tests.crash.table import Tally
from tests.stack.conftest import desired_stack, same

pytestmark = pytest.mark.timeout(900)

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
WEB = desired_stack(domain=None, github=None, service={"desired_count": 0})
JOBS = {
    **WEB,
    "workers": {"mailer": {"command": ["c"], "desired_count": 0}},
    "jobs": {
        "nightly": {"command": ["a"], "schedule": "cron(0 3 1 1 ? *)", "timeout_minutes": 60, "overlap": "refuse"},
        "weekly": {"command": ["b"], "schedule": "cron(0 3 1 1 ? *)"},
    },
}


@pytest.mark.parametrize("part", sample(3))
def test_killed_while_jobs_come_the_same_command_again_finishes(struck: Struck, tally: Tally, part: Part) -> None:
    struck.up(WEB, image=IMAGE)

    def up() -> Plan:
        return struck.up(JOBS)

    matrix = Matrix(struck, tally, up)
    assert matrix.killed(up, ["killed after", "killed before"], matrix.up_again, part) == []
    struck.down()
    assert struck.written() == {}


@pytest.mark.parametrize("part", sample(3))
def test_killed_while_jobs_go_the_same_command_again_finishes(struck: Struck, tally: Tally, part: Part) -> None:
    struck.up(JOBS, image=IMAGE)

    def up() -> Plan:
        return struck.up(WEB)

    def up_again() -> None:
        """The state file may still name what was gone already when the run died."""
        up()
        same(matrix.clean, struck.account())
        assert struck.plan(WEB).work == ()

    matrix = Matrix(struck, tally, up)
    assert matrix.killed(up, ["killed after"], up_again, part) == []
    struck.down()
    assert struck.written() == {}
