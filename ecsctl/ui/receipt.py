"""The receipt of `down`: what is left, why, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rich.text import Text

from ecsctl.ui.console import write
from ecsctl.ui.copied import copied, optioned
from ecsctl.ui.safe import safe


class Remains(Protocol):
    """One thing that is still there."""

    @property
    def kind(self) -> str:
        """Such as "log group"."""

    @property
    def what(self) -> str:
        """Its name or id."""

    @property
    def why(self) -> str:
        """The reason why it still exists."""

    @property
    def monthly(self) -> float:
        """What it still costs, in dollars a month."""


def show(left: Sequence[Remains], *, prices: str) -> None:
    """Print on stderr what is left, or that nothing is."""
    if not left:
        write(Text("nothing of it is left in the account"))
        return
    write(Text("still there:"))
    for one in left:
        cost = f", about ${one.monthly:.2f} a month" if one.monthly >= 0.005 else ""
        write(Text(f"{safe(one.kind)} {safe(one.what)}: {safe(copied(one.why))}{cost}"), label=Text("  "))
    total = sum(one.monthly for one in left)
    if total >= 0.005:
        write(Text(f"together about ${total:.2f} a month ({prices})"), label=Text("  "))


def document(left: Sequence[Remains]) -> list[dict[str, Any]]:
    """The resources that are left, for JSON."""
    return [
        {"kind": one.kind, "what": one.what, "why": optioned(one.why), "monthly_usd": round(one.monthly, 2)}
        for one in left
    ]
