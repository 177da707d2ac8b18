"""Names of resources on a terminal."""

from __future__ import annotations

from rich.text import Text

from ecsctl.engine.wording import named
from ecsctl.ui.safe import plain


def called(title: str, name: str) -> Text:
    """The title, and the resource's own name in bold if that adds anything."""
    what, own = named(title, name)
    return Text.assemble(plain(what), " ", plain(own, "bold")) if own else plain(what)
