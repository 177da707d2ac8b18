"""`status --watch`: one screen that is redrawn after each read; or a line of JSON for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live as Screen
from rich.text import Text

from ecsctl.errors import UsageError
from ecsctl.ui import pipeline, processes
from ecsctl.ui.console import can_draw, folded, glyph, moving, put, stdout_console
from ecsctl.ui.output import VERSION
from ecsctl.ui.safe import padded, plain
from ecsctl.ui.spans import age

if TYPE_CHECKING:
    from ecsctl.operations.status import Deployment, Live, Target, Task

RIGHT, BUSY, BAD, OVER = (("✓", "+"), "green"), (("…", "."), "cyan"), (("✗", "x"), "bold red"), (("-", "-"), "dim")
WAITS = (("!", "!"), "yellow")
RELEASES = {"deployed": RIGHT, "rolling out": BUSY, "paused": WAITS, "superseded": OVER, "stopped": OVER}
TARGETS = {"healthy": RIGHT, "initial": BUSY, "draining": OVER, "unused": OVER}
SHORT = 8  # letters of an id
MOST = 3  # stopped tasks that are shown: the newest are enough


def check() -> None:
    """Raise UsageError if nothing can be drawn."""
    if not can_draw():
        raise UsageError(
            "there is no screen to draw on",
            why="stdout is not a terminal, or TERM is of one that cannot move its cursor",
            hint="ecsctl status prints one; ecsctl status --watch -o json prints a line each time",
        )


def show(reads: Iterable[Live], where: Mapping[str, str], *, as_json: bool) -> None:
    """Show each reading as it comes, until there are no more. The last one stays on the screen."""
    if as_json:
        for now in reads:
            sys.stdout.write(json.dumps(document(now, where)) + "\n")
            sys.stdout.flush()
        return
    console = stdout_console()
    with _Pausable(console=console, auto_refresh=False, redirect_stdout=False) as screen:
        moving.add(screen)
        console.show_cursor()  # a process that is killed must not leave a terminal without its cursor
        for now in reads:
            screen.update(Group(*fitted(view(now, where), console)), refresh=True)


def show_once(now: Live, where: Mapping[str, str]) -> None:
    """Print one reading, whole."""
    console = stdout_console()
    for line in view(now, where):
        put(line, console)


class _Pausable(Screen):
    """A screen that can be paused for a question."""

    def pause(self) -> None:
        """Leave the terminal alone."""
        self.stop()

    def resume(self) -> None:
        """Draw again."""
        self.start()


def fitted(lines: Iterable[Text], console: Console) -> list[Text]:
    """The lines, wrapped to the screen's width; one at the end counts those that do not fit."""
    width, room = console.width - len("^C") - 1, max(console.height - 1, 2)
    every = [part for line in lines for part in (folded(line, width) if line.overflow != "ellipsis" else [line])]
    shown = every if len(every) <= room else every[: room - 1]
    if rest := len(every) - len(shown):
        shown.append(Text(f"and {rest} more lines", style="dim"))
    for line in shown:  # room for the terminal's echo of Ctrl-C, which would break the last line
        line.truncate(width, overflow="ellipsis")
    return shown


def view(now: Live, where: Mapping[str, str]) -> Iterator[Text]:
    """All of it, line by line, the shortest parts first: a screen may be small."""
    head = plain(where["app"], "bold")
    place = plain(f"  {where['region']}  {where['account']}")
    yield Text.assemble(f"{now.at:%H:%M:%S} UTC  ", head, place, overflow="ellipsis")
    if now.service or not now.processes:
        yield from _part("service", now, _service(now))
    if now.has_other_processes or "processes" in now.unread:
        yield from _part("processes", now, processes.table(now.processes) if now.processes else ())
    yield from _part("deployments", now, _table(map(_deployment(now), now.deployments)))
    yield from _part("pipeline", now, _pipeline(now))
    yield from _part("targets", now, _table(map(_target, now.targets)))
    yield from _part("tasks", now, _tasks(now))


def document(now: Live, where: Mapping[str, str]) -> dict[str, Any]:
    """One reading as JSON: docs/json.md describes it."""
    return {
        "version": VERSION,
        "kind": "live",
        **{name: where[name] for name in ("app", "account", "region")},
        "at": now.at.isoformat(timespec="seconds"),
        "service": asdict(now.service) if now.service else None,
        "release": asdict(now.release) if now.release else None,
        "cause": now.cause,
        "processes": [processes.document(one) for one in now.processes],
        "deployments": [_timed(one) for one in now.deployments],
        "tasks": [_timed(one) for one in now.tasks],
        "targets": [asdict(one) for one in now.targets],
        "run": pipeline.run_document(now.run) if now.run else None,
        "unread": now.unread,
    }


def _part(name: str, now: Live, lines: Iterable[Text]) -> Iterator[Text]:
    """A part under its name; if it could not be read, why; if there is nothing, that."""
    yield Text()
    yield Text(name, style="dim")
    rows = list(lines)
    if name in now.unread:
        rows.append(Text.assemble(_sign((("?", "?"), "yellow")), plain(now.unread[name], "yellow")))
    yield from rows or [Text("  none", style="dim")]


def _service(now: Live) -> Iterator[Text]:
    service = now.service
    if service is None:
        return
    outcome = now.release.outcome if now.release else ""
    rolling = outcome in ("rolling out", "paused")
    sign = RIGHT if service.running == service.desired else BUSY if rolling else BAD
    starting = f", {service.pending} starting" if service.pending else ""
    counts = f"revision {service.revision}: {service.running} of {service.desired} tasks running{starting}"
    aside = f"  {service.status}" if service.status != "ACTIVE" else ""
    # The release's own line has these counts too, unless tasks have been lost since.
    if aside or not (outcome == "rolling out" or (outcome == "deployed" and sign is RIGHT)):
        yield Text.assemble(_sign(sign), counts, plain(aside, "yellow"))
    if now.release:
        yield Text.assemble(_sign(RELEASES.get(now.release.outcome, BAD)), plain(now.release.message))
    if now.cause:
        yield Text.assemble(_sign(BAD), plain(now.cause, "bold"))


def _whose(one: Deployment | Task, now: Live) -> str:
    """The name of the process, if there are several; otherwise empty, which leaves the column out."""
    return one.process if now.has_other_processes else ""


def _deployment(now: Live) -> Any:
    def row(one: Deployment) -> tuple[Any, ...]:
        sign = BAD if one.rollout == "FAILED" else RIGHT if one.rollout == "COMPLETED" else BUSY
        counts = f"{one.running} of {one.desired} running"
        for word, count in (("starting", one.pending), ("failed", one.failed)):
            counts += f", {count} {word}" if count else ""
        since = age(one.since, now.at) if one.since else ""
        return sign, _whose(one, now), f"revision {one.revision}", one.status, one.rollout, counts, since

    return row


def _target(one: Target) -> tuple[Any, ...]:
    return TARGETS.get(one.state, BAD), f"{one.address}:{one.port}", one.state, one.reason


def _tasks(now: Live) -> Iterator[Text]:
    stopped = [one for one in now.tasks if one.status == "STOPPED"]
    running = [one for one in now.tasks if one.status != "STOPPED"]
    yield from _table(_task(one, now) for one in (*running, *stopped[:MOST]))
    if len(stopped) > MOST:
        yield Text(f"  and {len(stopped) - MOST} more that stopped", style="dim")


def _task(one: Task, now: Live) -> tuple[Any, ...]:
    bad = one.health == "UNHEALTHY"
    sign = OVER if one.status == "STOPPED" else BAD if bad else RIGHT if one.status == "RUNNING" else BUSY
    since = age(one.since, now.at) if one.since else ""
    name = _whose(one, now)
    return sign, name, one.id[:SHORT], f"rev {one.revision}", one.status, one.health, one.address, since, one.reason


def _pipeline(now: Live) -> Iterator[Text]:
    run = now.run
    if run is None:
        if now.no_run:
            yield Text.assemble("  ", plain(now.no_run, "dim"))
        return
    of = f"run {run.id[:SHORT]}  {run.status}  {run.commit[:7]} {run.message}".rstrip()
    yield Text.assemble(_sign(pipeline.sign_of(run.status)), plain(of), overflow="ellipsis")  # a message may be cut
    for stage in run.stages:
        doing = ", ".join(f"{one.name} {one.status}" for one in stage.actions if one.status not in ("", "Succeeded"))
        closed = f"closed: {stage.closed}" if stage.closed else ""
        row = "  ".join(filter(None, (stage.name, doing, closed)))
        yield Text.assemble("  ", _sign(pipeline.sign_of(stage.status)), plain(row))
        for one in stage.actions:
            if one.error:
                yield Text.assemble("      ", plain(one.error, "red"))


def _table(rows: Iterable[tuple[Any, ...]]) -> Iterator[Text]:
    """A line for each row: its sign, then its cells in columns. A column that is empty in all rows is left out."""
    every = [(sign, [plain(cell) for cell in cells]) for sign, *cells in rows]
    widths = [max(cell.cell_len for cell in column) for column in zip(*(cells for _, cells in every), strict=True)]
    for sign, cells in every:
        line = Text.assemble(
            _sign(sign), *(padded(cell, width) for cell, width in zip(cells, widths, strict=True) if width)
        )
        line.rstrip()
        yield line


def _sign(sign: tuple[tuple[str, str], str]) -> tuple[str, str]:
    both, style = sign
    return f"{glyph(*both, stdout_console())} ", style


def _timed(one: Deployment | Task) -> dict[str, Any]:
    return {**asdict(one), "since": one.since.isoformat(timespec="seconds") if one.since else None}
