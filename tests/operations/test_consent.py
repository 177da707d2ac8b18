"""What a run costs and takes, and what a person is asked about, from plans of the whole stack."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.costs.estimate import Estimate, estimated, must_be_agreed_to
from tests.stack.conftest import World, desired_stack, world

__all__ = ["world"]

PLAIN = desired_stack(domain=None, github=None)
IMAGE = "public.ecr.aws/docker/library/nginx:1.27"


def estimate_of(world: World, configured: dict[str, Any]) -> tuple[Estimate, bool]:
    session = world.open(configured)
    plan = session.engine.plan(session.desired_stack)
    estimate = estimated(session.desired_stack, plan)
    return estimate, must_be_agreed_to(plan, estimate)


def test_the_first_up_costs_and_takes_what_its_parts_do(world: World) -> None:
    estimate, asked = estimate_of(world, desired_stack())
    hours = 0.045 + 0.005 + 0.0225 + 2 * 0.005 + 0.25 * 0.03238 + 0.5 * 0.00356
    assert estimate.after == pytest.approx(730 * hours)
    assert (estimate.before, asked) == (0.0, True)
    assert "about $67 a month (us-east-1 list prices" in estimate.cost
    assert 240 <= estimate.seconds <= 420, "the certificate, or the image, and then the service"


def test_what_costs_nothing_is_not_asked_about_and_what_costs_is(world: World) -> None:
    world.up(PLAIN, image=IMAGE)
    base = 0.25 * 0.03238 + 0.5 * 0.00356
    nat = 0.045 + 0.005
    for changed, more, asked in (
        ({}, 0.0, False),
        ({"service": {"environment": {"GREETING": "hi"}}}, 0.0, False),
        ({"service": {"port": 9000, "exec": True}}, 0.0, False),
        ({"logs": {"retention_days": 7}}, 0.0, False),
        ({"domain": {"name": "hello.ecsctl.example"}}, 0.0, False),
        ({"service": {"desired_count": 3}}, 2 * base, True),
        ({"service": {"cpu": 512, "memory": 1024}}, base, True),
        ({"service": {"autoscaling": {"min": 2, "max": 9}}}, base, True),
        ({"service": {"desired_count": 0}}, -base, True),
        ({"vpc": {"egress": "nat-per-az"}}, nat, True),
        ({"vpc": {"egress": "public"}}, 0.005 - nat, True),
        ({"github": {"repository": "ecsctl/hello"}}, 0.0, True),
    ):
        estimate, due = estimate_of(world, {**PLAIN, **changed})
        assert (estimate.more, due) == (pytest.approx(730 * more), asked), changed


def test_the_tasks_of_each_worker_are_counted_at_its_own_size_and_number(world: World) -> None:
    def task(cores: float, gigabytes: float) -> float:
        return cores * 0.03238 + gigabytes * 0.00356

    world.up(PLAIN, image=IMAGE)
    mailer: dict[str, Any] = {"command": ["./mail"], "desired_count": 2, "cpu": 512, "memory": 1024}
    workers = {
        "mailer": mailer,
        "thumbnails": {"command": ["./thumbs"], "autoscaling": {"min": 3, "max": 5}},
        "resting": {"command": ["./rest"], "desired_count": 0, "cpu": 4096, "memory": 8192},
    }
    said = {**PLAIN, "workers": workers, "jobs": {"nightly": {"command": ["./report"], "schedule": "rate(1 day)"}}}
    estimate, asked = estimate_of(world, said)
    assert (estimate.more, asked) == (pytest.approx(730 * (2 * task(0.5, 1) + 3 * task(0.25, 0.5))), True)
    assert estimate.seconds < 180, "they start beside each other"
    world.up(said)
    larger = {"mailer": {**mailer, "desired_count": 3}, "resting": workers["resting"]}
    estimate, asked = estimate_of(world, {**said, "workers": larger})
    assert (estimate.more, asked) == (pytest.approx(730 * (task(0.5, 1) - 3 * task(0.25, 0.5))), True)
    estimate, asked = estimate_of(world, PLAIN)
    assert (estimate.more, asked) == (pytest.approx(-730 * (2 * task(0.5, 1) + 3 * task(0.25, 0.5))), True)


def test_the_price_is_given_as_more_or_less_and_in_all() -> None:
    assert Estimate(60, 67.4, 1).cost.startswith("about $7 a month more, $67 in all (")
    assert Estimate(67.4, 60, 1).cost.startswith("about $7 a month less, $60 in all (")
    assert Estimate(60, 60, 1).cost == ""
    assert [Estimate(0, 0, seconds).time for seconds in (2, 60, 61, 600)] == [
        "about a minute", "about a minute", "about 2 minutes", "about 10 minutes",
    ]  # fmt: skip
