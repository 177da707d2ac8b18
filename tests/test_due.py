"""When schedules are due, by the examples and rules of EventBridge Scheduler's user guide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ecsctl import due

START = datetime(2027, 1, 1, tzinfo=UTC)  # a Friday


def dues(expression: str, count: int, zone: str = "UTC", moment: datetime = START) -> list[str]:
    found = []
    for _ in range(count):
        later = due.after(expression, zone, moment, START)
        if later is None:
            break
        found.append(f"{later:%Y-%m-%d %H:%M}")
        moment = later
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 3 * * ? *)", ["2027-01-01 03:00", "2027-01-02 03:00"]),
        ("cron(15 12 * * ? *)", ["2027-01-01 12:15", "2027-01-02 12:15"]),
        ("cron(0/20 0 ? * * *)", ["2027-01-01 00:20", "2027-01-01 00:40", "2027-01-02 00:00"]),
        ("cron(0 18 ? * MON-FRI *)", ["2027-01-01 18:00", "2027-01-04 18:00"]),
        ("cron(0 8 1 * ? *)", ["2027-01-01 08:00", "2027-02-01 08:00"]),
        ("cron(0 0 L * ? *)", ["2027-01-31 00:00", "2027-02-28 00:00"]),
        ("cron(0 0 3W * ? *)", ["2027-01-04 00:00", "2027-02-03 00:00"]),
        ("cron(0 0 1W MAY ? *)", ["2027-05-03 00:00"]),  # a Saturday: not back into April
        ("cron(15 10 ? * 6L 2027-2030)", ["2027-01-29 10:15", "2027-02-26 10:15"]),
        ("cron(0 0 ? * 2#1 *)", ["2027-01-04 00:00", "2027-02-01 00:00"]),
        ("cron(0 0 ? * L *)", ["2027-01-02 00:00", "2027-01-09 00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 1 1 ? 2026)", []),
        ("rate(90 minutes)", ["2027-01-01 01:30", "2027-01-01 03:00"]),
        ("rate(1 day)", ["2027-01-02 00:00"]),
        ("at(2027-03-01T08:00:00)", ["2027-03-01 08:00"]),
    ],
)
def test_a_schedule_is_due_when_the_guide_says(expression: str, expected: list[str]) -> None:
    assert dues(expression, max(len(expected), 1))[: len(expected) or None] == expected


def test_summer_time_is_followed_and_what_it_skips_or_repeats_is_due_never_or_once() -> None:
    before = datetime(2027, 3, 27, 12, tzinfo=UTC)  # the clocks of Berlin go forward on the 28th at 2:00
    assert dues("cron(30 2 * * ? *)", 2, "Europe/Berlin", before) == ["2027-03-29 00:30", "2027-03-30 00:30"]
    before = datetime(2027, 10, 30, 12, tzinfo=UTC)  # and back on the 31st at 3:00
    assert dues("cron(30 2 * * ? *)", 2, "Europe/Berlin", before) == ["2027-10-31 00:30", "2027-11-01 01:30"]


@pytest.mark.parametrize(
    "expression",
    ["", "daily", "cron(0 3 * * *)", "cron(0 3 * * * *)", "cron(0 3 ? * ? *)", "cron(60 3 * * ? *)",
     "cron(0 24 * * ? *)", "cron(0 3 32 * ? *)", "cron(0 3 * 13 ? *)", "cron(0 3 ? * 8 *)", "cron(0 3 * * ? 1969)",
     "cron(0/0 3 * * ? *)", "cron(5-1 3 * * ? *)", "cron(0 3 ? * MON#6 *)", "rate(0 minutes)", "rate(5 weeks)",
     "rate(5 seconds)", "at(2027-02-30T00:00:00)", "cron( 0 3 * * ? *)"],
)  # fmt: skip
def test_an_invalid_expression_is_refused(expression: str) -> None:
    with pytest.raises(due.Invalid):
        due.read(expression)


def test_a_time_zone_is_one_of_the_database() -> None:
    with pytest.raises(due.Invalid, match="Mars/Base"):
        due.zone("Mars/Base")
