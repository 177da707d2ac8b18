"""The line of each key in a TOML text. tomllib checks the text; this only locates the keys."""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress

Path = tuple[str | int, ...]
"""The way to a value: keys, and numbers within lists."""

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
