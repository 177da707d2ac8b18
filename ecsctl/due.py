"""When a schedule is due: the expressions of EventBridge Scheduler, interpreted as in its user guide.

EventBridge Scheduler user guide, "Schedule types in EventBridge Scheduler". Plain values in, plain values out.
"""

from __future__ import annotations

import calendar
import functools
import itertools
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

YEARS = 30  # that are searched ahead: a 29th of February falls on each day of the week within 28
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_DAYS = "SUN MON TUE WED THU FRI SAT".split()
_UNITS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


class Invalid(ValueError):
    """It is not an expression, or not a time zone: in words that complete a sentence about it."""


@dataclass(frozen=True)
class Cron:
    """`cron(minutes hours day-of-month month day-of-week year)`, its fields expanded as far as no date is needed."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    month_days: str
    months: frozenset[int]
    week_days: str
    years: frozenset[int]

    def is_due_on(self, day: date) -> bool:
        """Whether it is due on this day at all."""
        if day.year not in self.years or day.month not in self.months:
            return False
        if self.month_days != "?":
            return day.day in _month_days(self.month_days, day.year, day.month)
        return day.day in _week_days(self.week_days, day.year, day.month)


@dataclass(frozen=True)
class Rate:
    """`rate(value unit)`: every so many seconds from the moment at which the schedule was created."""

    seconds: float


@dataclass(frozen=True)
class Once:
    """`at(yyyy-mm-ddThh:mm:ss)`: a moment in the schedule's time zone."""

    moment: datetime


@functools.lru_cache(maxsize=256)
def read(expression: str) -> Cron | Rate | Once:
    """Parse an expression. Raises Invalid."""
    if found := re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", expression):
        try:
            return Once(datetime.fromisoformat(found[1]))
        except ValueError:
            raise Invalid(f"{found[1]} is not a valid date and time") from None
    if found := re.fullmatch(r"rate\(([1-9]\d{0,9}) (minute|hour|day)(s?)\)", expression):
        # The guide names plural units only; EventBridge's rules require the singular with 1, and Scheduler accepts
        # both.
        return Rate(int(found[1]) * _UNITS[found[2]])
    if found := re.fullmatch(r"cron\(([^()]*)\)", expression):
        return _cron(found[1].upper().split(" "))
    raise Invalid("expected cron(…) or rate(…)")


def zone(name: str) -> tzinfo:
    """A time zone by its IANA name. Raises Invalid."""
    if name == "UTC":  # also on a machine without a time zone database
        return UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(f"{name} is not an IANA time zone") from None


def knows_zones() -> bool:
    """Whether this machine has the database of time zones."""
    return bool(zoneinfo.available_timezones())


def after(expression: str, time_zone: str, moment: datetime, since: datetime) -> datetime | None:
    """The first time that it is due after `moment`, in UTC; None if never, or not within many years.

    `since` is when the schedule was created: a rate counts from there, and is due there for the first time. Raises
    Invalid.
    """
    return next(dues(expression, time_zone, moment, since), None)


def dues(expression: str, time_zone: str, moment: datetime, since: datetime) -> Iterator[datetime]:
    """All times that it is due after `moment`; see `after`."""
    said, place = read(expression), zone(time_zone)
    if isinstance(said, Cron):
        yield from (due for due in _dues(said, place, moment) if due > moment)
    elif isinstance(said, Rate):
        passed = (moment - since).total_seconds()
        for number in itertools.count(0 if passed < 0 else int(passed // said.seconds) + 1):
            yield since + timedelta(seconds=said.seconds * number)
    elif (due := said.moment.replace(tzinfo=place).astimezone(UTC)) > moment:
        yield due


def _dues(said: Cron, place: tzinfo, moment: datetime) -> Iterator[datetime]:
    """From the day before on: there the clock may have been set back since."""
    day = (moment.astimezone(place) - timedelta(days=1)).date()
    last = day.year + YEARS
    while day.year <= last:
        if said.is_due_on(day):
            for hour in said.hours:
                for minute in said.minutes:
                    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=place)
                    due = local.astimezone(UTC)  # a time that occurs twice in autumn is due only the first time
                    if due.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
                        yield due  # a time that does not exist in spring is skipped
        day += timedelta(days=1)
        if day.month not in said.months:
            day = _month_after(day)


def _month_after(day: date) -> date:
    """The first day of the next month."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _cron(fields: list[str]) -> Cron:
    if len(fields) != 6:
        raise Invalid(f"expected six fields in cron(…), not {len(fields)}")
    minutes, hours, month_days, months, week_days, years = fields
    if (month_days == "?") == (week_days == "?"):
        raise Invalid("expected ? in one of day-of-month and day-of-week, and only in one")
    if month_days != "?":
        for part in month_days.split(","):
            if part != "L" and not re.fullmatch(r"([1-9]|[12]\d|3[01])W", part):
                _numbers(part, 1, 31, "day-of-month")
    else:
        for part in week_days.split(","):
            if not re.fullmatch(r"L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])", part):
                _numbers(_numbered(part, _DAYS), 1, 7, "day-of-week")
    return Cron(
        tuple(sorted(_all(minutes, 0, 59, "minutes"))),
        tuple(sorted(_all(hours, 0, 23, "hours"))),
        month_days,
        _all(_numbered(months, _MONTHS), 1, 12, "month"),
        week_days,
        _all(years, 1970, 2199, "year"),
    )


def _all(field: str, low: int, high: int, called: str) -> frozenset[int]:
    return frozenset(number for part in field.split(",") for number in _numbers(part, low, high, called))


def _numbers(part: str, low: int, high: int, called: str) -> range:
    found = re.fullmatch(r"(?:(\*)|(\d{1,4})(?:-(\d{1,4}))?)(?:/(\d{1,4}))?", part)
    if found is None:
        raise Invalid(f"{part or 'nothing'} is not a valid value for {called}")
    every, first, last, step = found.groups()
    begins = low if every else int(first)
    ends = int(last) if last else high if every or step else begins
    if not low <= begins <= ends <= high or (step is not None and int(step) == 0):
        raise Invalid(f"{part} is not a valid value for {called}: expected {low} to {high}")
    return range(begins, ends + 1, int(step or 1))


def _numbered(field: str, names: list[str]) -> str:
    return re.sub("|".join(names), lambda name: str(names.index(name[0]) + 1), field)


@functools.lru_cache(maxsize=1024)
def _month_days(field: str, year: int, month: int) -> frozenset[int]:
    last = calendar.monthrange(year, month)[1]
    found = set[int]()
    for part in field.split(","):
        if part == "L":
            found.add(last)
        elif part.endswith("W"):
            found |= _nearest(int(part[:-1]), last, year, month)
        else:
            found |= set(_numbers(part, 1, 31, "day-of-month"))
    return frozenset(found)


def _nearest(day: int, last: int, year: int, month: int) -> set[int]:
    """The nearest working day, within the same month."""
    if day > last:
        return set()
    falls = date(year, month, day).weekday()
    if falls == calendar.SATURDAY:
        return {day - 1 if day > 1 else day + 2}
    if falls == calendar.SUNDAY:
        return {day + 1 if day < last else day - 2}
    return {day}


@functools.lru_cache(maxsize=1024)
def _week_days(field: str, year: int, month: int) -> frozenset[int]:
    last = calendar.monthrange(year, month)[1]
    found = set[int]()
    for part in _numbered(field, _DAYS).split(","):
        which = part[:-2] if "#" in part else part.removesuffix("L") or "7"
        ours = {one for number in _numbers(which, 1, 7, "day-of-week") for one in _falling(number, year, month, last)}
        if "#" in part:
            ours = {one for one in ours if (one - 1) // 7 + 1 == int(part[-1])}
        elif part.endswith("L") and part != "L":
            ours = {max(ours)}
        found |= ours
    return frozenset(found)


def _falling(number: int, year: int, month: int, last: int) -> Iterator[int]:
    """The days of the month on which that day of the week falls: 1 is Sunday."""
    weekday = (number + 5) % 7  # as Python counts them: 0 is Monday
    return (day for day in range(1, last + 1) if date(year, month, day).weekday() == weekday)
