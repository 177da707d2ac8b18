"""While a configuration is changed, a client of the app is answered at every moment; or the plan names the outage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine.errors import EcsctlError
from ecsctl.sandbox import route53
from ecsctl.sandbox.inprocess import inprocess
from tests.stack.client import Ticking, watched
from tests.stack.conftest import World, wishes

PLAIN = wishes(domain=None, github=None)


SECURE = wishes(github=None)


def with_(**changed: Any) -> dict[str, Any]:
    return {**PLAIN, **changed}


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the domain is removed": (wishes(github=None), PLAIN),
    "another domain": (wishes(github=None), wishes(github=None, domain={"name": "other.ecsctl.example"})),
    "another port": (PLAIN, with_(service={"port": 9000})),
    "all at once": (PLAIN, wishes(service={"port": 9000, "exec": True}, vpc={"egress": "public"})),
}
"""All others are among the long proofs: tests/long/test_no_outage.py."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Ticking()
    with inprocess(clock):
        yield World(clock, tmp_path)


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES.keys())
def test_a_client_is_answered_at_every_moment_of_a_change(
    world: World, before: dict[str, Any], after: dict[str, Any]
) -> None:
    client = watched(world, before, after)
    world.up(after)
    client.judge()
    assert world.plan(after).work == ()


def test_a_domain_that_is_not_delegated_takes_nothing_off_the_air(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route53, "standing_since", lambda *_: None)
    client = watched(world, PLAIN, SECURE)
    world.clock.each = lambda: None  # type: ignore[attr-defined]  # it takes 45 minutes: each call is enough
    with pytest.raises(EcsctlError, match="certificate"):
        world.up(SECURE)
    client.judge()


SILENT = {
    "no task": {"desired_count": 0},
    "all tasks at once": {"min_healthy_percent": 0, "max_percent": 100, "cpu": 512, "memory": 1024},
}


@pytest.mark.parametrize("service", SILENT.values(), ids=SILENT.keys())
def test_what_silences_the_app_is_told_in_the_plan(world: World, service: dict[str, Any]) -> None:
    after = with_(service=service)
    client = watched(world, PLAIN, after)
    told = [step.impact for step in world.plan(after).work if step.impact]
    assert len(told) == 1
    assert "not answer" in told[0]
    world.up(after)
    world.clock.sleep(60)
    assert client.failed != [], "the plan told of an outage that there is not"


def test_what_clients_notice_is_told_in_the_plan(world: World) -> None:
    watched(world, PLAIN, PLAIN)
    told = {step.name: step.impact for step in world.plan({**SECURE, "service": {"health_path": "/ready"}}).work}
    assert "asked at /ready at once" in told["target-group"]
    assert "HTTP moves to HTTPS" in told["http"]
