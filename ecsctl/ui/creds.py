"""Where the GitHub token is, and the state of its copies: on stdout, for people and for programs. Never the token."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ecsctl.engine.errors import TOKEN_HINT
from ecsctl.ui import words
from ecsctl.ui.console import data
from ecsctl.ui.copied import copied
from ecsctl.ui.output import VERSION
from ecsctl.ui.safe import plain

if TYPE_CHECKING:
    from ecsctl.github.creds import Status


def show(found: Status) -> None:
    """Print the secret, each copy, and what GitHub said; on stderr what fixes it."""
    data().print(
        plain(f"{found.secret}  since {f'{found.since:%Y-%m-%d %H:%M} UTC' if found.since else 'unknown'}"),
        soft_wrap=True,
    )
    for one in found.places:
        note = f"  ({copied(one.note)})" if one.note else ""
        data().print(plain(f"  {one.title}: {one.state}{note}"), soft_wrap=True)
    if any(one.state == "missing" for one in found.places):
        words.hint("ecsctl up creates what is missing")
    if found.refused:
        data().print(plain(f"  GitHub refuses it: {found.refused}"), soft_wrap=True)
        words.hint(TOKEN_HINT)


def document(found: Status) -> dict[str, Any]:
    """The same as JSON."""
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
