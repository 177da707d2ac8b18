"""Words of AWS, which cuts them short, and of logs, which say anything."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

CUT_AT = (255, 256, 1023, 1024)
"""So long are the reasons of a container and of a task at most (ECS API reference, Container and Task)."""
LEAST = 8
"""So many characters of a phrase, and half of it, must be left at the end of a text that was cut short."""


def is_cut(text: str) -> bool:
    """Whether AWS may have cut a text short."""
    return text.rstrip().endswith(("...", "…")) or len(text) in CUT_AT


def said(text: str, *phrases: str) -> bool:
    """Whether a text says one of the phrases, as a whole, or as far as it goes where it was cut short."""
    low = text.casefold()
    if any(phrase.casefold() in low for phrase in phrases):
        return True
    if not is_cut(text):
        return False
    body = low.rstrip().rstrip(".… ")
    return any(body.endswith(_beginnings(phrase)) for phrase in phrases)


def whole(text: str, *phrases: str) -> bool:
    """Whether a text says one of the phrases to its end."""
    low = text.casefold()
    return any(phrase.casefold() in low for phrase in phrases)


def fits(lines: Iterable[str], pattern: str) -> tuple[re.Match[str], str] | None:
    """The last of the lines that fits a pattern, and how it fits."""
    hits = [(found, line) for line in lines if (found := re.search(pattern, line, re.IGNORECASE))]
    return hits[-1] if hits else None


@functools.cache
def _beginnings(phrase: str) -> tuple[str, ...]:
    """What may be left of a phrase, in small letters."""
    small = phrase.casefold()
    least = max(LEAST, len(small) // 2)
    return tuple(small[:end].rstrip() for end in range(len(small) - 1, least - 1, -1))
