"""A run of the pipeline: its stages and actions as a table, and one line for each change while it is watched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from rich.style import Style
from rich.text import Text

from ecsctl.ui.console import glyph, put, stdout_console
from ecsctl.ui.safe import padded, plain
from ecsctl.ui.spans import duration

VERSION = 1
SIGNS = {
    "Succeeded": (("✓", "+"), "green"),
    "Failed": (("✗", "x"), "bold red"),
    "InProgress": (("…", "."), "cyan"),
    "Stopping": (("…", "."), "yellow"),
    "Stopped": (("-", "-"), "yellow"),
    "Abandoned": (("-", "-"), "yellow"),
    "Cancelled": (("-", "-"), "yellow"),
    "Superseded": (("-", "-"), "yellow"),
    "": ((" ", " "), "dim"),
}
"""The sign of each of AWS's states, with a substitute if the encoding lacks it, and its colour."""
UNKNOWN = (("?", "?"), "dim")


class Action(Protocol):
    """An action of a run, with the fields of the operations' class."""

    name: Any
    provider: Any
    status: Any
    began: Any
    changed: Any
    summary: Any
    error: Any
    url: Any


def show(run: Any, others: Iterable[str], *, links: bool = True) -> None:
    """Print a run on stdout: its commit, stages and actions, errors, links, and which other runs are in progress.

    Without `links` the console pages of actions are left out: the sandbox has none.
    """
    console = stdout_console()
    console.print(_line(run.status, plain(f"{run.pipeline} {run.id}", "bold"), plain(run.status)), soft_wrap=True)
    for label, value in (("commit", f"{run.commit[:12]} {run.message}".strip()), ("started", run.trigger),
                         ("reason", run.summary)):  # fmt: skip
        if value:
            put(Text.assemble((f"  {label}: ", "dim"), plain(value)), console)
    for line in table(run, links=links):
        put(line, console)
    for other in others:
        console.print(Text.assemble("another run is under way: ", plain(other, "bold")), soft_wrap=True)


def table(run: Any, *, links: bool = True) -> Iterator[Text]:
    """A line for each stage and action, with its duration, its link, and below it what went wrong."""
    names = [f"  {action.name}" for stage in run.stages for action in stage.actions]
    names += [stage.name for stage in run.stages]
    column = max((plain(name).cell_len for name in names), default=0)
    for stage in run.stages:
        closed = plain(f"closed: {stage.closed}", "yellow") if stage.closed else Text()
        yield _line(stage.status, padded(plain(stage.name, "bold"), column), plain(stage.status), closed)
        for action in stage.actions:
            what = padded(plain(f"  {action.name}"), column)
            yield _line(action.status, what, plain(action.status), plain(_took(action), "dim default"),
                        _link(action.url) if links else Text())  # fmt: skip
            message = action.error or (action.summary if action.status != "Succeeded" else "")
            for line in message.splitlines():
                yield Text.assemble("      ", plain(line, sign_of(action.status)[1]))


def changes(before: Any, now: Any) -> Iterator[str]:
    """A line for each action of a run that began or ended."""
    known = {(stage.name, one.name): one.status for stage in before.stages for one in stage.actions} if before else {}
    for stage in now.stages:
        for action in stage.actions:
            if action.status and action.status != known.get((stage.name, action.name), ""):
                why = f": {action.error}" if action.error else ""
                waits = action.provider == "Manual" and action.status == "InProgress"
                yield f"{stage.name}: {action.name} {'waits for an approval' if waits else action.status}{why}"


def document(run: Any, others: Iterable[str], where: Mapping[str, str]) -> dict[str, Any]:
    """The JSON document of a run; `others` are the ids of further ones in progress."""
    head = {"version": VERSION, "kind": "pipeline", **where}
    return {**head, **run_document(run), "others": list(others)}


def run_document(run: Any) -> dict[str, Any]:
    """A run alone as JSON."""
    return {
        "id": run.id,
        "status": run.status,
        "trigger": run.trigger,
        "commit": run.commit,
        "commit_message": run.message,
        "commit_url": run.url,
        "reason": run.summary,
        "began": _iso(run.began),
        "stages": [
            {"name": stage.name, "status": stage.status, "closed": stage.closed,
             "actions": [_action(one) for one in stage.actions]}
            for stage in run.stages
        ],
    }  # fmt: skip


def _action(action: Action) -> dict[str, Any]:
    shown = {name: getattr(action, name) for name in ("name", "provider", "status", "summary", "error", "url")}
    return {**shown, "began": _iso(action.began), "changed": _iso(action.changed)}


def _line(status: str, *parts: Text) -> Text:
    sign, style = sign_of(status)
    line = Text(f"{glyph(*sign, stdout_console())} ", style=style)
    for part in parts:
        if part:
            line.append_text(part).append("  ")
    line.rstrip()
    return line


def sign_of(status: str) -> tuple[tuple[str, str], str]:
    """The sign of one of AWS's states, with its substitute, and its colour."""
    return SIGNS.get(status, UNKNOWN)


def _took(action: Action) -> str:
    if not action.began or not action.changed or action.status == "InProgress":
        return ""
    return duration((action.changed - action.began).total_seconds())


def _link(url: str) -> Text:
    return plain(url, Style(link=url)) if url.startswith("https://") else Text()


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
