"""What AWS documents as its rate is kept by us: with whatever eagerness calls are made, alone we never exceed it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ecsctl.aws.patience import Patience
from ecsctl.aws.rates import RATES, Pace
from tests.engine.toys import Clock

SENT = 300


@pytest.mark.parametrize("name", RATES)
def test_calls_go_no_faster_than_aws_documents(name: str) -> None:
    service, _, reads = name.partition(" ")
    clock = Clock()
    patience, rate, sent = Patience(clock), RATES[name], list[float]()
    for _ in range(SENT):
        patience.turn(service, "DescribeThings" if reads else "CreateThing")
        sent.append(clock.now())
    for first in range(SENT):  # of no stretch are there more calls than the full bucket and what flows in meanwhile
        for last in range(first, SENT):
            assert last - first + 1 <= rate.burst + rate.refill * (sent[last] - sent[first]) + 1e-6
    assert sent[int(rate.burst) - 1] == sent[0]  # and nothing waits without need


def test_several_threads_keep_to_a_rate_together() -> None:
    pace, rate = Pace(), RATES["ecs"]
    with ThreadPoolExecutor(8) as pool:
        due = sorted(pool.map(lambda _: pace.due("ecs", "CreateThing", 0.0), range(SENT)))
    assert due == pytest.approx([max(0.0, (number + 1 - rate.burst) / rate.refill) for number in range(SENT)])


def test_route_53_counts_reads_and_changes_together() -> None:
    clock = Clock()
    patience, began = Patience(clock), clock.now()
    for number in range(10):
        patience.turn("route53", "ListHostedZones" if number % 2 else "ChangeResourceRecordSets")
    assert clock.now() - began == pytest.approx(1.5)


def test_what_has_no_documented_rate_waits_for_nothing() -> None:
    clock = Clock()
    patience, began = Patience(clock), clock.now()
    for _ in range(SENT):
        patience.turn("iam", "GetRole")
    assert clock.now() == began
