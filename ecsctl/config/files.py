"""ecsctl.toml on disk: found, read within limits, and parsed so that every value's line is known."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path as File
from typing import Any

from ecsctl.config.mistakes import Source
from ecsctl.config.tree import Path
from ecsctl.errors import ConfigError

FILE, FALLBACK = "ecsctl.toml", "pyproject.toml"
LARGEST = 256 * 1024
"""The largest file, in bytes, that is read."""


def candidates(folder: File) -> list[File]:
    """The configuration files of the nearest folder that has any, this one or a parent; the one that counts is first.

    The search ends at the root of the git repository. Outside a repository it stays in this folder, so that a stray
    file in a home folder is not used. A pyproject.toml that names us and cannot be read counts: `source` refuses it.
    """
    for here in upwards(folder):
        found = [file for file in (here / FILE, here / FALLBACK) if file.is_file()]
        if found and found[-1].name == FALLBACK and not _has_ours(found[-1], alone=len(found) == 1):
            found.pop()
        if found:
            return found
    return []


def upwards(folder: File) -> list[File]:
    """The folder and its parents up to the root of its git repository; only the folder if it is in none."""
    line = [folder.resolve(), *folder.resolve().parents]
    roots = [index for index, here in enumerate(line) if (here / ".git").exists()]
    return line[: roots[0] + 1] if roots else line[:1]


def source(file: File) -> Source:
    """The values of a file and their lines. Raises ConfigError if it is not TOML, too large or too deeply nested."""
    text = _text(file)
    found = _lines(file, text)
    values = _parsed(file, text, found)
    above: Path = ("tool", "ecsctl") if file.name == FALLBACK else ()
    for part in above:
        values = values[str(part)]
    name = named(file)
    if not isinstance(values, dict):
        raise ConfigError(f"{name}:{found.get(above, 1)}: tool.ecsctl: expected a table")
    places = {path[len(above) :]: f"{name}:{line}" for path, line in found.items() if path[: len(above)] == above}
    return Source(values, places, places.pop((), name))


def named(file: File) -> str:
    """A file's name in messages: the shortest path from the current folder."""
    try:
        return str(file.relative_to(File.cwd().resolve()))
    except (ValueError, OSError):
        return str(file)


def _has_ours(file: File, *, alone: bool) -> bool:
    """Whether a pyproject.toml has a table for us. A broken one does not concern us if there is an ecsctl.toml."""
    try:
        text = _text(file)
        if "ecsctl" not in text:
            return False
        tool = _parsed(file, text, _lines(file, text)).get("tool")
    except ConfigError:
        return alone
    return isinstance(tool, dict) and "ecsctl" in tool


def _text(file: File) -> str:
    where = named(file)
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read", why=error.strerror or type(error).__name__) from error
    if len(content) > LARGEST:
        raise ConfigError(f"{where} is larger than {LARGEST // 1024} kB", why="no configuration is that long")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{where}:{line}: not UTF-8, which TOML is written in") from None


def _lines(file: File, text: str) -> dict[Path, int]:
    try:
        return lines(text)
    except TooDeep as error:
        raise ConfigError(f"{named(file)}:{error.line}: a key or a list is nested deeper than any option") from None


def _parsed(file: File, text: str, found: Mapping[Path, int]) -> dict[str, Any]:
    where = named(file)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, line, column = _problem(str(error))
        line = line or text.count("\n") + (not text.endswith("\n"))
        hint = 'text goes in quotes: key = "value"' if reason == "Invalid value" else ""
        raise ConfigError(f"{where}:{line}: not TOML: {reason}{column}", hint=hint) from None
    except ValueError:  # int() takes no more than 4300 digits
        raise ConfigError(f"{where}:{max(found.values(), default=1)}: a number is too long") from None


def _problem(message: str) -> tuple[str, int, str]:
    """tomllib's reason, the line (0: the last one), and the column in words.

    It quotes a single character of the text, or a key. A key may be a secret in the wrong place, and is left out.
    """
    place = re.search(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)$", message)
    reason = message[: place.start()] if place else message
    if re.match("Cannot|Duplicate", reason):
        reason = "a key or a table is defined twice"
    if place and place[1]:
        return reason[:80], int(place[1]), f", column {place[2]}"
    return reason[:80], 0, ""


DEEP = 20
"""The most parts of a key, and the deepest nesting of lists. tomllib takes a minute for a key of 30,000 parts, and ends
in a RecursionError for as many brackets.
"""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?!")|\'\'\'.*?\'\'\'(?!\')'
    r'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_OTHER = re.compile(r"[^,\]}#\n]+")


class TooDeep(ValueError):
    """A key with too many parts, or lists nested too deeply. `line` is where."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def lines(text: str) -> dict[Path, int]:
    """The line, from 1, of every key and of every element of a list. A table's line is that of its header.

    Stops at anything that is not TOML, with what it has found so far. Raises TooDeep.
    """
    walk = _Walk(text)
    with suppress(_NotTomlError):
        walk.statements()
    return walk.found


class _NotTomlError(Exception):
    pass


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.counted = 0
        self.found: dict[Path, int] = {}
        self.lists: dict[Path, int] = {}  # lists of tables: the index of the newest one

    def statements(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) and self.at < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self._header(2)
            elif self.text.startswith("[", self.at):
                table = self._header(1)
            else:
                self._assignment(table, 0)

    def _header(self, brackets: int) -> Path:
        self.at += brackets
        line = self._here()
        *above, last = self._key()
        self._expect("]" * brackets)
        path: Path = ()
        for part in above:
            path = self._newest((*path, part))
            self._note(path, line)
        path = (*path, last)
        self._note(path, line)
        if brackets == 1:
            return self._newest(path)
        self.lists[path] = self.lists.get(path, -1) + 1
        path = self._newest(path)
        self._note(path, line)
        return path

    def _newest(self, path: Path) -> Path:
        return (*path, self.lists[path]) if path in self.lists else path

    def _assignment(self, table: Path, depth: int) -> None:
        line = self._here()
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, line)
        self._expect("=")
        self._skip(_SPACE)
        self._value(path, depth)

    def _key(self) -> list[str]:
        parts = []
        while True:
            self._skip(_SPACE)
            match = _BARE.match(self.text, self.at) or _STRING.match(self.text, self.at)
            if not match:
                raise _NotTomlError
            self.at = match.end()
            parts.append(_decoded(match[0]))
            if len(parts) > DEEP:
                raise TooDeep(self._here())
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _value(self, path: Path, depth: int) -> None:
        if depth > DEEP:
            raise TooDeep(self._here())
        if self.text.startswith("[", self.at):
            self._elements(path, depth)
        elif self.text.startswith("{", self.at):
            self._pairs(path, depth)
        else:
            match = _STRING.match(self.text, self.at) or _OTHER.match(self.text, self.at)
            if not match:
                raise _NotTomlError
            self.at = match.end()

    def _elements(self, path: Path, depth: int) -> None:
        self.at += 1
        index = 0
        while self._skip(_BLANK) and not self.text.startswith("]", self.at):
            self._note((*path, index), self._here())
            self._value((*path, index), depth + 1)
            index += 1
            self._comma("]")
        self._expect("]")

    def _pairs(self, path: Path, depth: int) -> None:
        self.at += 1
        while self._skip(_BLANK) and not self.text.startswith("}", self.at):
            self._assignment(path, depth + 1)
            self._comma("}")
        self._expect("}")

    def _comma(self, end: str) -> None:
        self._skip(_BLANK)
        if not self.text.startswith(end, self.at):
            self._expect(",")

    def _skip(self, blank: re.Pattern[str]) -> bool:
        match = blank.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return True

    def _expect(self, word: str) -> None:
        if not self.text.startswith(word, self.at):
            raise _NotTomlError
        self.at += len(word)

    def _note(self, path: Path, line: int) -> None:
        self.found.setdefault(path, line)

    def _here(self) -> int:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line


def _decoded(key: str) -> str:
    if key[0] not in "\"'":
        return key
    try:
        return str(tomllib.loads(f"key = {key}")["key"])
    except ValueError:
        raise _NotTomlError from None
