"""Matching of texts that AWS may have truncated, and of log lines."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

CUT_AT = (255, 256, 1023, 1024)
"""Maximum lengths of the reasons of a container and of a task (ECS API reference, Container and Task)."""
LEAST = 8
"""At least this many characters of a phrase, and half of it, must be left at the end of a truncated text."""


def is_cut(text: str) -> bool:
    """Whether AWS may have truncated a text."""
    return text.rstrip().endswith(("...", "…")) or len(text) in CUT_AT


def mentions(text: str, *phrases: str) -> bool:
    """Whether a text contains one of the phrases; a truncated text may end within the phrase."""
    if contains(text, *phrases):
        return True
    if not is_cut(text):
        return False
    body = _plain(text).rstrip().rstrip(".… ")
    return any(body.endswith(_beginnings(phrase)) for phrase in phrases)


def contains(text: str, *phrases: str) -> bool:
    """Whether a text contains one of the phrases completely. Case and line breaks do not matter."""
    low = _plain(text)
    return any(phrase.casefold() in low for phrase in phrases)


def _plain(text: str) -> str:
    """Return a text in lower case, with one space for each run of white space: AWS's errors may have several lines."""
    return " ".join(text.casefold().split())


def last_match(lines: Iterable[str], pattern: str) -> tuple[re.Match[str], str] | None:
    """Return the last line that matches a pattern, and the match."""
    hits = [(found, line) for line in lines if (found := re.search(pattern, line, re.IGNORECASE))]
    return hits[-1] if hits else None


@functools.cache
def _beginnings(phrase: str) -> tuple[str, ...]:
    """The possible beginnings of a phrase, in lower case."""
    small = phrase.casefold()
    least = max(LEAST, len(small) // 2)
    return tuple(small[:end].rstrip() for end in range(len(small) - 1, least - 1, -1))
