"""Makes text from outside (AWS, git, files) harmless for a terminal: no byte of it can control the screen."""

from __future__ import annotations

import unicodedata

from rich.style import Style
from rich.text import Text

from ecsctl.engine.secret import masked

ESCAPED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode's categories of characters that control instead of showing: controls, formats (bidi overrides, zero-width
characters), lone surrogates, private use, and line and paragraph separators.
"""
JOINER = "\u200d"  # joins emoji to one: harmless between them, and nowhere else
SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: object) -> str:
    r"""The text on one line, with everything that could control a terminal escaped, as in `\x1b`. Emoji stay.

    A secret that this process has held stays hidden.
    """
    text = masked(str(text))
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        one if unicodedata.category(one) not in ESCAPED or _is_joiner(text, at) else _written_out(one)
        for at, one in enumerate(text)
    )


def plain(text: object, style: str | Style = "") -> Text:
    """The text for rich: made safe, and never interpreted as markup."""
    return Text(safe(text), style=style)


def padded(text: Text, width: int) -> Text:
    """A copy of the text padded to this many cells, plus the gap after the column."""
    return Text.assemble(text, " " * (width - text.cell_len + 2))


def _is_joiner(text: str, at: int) -> bool:
    """Whether a zero-width joiner here is between two emoji."""
    return text[at] == JOINER and 0 < at < len(text) - 1 and _is_emoji(text[at - 1]) and _is_emoji(text[at + 1])


def _is_emoji(one: str) -> bool:
    return unicodedata.category(one) == "So" or one == "\ufe0f" or "\U0001f3fb" <= one <= "\U0001f3ff"


def _written_out(one: str) -> str:
    number = ord(one)
    if one in SHORT:
        return SHORT[one]
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
