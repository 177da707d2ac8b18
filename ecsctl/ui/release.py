"""Shows how a release ended: a sentence, or an error with its cause; and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecsctl.errors import EcsctlError
from ecsctl.ui import errors, output, words
from ecsctl.ui.console import glyph, put, stdout_console
from ecsctl.ui.safe import plain

if TYPE_CHECKING:
    from ecsctl.releases.verdict import Release

NOTHING = "nothing is rolling out: nothing was changed"


def end(release: Release, *, failed: bool, cause: str, hint: str) -> None:
    """Print the verdict: on stdout on success, otherwise as an error on stderr, with the diagnosis's first line.

    `hint` is the command that continues to follow what is not done yet.
    """
    verdict = release.verdict
    if not failed:
        sentence = plain(verdict.sentence)
        put(Text.assemble((f"{glyph('✓', 'ok', stdout_console())} ", "green"), sentence), stdout_console())
        return
    found = verdict.error() or EcsctlError(f"it came too late: {verdict.sentence}")
    timed_out, paused = found.exit_code == 4, found.exit_code == 9
    found.why = "; ".join(part for part in (found.why.rstrip("."), cause) if part)
    if not paused:
        found.hint = f"nothing is lost, it goes on by itself: {hint} follows it again" if timed_out else ""
    errors.show(found)
    if not timed_out and not paused:
        words.next_step("ecsctl history")


def nothing(kind: str, where: Mapping[str, str], *, as_json: bool) -> None:
    """Say that there is nothing to stop, or to continue. `kind` is the command."""
    if as_json:
        output.emit(_document(kind, "nothing to do", NOTHING, where))
        return
    words.say(NOTHING)


def document(kind: str, release: Release, code: int, cause: str, where: Mapping[str, str]) -> dict[str, Any]:
    """The JSON document of a release. `kind` is the command, `code` its exit code."""
    verdict = release.verdict
    return _document(kind, verdict.outcome.value, verdict.sentence, where) | {
        "exit_code": int(code),
        "why": verdict.why,
        "cause": cause,
        "revision": release.number,
        "image": release.image,
        "changed": release.changed,
        "processes": {process: one.outcome.value for process, one in release.processes.items()},
    }


def _document(kind: str, outcome: str, message: str, where: Mapping[str, str]) -> dict[str, Any]:
    return {
        "version": output.VERSION,
        "kind": kind,
        **{name: where[name] for name in ("app", "account", "region")},
        "outcome": outcome,
        "exit_code": 0,
        "message": message,
        "why": "",
        "cause": "",
        "revision": None,
        "image": "",
        "changed": False,
        "processes": {},
    }
