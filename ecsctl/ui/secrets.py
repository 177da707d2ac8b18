"""The app's secrets as a list on stdout, for people and for programs. Never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from ecsctl.ui import words
from ecsctl.ui.console import put, stdout_console
from ecsctl.ui.copied import copied
from ecsctl.ui.output import VERSION
from ecsctl.ui.safe import plain

if TYPE_CHECKING:
    from ecsctl.own_secrets import Held

Used = Sequence[tuple["Held", Sequence[str]]]


def show(found: Used) -> None:
    """Print a line for each."""
    for one, used in found:
        since = f"{one.changed.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if one.changed else "unknown"
        restore = copied(f"ecsctl secret set {one.name}")
        state = f"scheduled for deletion: {restore} restores it" if one.deleted else (
            f"used by {', '.join(used)}" if used else "not used")  # fmt: skip
        put(plain(f"{one.name}  since {since}  {state}"), stdout_console())
    if not found:
        words.say("there are no secrets: ecsctl secret set NAME creates one")


def document(found: Used, where: Mapping[str, str]) -> dict[str, Any]:
    """The JSON document with the same content."""
    return {
        "version": VERSION,
        "kind": "secrets",
        **where,
        "secrets": [
            {
                "name": one.name,
                "changed": one.changed.isoformat(timespec="seconds") if one.changed else None,
                "used_by": list(used),
                "deleted": one.deleted.isoformat(timespec="seconds") if one.deleted else None,
            }
            for one, used in found
        ],
    }
