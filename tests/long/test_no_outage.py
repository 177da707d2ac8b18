"""While a configuration is changed, or the change dies anywhere, a client of the app is answered at every moment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack.client import watched
from tests.stack.conftest import World, wishes
from tests.stack.test_no_outage import PLAIN, SECURE, with_, world  # noqa: F401 - a fixture

CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a domain is added": (PLAIN, SECURE),
    "a port and more": (PLAIN, with_(service={"port": 9000, "cpu": 512, "memory": 1024})),
    "a health path": (PLAIN, with_(service={"health_path": "/ready"})),
    "tasks in public subnets": (PLAIN, with_(vpc={"egress": "public"})),
    "tasks in private subnets": (with_(vpc={"egress": "public"}), PLAIN),
    "a gateway more": (PLAIN, with_(vpc={"egress": "nat-per-az"})),
    "a gateway less": (with_(vpc={"egress": "nat-per-az"}), PLAIN),
    "environment": (PLAIN, with_(service={"environment": {"GREETING": "hi"}})),
    "a command": (PLAIN, with_(service={"command": ["python", "-m", "app"]})),
    "exec": (PLAIN, with_(service={"exec": True})),
    "no exec": (with_(service={"exec": True}), PLAIN),
    "autoscaling": (PLAIN, with_(service={"autoscaling": {"min": 2, "max": 3}})),
    "no autoscaling": (with_(service={"autoscaling": {"min": 2, "max": 3}}), PLAIN),
    "more tasks": (PLAIN, with_(service={"desired_count": 3})),
    "fewer tasks": (with_(service={"desired_count": 3}), PLAIN),
    "half of the tasks": (
        with_(service={"desired_count": 2, "min_healthy_percent": 50, "max_percent": 100}),
        with_(service={"desired_count": 2, "min_healthy_percent": 50, "max_percent": 100, "port": 9000}),
    ),
    "the load balancer's ways": (PLAIN, with_(load_balancer={"idle_timeout_seconds": 120, "http2": False})),
    "no insights": (PLAIN, with_(service={"container_insights": "disabled"})),
    "retention and tags": (PLAIN, with_(logs={"retention_days": 7}, tags={"team": "web"}, owner="eve")),
    "delivery is added": (PLAIN, wishes(domain=None)),
    "delivery is removed": (wishes(domain=None), PLAIN),
    "builds alone": (wishes(domain=None), wishes(domain=None, pipeline={"mode": "build-only"})),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES.keys())
def test_a_client_is_answered_at_every_moment_of_a_change(
    world: World,  # noqa: F811 - the fixture
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    client = watched(world, before, after)
    world.up(after)
    client.judge()
    assert world.plan(after).work == ()


class Died(BaseException):
    """The end of a process."""


@pytest.mark.parametrize("dies", range(1, 24, 2))
@pytest.mark.parametrize(("before", "after"), [(PLAIN, wishes(service={"port": 9000}, github=None)), (SECURE, PLAIN)])
def test_a_change_that_dies_anywhere_silences_nobody_and_is_finished_by_the_next(
    world: World,  # noqa: F811 - the fixture
    before: dict[str, Any],
    after: dict[str, Any],
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
        session.engine.up(session.wishes, agree=lambda _plan: None)
    except (Died, Exception):  # noqa: BLE001 - however it ends, the next run goes on from there
        assert changes >= dies
    world.up(after)
    client.judge()
    assert world.plan(after).work == ()
