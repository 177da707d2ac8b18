"""Tasks as a table on stdout, for people and for programs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecsctl.ui import tables, words
from ecsctl.ui.output import VERSION
from ecsctl.ui.processes import image
from ecsctl.ui.safe import plain
from ecsctl.ui.spans import age

if TYPE_CHECKING:
    from ecsctl.operations.ps import Task

HEADS = ("process", "task", "release", "state", "since", "zone", "size", "exit")
STYLES = {"running": "green", "stopped": "dim"}
ID = 8  # characters that are enough to distinguish them


def show(tasks: Sequence[Task], now: datetime) -> None:
    """Print the table: running tasks, then stopped ones."""
    if not tasks:
        words.say("no task runs, and none has stopped within the last hour")
        return
    tables.show(table(tasks, now))


def table(tasks: Sequence[Task], now: datetime) -> Iterator[Text]:
    """A line for each task, in columns; below it its own command if it has one, and why it stopped."""
    rows = [[plain(cell) for cell in _cells(one, now)] for one in tasks]
    for row, task in zip(rows, tasks, strict=True):
        row[HEADS.index("state")].stylize(STYLES.get(task.state, "cyan"))
    for line, of in zip(tables.aligned(HEADS, rows), (None, *tasks), strict=True):
        yield line
        for more in (shlex.join(of.command), of.reason) if of else ():
            if more:
                yield Text.assemble("  ", plain(more, "dim"))


def document(tasks: Sequence[Task], where: Mapping[str, str]) -> dict[str, Any]:
    """The JSON document with the same content."""
    return {
        "version": VERSION,
        "kind": "tasks",
        **where,
        "tasks": [
            {
                "process": one.process,
                "id": one.id,
                "revision": one.revision,
                "image": one.image,
                "digest": one.digest,
                "state": one.state,
                "since": one.since.isoformat(timespec="seconds") if one.since else None,
                "zone": one.zone,
                "cpu": one.cpu,
                "memory": one.memory,
                "spot": one.spot,
                "exit_code": one.exit_code,
                "reason": one.reason,
                "command": list(one.command),
            }
            for one in tasks
        ],
    }


def _cells(task: Task, now: datetime) -> Iterator[str]:
    yield from (task.process, task.id[:ID], f"{task.revision} ({image(task.image, task.digest)})", task.state)
    yield age(task.since, now) if task.since else ""
    yield task.zone
    yield f"{task.cpu}/{task.memory}{' spot' if task.spot else ''}"
    yield "" if task.exit_code is None else str(task.exit_code)
