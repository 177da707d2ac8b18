"""Releases as a table on stdout, and two task definitions side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecsctl.ui import output, words
from ecsctl.ui.console import folded, glyph, stdout_console
from ecsctl.ui.safe import padded, plain
from ecsctl.ui.spans import age

if TYPE_CHECKING:
    from ecsctl.releases.history import Difference, PastRelease

STYLES = {"deployed": "green", "rolling out": "cyan", "paused": "yellow", "going back": "yellow",
          "being stopped": "yellow", "superseded": "dim", "stopped": "yellow"}  # fmt: skip
HEADS = ("revision", "outcome", "image", "commit", "who", "when")
COMMIT, MESSAGE = (
    HEADS.index("commit"),
    40,
)  # its column, and to what it may be cut: the hash and 32 characters of the subject
NARROW = (0, 1, 5, 4), (2, 3)  # the columns on two lines
SHORT = 12  # hex digits of a digest; of a commit 7 are shown


def show(releases: Sequence[PastRelease], now: datetime) -> None:
    """Print the table, the newest release first; an arrow points to the running one."""
    if not releases:
        words.say("nothing was released in the last 90 days")
        return
    console = stdout_console()
    for line in table(releases, now, console.width if console.is_terminal else None):
        console.print(line, soft_wrap=True)


def table(releases: Sequence[PastRelease], now: datetime, room: int | None = None) -> Iterator[Text]:
    """A line for each release in columns, and below it the reason if it failed.

    If that is wider than `room`, the commit's message is cut; and if that is not enough, a second line is used.
    """
    arrow = glyph("→", ">", stdout_console())
    rows = [[plain(f"{arrow if one.current else ' '} {one.revision or '?'}"), plain(one.outcome, _style(one)),
             plain(image(one)), plain(" ".join((one.commit[:7], one.message)).strip()), plain(one.who),
             plain(f"{age(one.since, now)} ago".replace("now ago", "now"))] for one in releases]  # fmt: skip
    heads = [plain(f"  {head}" if number == 0 else head, "dim") for number, head in enumerate(HEADS)]
    widths = [max(row[column].cell_len for row in (heads, *rows)) for column in range(len(HEADS))]
    over = sum(widths) + 2 * (len(HEADS) - 1) - (room or sys.maxsize)
    lines: Sequence[Sequence[int]] = [range(len(HEADS))]
    if over > 0 and widths[COMMIT] - over >= MESSAGE:
        widths[COMMIT] -= over
    elif over > 0:
        lines = NARROW
    for row, release in zip((heads, *rows), (None, *releases), strict=True):
        for number, columns in enumerate(lines):
            line = Text("    " if number else "")
            for column in columns:
                cell = row[column].copy()
                if len(lines) == 1:
                    cell.truncate(widths[column], overflow="ellipsis")
                line.append_text(padded(cell, widths[column]))
            line.rstrip()
            line.truncate(room or sys.maxsize, overflow="ellipsis")
            yield line
        if release and release.why:
            yield from folded(Text.assemble("    ", plain(release.why, "dim")), room or sys.maxsize)


def image(release: PastRelease) -> str:
    """An image in a recognizable form: a tag that is no commit, or else the digest, shortened."""
    tags = [tag for tag in release.tags if tag not in (release.commit, "latest")]
    short = release.digest.removeprefix("sha256:")[:SHORT]
    if not short:
        return release.image.rpartition("/")[2]
    return f"{tags[0]} ({short})" if tags else short


def differences(before: str, after: str, found: Sequence[Difference]) -> None:
    """Print what differs: side by side where it fits, otherwise the one below the other."""
    console = stdout_console()
    names = [arn.rpartition("/")[2] for arn in (before, after)]
    if not found:
        words.say(f"{names[0]} and {names[1]} are the same")
        return
    for line in compared(names[0], names[1], found, console.width if console.is_terminal else None):
        console.print(line, soft_wrap=True)


def compared(before: str, after: str, found: Sequence[Difference], room: int | None = None) -> Iterator[Text]:
    """Each field that differs, with its two values in columns; as `-` and `+` below its name if that is wider."""
    rows = [[plain("", "dim"), plain(before, "bold"), plain(after, "bold")]]
    rows += [[plain(one.field), _side(one.before, "red"), _side(one.after, "green")] for one in found]
    widths = [max(row[column].cell_len for row in rows) for column in range(3)]
    if sum(widths) + 2 * 2 <= (room or sys.maxsize):
        for row in rows:
            yield Text.assemble(padded(row[0], widths[0]), padded(row[1], widths[1]), row[2])
        return
    yield Text.assemble(("- ", "red"), rows[0][1], ("  + ", "green"), rows[0][2])
    for one, (field, old, new) in zip(found, rows[1:], strict=True):
        yield field
        if one.before is not None:
            yield Text.assemble(("  - ", "red"), old)
        if one.after is not None:
            yield Text.assemble(("  + ", "green"), new)


def document(releases: Sequence[PastRelease], where: Mapping[str, str], process: str) -> dict[str, Any]:
    """All releases of a process."""
    return {
        "version": output.VERSION,
        "kind": "history",
        **_head(where),
        "process": process,
        "releases": [_past(one) for one in releases],
    }


def difference_document(before: str, after: str, found: Sequence[Difference], where: Mapping[str, str]) -> Any:
    """The differences between two revisions; null where one has no value."""
    return {
        "version": output.VERSION,
        "kind": "history diff",
        **_head(where),
        "before": before,
        "after": after,
        "differences": [{"field": one.field, "before": one.before, "after": one.after} for one in found],
    }


def _past(one: PastRelease) -> dict[str, Any]:
    return {
        "revision": one.revision,
        "outcome": one.outcome,
        "current": one.current,
        "image": one.image,
        "digest": one.digest,
        "tags": list(one.tags),
        "commit": one.commit,
        "message": one.message,
        "who": one.who,
        "since": one.since.isoformat(),
        "ended": one.ended.isoformat() if one.ended else None,
        "why": one.why,
    }


def _head(where: Mapping[str, str]) -> dict[str, str]:
    return {name: where[name] for name in ("app", "account", "region")}


def _style(one: PastRelease) -> str:
    return STYLES.get(one.outcome, "red")


def _side(value: str | None, style: str) -> Text:
    return plain("-" if value is None else value or '""', "dim" if value is None else style)
