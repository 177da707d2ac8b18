from datetime import timedelta

import pytest

from ecsctl.ui.spans import Span, age, duration, one_by_one, ticking, where_time_went
from tests.ui.samples import NOW

TOOK = [(0, "0.0 s"), (0.44, "0.4 s"), (0.97, "1 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (192, "3 min 12 s"),
        (3900, "1 h 5 min"), (-1, "0.0 s")]  # fmt: skip
LASTS = [(0, "0:00"), (42.9, "0:42"), (600, "10:00"), (3900, "1:05:00"), (-3, "0:00")]
OLD = [({"seconds": 0}, "now"), ({"seconds": 42}, "42 s"), ({"minutes": 5}, "5 min"), ({"hours": 23}, "23 h"),
       ({"days": 1}, "1 day"), ({"days": 400}, "400 days"), ({"seconds": -9}, "now")]  # fmt: skip


@pytest.mark.parametrize(("seconds", "said"), TOOK)
def test_durations_are_written_in_words(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(("seconds", "shown"), LASTS)
def test_running_times_are_written_as_a_clock(seconds, shown):
    assert ticking(seconds) == shown


@pytest.mark.parametrize(("spent", "said"), OLD)
def test_ages_are_written_in_words(spent, said):
    assert age(NOW - timedelta(**spent), NOW) == said


def test_a_time_without_a_zone_is_utc():
    assert age((NOW - timedelta(hours=2)).replace(tzinfo=None), NOW) == "2 h"


def test_where_the_time_went_is_what_the_run_waited_for_in_its_order():
    spans = [
        Span("VPC", 0, 4), Span("NAT gateway nat-a", 4, 102), Span("certificate", 4, 80), Span("load balancer", 6, 9),
        Span("route table", 102, 103), Span("ECS service", 103.2, 105), Span("ECS service", 105, 161),
    ]  # fmt: skip
    assert where_time_went(spans, 172) == "NAT gateway nat-a 1 min 38 s, then ECS service 58 s"


def test_what_runs_side_by_side_is_not_counted_twice():
    chain = one_by_one([Span("a", 0, 9), Span("b", 1, 11), Span("c", 11.1, 20)])
    assert [span.what for span in chain] == ["b", "c"]
    assert sum(span.seconds for span in one_by_one(Span(str(n), n / 10, 5 + n / 10) for n in range(30))) <= 8


@pytest.mark.parametrize(("spans", "whole"), [([], 10), ([Span("a", 0, 0.9)], 1), ([Span("a", 0, 9)], 100)])
def test_where_nothing_stands_out_nothing_is_named(spans, whole):
    assert where_time_went(spans, whole) == ""


def test_at_most_three_are_named():
    assert where_time_went([Span(str(n), n * 10, n * 10 + 9 + n) for n in range(5)], 50).count("then") == 2
