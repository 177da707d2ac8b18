"""Shows where the GitHub token is, and the state of its copies: on stdout, for people and for programs. Never the
token.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ecsctl.github_token import TOKEN_HINT
from ecsctl.ui import words
from ecsctl.ui.console import put, stdout_console
from ecsctl.ui.copied import copied
from ecsctl.ui.output import VERSION
from ecsctl.ui.safe import plain

if TYPE_CHECKING:
    from ecsctl.github.creds import Status


def show(found: Status) -> None:
    """Print the secret, each copy, and what GitHub said; on stderr what fixes it."""
    console = stdout_console()
    since = f"{found.since:%Y-%m-%d %H:%M} UTC" if found.since else "unknown"
    put(plain(f"{found.secret}  since {since}"), console)
    for one in found.places:
        note = f"  ({copied(one.note)})" if one.note else ""
        put(plain(f"  {one.title}: {one.state}{note}"), console)
    if any(one.state == "missing" for one in found.places):
        words.hint("ecsctl up creates what is missing")
    if found.refused:
        put(plain(f"  GitHub refuses it: {found.refused}"), console)
        words.hint(TOKEN_HINT)


def document(found: Status) -> dict[str, Any]:
    """The JSON document with the same content."""
    return {
        "version": VERSION,
        "kind": "creds",
        "secret": found.secret,
        "since": _since(found),
        "current": found.current,
        "refused": found.refused,
        "places": [asdict(one) for one in found.places],
    }


def _since(found: Status) -> str | None:
    return found.since.isoformat(timespec="seconds") if found.since else None
