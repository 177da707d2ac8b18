"""Mistakes in a configuration, in words that say how to fix them: where, which key, what was expected and found."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from ecsctl.config import other_words
from ecsctl.config.form import meant, node, options
from ecsctl.config.lines import Path
from ecsctl.config.printing import HIDDEN, hides, looks_secret
from ecsctl.config.tree import dotted, holds, way

MOST = 50
"""How many mistakes are listed at once. A file with more of them is probably not an ecsctl.toml."""


@dataclass(frozen=True)
class Source:
    """Some of the values, and where each comes from: options, the environment, or a file.

    `places` has a path's place; for a path that does not exist, its longest existing part counts.
    """

    values: Mapping[str, Any]
    places: Mapping[Path, str]
    name: str

    def place(self, path: Path) -> str:
        """Where the value at the path is, or the table that it would be in."""
        return next((self.places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.places), self.name)


def blamed(path: Path, sources: list[Source]) -> str:
    """The place to fix: the first source that has the value; otherwise the last one, the file, where it belongs."""
    for n in range(len(path), 0, -1):
        holders = [source for source in sources if holds(source.values, path[:n])]
        if holders:
            # A table may be written in several places. Its file is the place to add what is missing in it.
            return (holders[0] if n == len(path) else holders[-1]).place(path)
    return sources[-1].name


def messages(error: ValidationError, sources: list[Source]) -> list[str]:
    """The mistakes that pydantic found, MOST at most, one line each."""
    return [f"{blamed(path, sources)}: {sentence}" for path, sentence in islice(_sentences(error), MOST)]


def shown(value: Any) -> str:
    """A value as it would be written in the file, shortened, and without control characters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = f'"{value}"' if len(value) <= 60 else f'"{value[:60]}…"'
        return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return str(value)


def key_shown(path: Path) -> str:
    """A path for a message. A part that may be a secret is not shown: someone pasted it in the wrong place."""
    return dotted(tuple(_part_shown(part) for part in path))


def _part_shown(part: str | int) -> str | int:
    if isinstance(part, int):
        return part
    if looks_secret(part):
        return HIDDEN
    return part if re.fullmatch(r"[\w-]{1,60}", part) else shown(part)


def unknown(path: Path) -> str:
    """The message for an unknown key, with the key that was probably intended."""
    return f"{key_shown(path)}: no such key{_suggestion(path)}"


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that was probably intended, if one is close enough: preferably of the same letters, two swapped.

    Otherwise one that begins or ends with this one, as `cpu_percent` does with `cpu`.
    """
    if same := next((one for one in known if sorted(one) == sorted(word)), None):
        return same
    if alike := difflib.get_close_matches(word, known, n=1, cutoff=0.6):
        return alike[0]
    return next((one for one in known if one.startswith(f"{word}_") or one.endswith(f"_{word}")), None)


def _sentences(error: ValidationError) -> Iterator[tuple[Path, str]]:
    for one in error.errors(include_url=False):
        path: Path = tuple(part for part in one["loc"] if part != "[key]")
        kind, context = one["type"], one.get("ctx", {})
        if kind == "together":
            for key, text in context["found"]:
                below = (*path, *way(key))
                yield below, f"{key_shown(below)}{'' if text.startswith('=') else ':'} {text}"
        elif kind == "extra_forbidden":
            yield path, unknown(path)
        elif kind == "missing":
            yield path, f"{key_shown(path)} is missing: expected {_meaning(path)}"
        elif one["loc"][-1:] == ("[key]",):
            yield path, f"{key_shown(path)}: expected {context.get('meant', 'another name')}"
        else:
            found = "a value that is not shown" if hides(path, one["input"]) else shown(one["input"])
            wanted = context.get("meant") or _meaning(path)
            yield path, f"{key_shown(path)}: expected {wanted}, found {found}{_in_ours(path, one['input'])}"


def _in_ours(path: Path, value: Any) -> str:
    """ecsctl's word for a value that other tools write in this way."""
    if path[-1] == "schedule" and isinstance(value, str) and (time := other_words.timetable(value)):
        return f'; in AWS\'s words: "{time}"'
    return {"cpu": "; 1024 is one vCPU", "memory": "; in MiB, 1024 to a GB"}.get(str(path[-1]), "")


def _meaning(path: Path) -> str:
    found = node(path) or {}
    examples = found.get("examples")
    words = meant(found)
    return f"{words}, such as {shown(examples[0])}" if examples and words == "text in quotes" else words


def _suggestion(path: Path) -> str:
    *above, last = path
    if not isinstance(last, str):
        return ""
    siblings = list((node(tuple(above)) or {}).get("properties", {}))
    if ours := other_words.ours(last, tuple(above), siblings):
        return f"; ecsctl has {ours} for it"
    if near := nearest(last, siblings):
        return f"; did you mean {dotted((*above, near))}?"
    for place, _ in options():
        if place[-1] == last:
            where = f"in [{dotted(place[:-1])}]" if len(place) > 1 else "at the top, above the first [table]"
            return f"; it belongs {where}"
    return f"; known {'here' if above else 'at the top'}: {', '.join(siblings)}" if siblings else ""
