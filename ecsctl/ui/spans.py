"""Spans of time as a person says them."""

from __future__ import annotations

from datetime import UTC, datetime


def lasting(seconds: float) -> str:
    """How long something took: "0.4 s", "42 s", "3 min 12 s", "1 h 5 min"."""
    if seconds < 0.95:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def ticking(seconds: float) -> str:
    """How long something lasts already, as a clock shows it: "0:42", "10:00", "1:05:00"."""
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def age(since: datetime, now: datetime) -> str:
    """How old something is, in its largest unit: "now", "42 s", "5 min", "3 h", "12 days"."""
    began = since if since.tzinfo else since.replace(tzinfo=UTC)
    seconds = (now - began).total_seconds()
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= unit:
            many = int(seconds // unit)
            return f"{many} {'day' if many == 1 and name == 'days' else name}"
    return "now"
