"""Since when things exist: all times that `status` shows are by one clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.stack.conftest import World, desired_stack, reported


def test_what_aws_gives_no_time_for_is_as_old_as_it_is_by_aws_clock(world: World) -> None:
    """The sandbox's clock is ahead of this machine's, by which the state file is written: by weeks, in a test."""
    plain = desired_stack(domain=None)
    world.running(plain)
    session = world.open(plain)
    found = reported(session)
    ages = {report.step.name: session.aws.now() - report.since for report in found if report.since}
    assert {"vpc", "service"} <= ages.keys()
    assert {name: age for name, age in ages.items() if not timedelta(0) <= age < timedelta(hours=1)} == {}
    aws = session.aws
    began = datetime.now(UTC) - timedelta(seconds=10)
    aws.patience.speed = 60  # of a sandbox that runs beside this machine's time, and not instead of it
    assert timedelta(minutes=10) <= aws.now() - aws.at(began) < timedelta(minutes=15)
