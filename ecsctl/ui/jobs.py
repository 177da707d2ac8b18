"""Jobs as a table on stdout, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecsctl.ui import tables, words
from ecsctl.ui.output import VERSION
from ecsctl.ui.safe import plain
from ecsctl.ui.spans import age

if TYPE_CHECKING:
    from ecsctl.operations.jobs import Job

HEADS = ("job", "schedule", "next run", "last run", "ended", "exit")
STYLES = {"succeeded": "green", "running": "cyan", "starting": "cyan", "failed": "red", "timed out": "red",
          "not started": "red"}  # fmt: skip
UNKNOWN = "not known"
MISSED = "ecsctl plan shows what somebody has changed of it"


def show(jobs: Sequence[Job], now: datetime) -> None:
    """Print the table."""
    if not jobs:
        words.say("the app has no jobs: [jobs.NAME] in ecsctl.toml creates one")
        return
    tables.show(table(jobs, now))


def table(jobs: Sequence[Job], now: datetime) -> Iterator[Text]:
    """A line for each job, in columns; below it why its last run ended, and a run that did not begin."""
    rows = [[plain(cell) for cell in _cells(one, now)] for one in jobs]
    for row, job in zip(rows, jobs, strict=True):
        if job.last:
            row[HEADS.index("ended")].stylize(STYLES.get(job.last.outcome, ""))
    for line, of in zip(tables.aligned(HEADS, rows), (None, *jobs), strict=True):
        yield line
        if of and of.last and of.last.reason:
            yield Text.assemble("  ", plain(of.last.reason, "dim"))
        if of and of.missed:
            problem = f"was due {age(of.missed, now)} ago, and nothing has started: {MISSED}"
            yield Text.assemble("  ", plain(problem, "red"))


def document(jobs: Sequence[Job], where: Mapping[str, str]) -> dict[str, Any]:
    """The JSON document with the same content."""
    return {"version": VERSION, "kind": "jobs", **where, "jobs": [_document(one) for one in jobs]}


def _document(job: Job) -> dict[str, Any]:
    last = job.last
    return {
        "name": job.name,
        "schedule": job.schedule,
        "time_zone": job.time_zone,
        "paused": job.paused,
        "next_run": _moment(job.next_run),
        "last_written": _moment(job.last_written),
        "missed": _moment(job.missed),
        "last_run": last
        and {
            "id": last.id,
            "created": _moment(last.created),
            "started": _moment(last.began),
            "ended": _moment(last.ended),
            "outcome": last.outcome,
            "exit_code": last.exit_code,
            "reason": last.reason,
            "image": last.image,
            "scheduled": last.scheduled,
        },
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _cells(job: Job, now: datetime) -> Iterator[str]:
    yield job.name
    yield f"{job.schedule} {job.time_zone}"
    if job.paused:
        yield "paused"
    else:
        yield f"in {age(now, job.next_run)}" if job.next_run and job.next_run > now else "never"
    last = job.last
    if last is None:
        yield f"{age(job.last_written, now)} ago" if job.last_written else UNKNOWN
        yield UNKNOWN if job.last_written else ""
        yield ""
        return
    yield f"{age(last.began or last.created, now)} ago"
    yield last.outcome
    yield "" if last.exit_code is None else str(last.exit_code)
