"""Durations in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

SLACK = 0.25  # seconds by which one span may overlap the next: two threads reported them
TELLING = 0.1  # the share of the whole above which a span is mentioned
MOST = 3  # spans that are named
LEAST = 5.0  # below this many seconds there is no breakdown


@dataclass(frozen=True)
class Span:
    """A piece of work in time: from when to when, in seconds of one clock."""

    what: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it lasted, in seconds."""
        return self.ended - self.began


def one_by_one(spans: Iterable[Span]) -> list[Span]:
    """Those of parallel spans that, one after the other, fill the most time: what a run waited for."""
    every = sorted(spans, key=lambda span: span.ended)
    best: list[tuple[float, list[Span]]] = []
    for span in every:
        before = [found for found in best if found[1][-1].ended <= span.began + SLACK]
        filled, chain = max(before, key=lambda found: found[0], default=(0.0, []))
        best.append((filled + span.seconds, [*chain, span]))
    return max(best, key=lambda found: found[0], default=(0.0, []))[1]


def where_time_went(spans: Iterable[Span], whole: float) -> str:
    """The longest parts of a run of so many seconds, in order; empty if none stands out."""
    parts: dict[str, float] = {}
    for span in one_by_one(spans) if whole >= LEAST else ():
        parts[span.what] = parts.get(span.what, 0.0) + span.seconds
    long = [what for what, seconds in parts.items() if seconds >= max(1.0, whole * TELLING)]
    named = set(sorted(long, key=parts.__getitem__, reverse=True)[:MOST])
    return ", then ".join(f"{what} {duration(parts[what])}" for what in long if what in named)


def duration(seconds: float) -> str:
    """A duration as text: "0.4 s", "42 s", "3 min 12 s", "1 h 5 min"."""
    if seconds < 0.95:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def ticking(seconds: float) -> str:
    """The duration so far, as a clock shows it: "0:42", "10:00", "1:05:00"."""
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def age(since: datetime, now: datetime) -> str:
    """An age as text, in its largest unit: "now", "42 s", "5 min", "3 h", "12 days"."""
    began = since if since.tzinfo else since.replace(tzinfo=UTC)
    seconds = (now - began).total_seconds()
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= unit:
            many = int(seconds // unit)
            return f"{many} {'day' if many == 1 and name == 'days' else name}"
    return "now"
