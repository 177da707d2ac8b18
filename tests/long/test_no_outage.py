"""While a configuration is changed, or the change dies anywhere, a client of the app is answered at every moment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.crash.conftest import some
from tests.stack.changes import LONG, PLAIN, REFUSED, SECURE
from tests.stack.client import watched
from tests.stack.conftest import World, desired_stack
from tests.stack.test_no_outage import never_unanswered, refused, world  # noqa: F401 - a fixture
from tests.stack.theirs import Configured


@pytest.mark.parametrize(("before", "after"), [pytest.param(*LONG[name], id=name) for name in some(LONG, 16)])
def test_a_client_is_answered_at_every_moment_of_a_change(
    world: World,  # noqa: F811 - the fixture
    before: Configured,
    after: Configured,
) -> None:
    never_unanswered(world, before, after)


@pytest.mark.parametrize(
    ("before", "after"), [pytest.param(*REFUSED[name], id=name) for name in some(list(REFUSED)[1:], 3)]
)
def test_what_cannot_be_changed_under_a_running_app_is_refused_untouched(
    world: World,  # noqa: F811 - the fixture
    before: Configured,
    after: Configured,
) -> None:
    refused(world, before, after)


class Died(BaseException):
    """The end of a process."""


@pytest.mark.parametrize("dies", some(range(1, 24), 3))
@pytest.mark.parametrize(
    ("before", "after"), [(PLAIN, desired_stack(service={"port": 9000}, github=None)), (SECURE, PLAIN)]
)
def test_a_change_that_dies_anywhere_silences_nobody_and_is_finished_by_the_next(
    world: World,  # noqa: F811 - the fixture
    before: Configured,
    after: Configured,
    dies: int,
) -> None:
    client = watched(world, before, after)
    session, changes = world.open(after), 0

    def heard(_service: str, operation: str, *_more: Any) -> None:
        nonlocal changes
        client()
        if not operation.startswith(("describe", "list", "get", "batch_get")):
            changes += 1
            if changes >= dies:
                raise Died

    session.aws.heard = heard
    try:
        session.engine.up(session.desired_stack, agree=lambda _plan: None)
    except (Died, Exception):  # noqa: BLE001 - however it ends, the next run goes on from there
        assert changes >= dies
    world.up(after)
    client.never_failed()
    assert world.plan(after).work == ()
