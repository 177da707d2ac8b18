"""While a configuration is changed, a client of the app is answered at every moment; or the plan names the outage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsctl.errors import EcsctlError
from ecsctl.sandbox.aws import route53
from ecsctl.sandbox.server.inprocess import inprocess
from tests.stack.changes import LONG, PLAIN, QUICK, REFUSED, SECURE, unanswered, with_
from tests.stack.client import Ticking, watched
from tests.stack.conftest import World, same
from tests.stack.theirs import Configured, theirs


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Ticking()
    with inprocess(clock):
        yield World(clock, tmp_path)


def never_unanswered(world: World, before: Configured, after: Configured) -> None:
    """Make the change: a client is answered at each moment, or the plan says that it is not; all is as desired."""
    before, after = theirs(world, before, after)
    client = watched(world, before, after)
    impacts = [step.impact for step in world.plan(after).work if "not answer" in step.impact]
    world.up(after)
    if not impacts:
        client.never_failed()
    assert world.plan(after).work == ()


def refused(world: World, before: Configured, after: Configured) -> None:
    """The change is refused by plan and up alike, with a way out, and nothing has moved."""
    before, after = theirs(world, before, after)
    client = watched(world, before, after)
    original = world.exact()
    [*steps] = world.plan(after).refusals
    assert steps
    assert all(step.reason and step.hint for step in steps)
    with pytest.raises(EcsctlError):
        world.up(after)
    same(original, world.exact())
    assert client.failed == []


def test_each_key_of_the_configuration_has_an_answer() -> None:
    assert unanswered() == set(), "to the changes with it, or to the reasons why there is none"


def test_a_key_without_an_answer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LONG, "the load balancer's ways")
    assert unanswered() == {"load_balancer.idle_timeout_seconds", "load_balancer.http2"}


@pytest.mark.parametrize(("before", "after"), QUICK.values(), ids=QUICK.keys())
def test_a_client_is_answered_at_every_moment_of_a_change(world: World, before: Configured, after: Configured) -> None:
    never_unanswered(world, before, after)


@pytest.mark.parametrize(("before", "after"), list(REFUSED.values())[:1], ids=list(REFUSED)[:1])
def test_what_cannot_be_changed_under_a_running_app_is_refused_untouched(
    world: World, before: Configured, after: Configured
) -> None:
    refused(world, before, after)


def test_a_domain_that_is_not_delegated_takes_nothing_off_the_air(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route53, "unchanged_since", lambda *_: None)
    client = watched(world, PLAIN, SECURE)
    world.clock.each = lambda: None  # type: ignore[attr-defined]  # it takes 45 minutes: each call is enough
    with pytest.raises(EcsctlError, match="certificate"):
        world.up(SECURE)
    client.never_failed()


SILENT = {
    "no task": {"desired_count": 0},
    "all tasks at once": {"min_healthy_percent": 0, "max_percent": 100, "cpu": 512, "memory": 1024},
}


@pytest.mark.parametrize("service", SILENT.values(), ids=SILENT.keys())
def test_what_silences_the_app_is_in_the_plan(world: World, service: dict[str, Any]) -> None:
    after = with_(service=service)
    client = watched(world, PLAIN, after)
    impacts = [step.impact for step in world.plan(after).work if step.impact]
    assert len(impacts) == 1
    assert "not answer" in impacts[0]
    world.up(after)
    world.clock.sleep(60)
    assert client.failed != [], "the plan named an outage that does not happen"


def test_what_clients_notice_is_in_the_plan(world: World) -> None:
    watched(world, PLAIN, PLAIN)
    impacts = {step.name: step.impact for step in world.plan({**SECURE, "service": {"health_path": "/ready"}}).work}
    assert "asked at /ready at once" in impacts["target-group"]
    assert "HTTP moves to HTTPS" in impacts["http"]
