"""The state file: its format, how it is read, and what happens to a damaged one."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ecsctl import files
from ecsctl.engine import migrations
from ecsctl.errors import EcsctlError, StateError

VERSION = 2
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: migrations.named_as_on_aws}
"""By version: the function that converts a state file to the next version."""
MOST_BYTES = 4_000_000
YOUNG = 60.0  # seconds in which a read may still miss what was made


class Intent(BaseModel):
    """A change that was begun: until it is settled, it may or may not have happened on AWS."""

    model_config = ConfigDict(extra="forbid")

    verb: str
    nonce: str
    since: datetime
    fields: list[str] | None = None  # those that an update changes; None: any may be different because of it


class Entry(BaseModel):
    """A resource in the state file: its ids, the desired state last applied and when, and a change in flight."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    ids: dict[str, str] | None = None
    applied: dict[str, Any] | None = None
    since: datetime | None = None
    borrowed: bool = False
    intent: Intent | None = None
    otherwise: dict[str, Any] | None = None  # by field: what AWS accepted, and what it has shown ever since

    @property
    def age(self) -> float:
        """For how many seconds its ids have been known."""
        return (datetime.now(UTC) - self.since).total_seconds() if self.since else 0.0

    @property
    def recent(self) -> bool:
        """Whether it is so new that AWS may miss it, though it was observed (EC2 API, "Eventual consistency")."""
        return self.since is not None and self.age < YOUNG


class Book(BaseModel):
    """The whole state file of one deployment of one app in one account and region."""

    model_config = ConfigDict(extra="forbid")

    version: int = VERSION
    app: str
    id: str
    account: str
    region: str
    serial: int = 0
    entries: dict[str, Entry] = Field(default_factory=dict)


def peek(path: Path) -> Book | None:
    """Read the state file as a hint; None if that is impossible. Nothing is moved or reported."""
    with suppress(OSError, ValueError, RecursionError, EcsctlError):
        return _parse(path)
    return None


class Rendered(NamedTuple):
    """A resource's entry in the form of the file, and in the form that the checksum is made of."""

    line: str
    compact: str


def rendered(entry: Entry) -> Rendered:
    """An entry in both forms."""
    dumped = entry.model_dump(mode="json")
    return Rendered(json.dumps(dumped), _compact(dumped))


def content(book: Book, entries: Mapping[str, Rendered]) -> bytes:
    """The file's content, from entries that are rendered already: a run writes it at every step, and each step changes
    one.
    """
    head = book.model_dump(mode="json", exclude={"entries"})
    inner = ",".join(f"{_quoted(name)}:{entry.compact}" for name, entry in sorted(entries.items()))
    parts = {**{name: _compact(part) for name, part in head.items()}, "entries": f"{{{inner}}}"}
    whole = ",".join(f"{_quoted(name)}:{part}" for name, part in sorted(parts.items()))
    head["checksum"] = _hash(f"{{{whole}}}")
    return _written(
        {name: json.dumps(part) for name, part in head.items()}, {n: one.line for n, one in entries.items()}
    )


def text(body: dict[str, Any]) -> bytes:
    """The file's content: a line for each resource, so that a person can read it and it is written fast."""
    head = {**body, "checksum": checksum(body)}
    entries = head.pop("entries")
    return _written({n: json.dumps(one) for n, one in head.items()}, {n: json.dumps(one) for n, one in entries.items()})


def _written(head: Mapping[str, str], entries: Mapping[str, str]) -> bytes:
    return f'{{{_lines(head)},\n"entries": {{\n{_lines(entries)}\n}}}}\n'.encode()


def _lines(parts: Mapping[str, str]) -> str:
    return ",\n".join(f"{_quoted(name)}: {part}" for name, part in sorted(parts.items()))


@functools.cache
def _quoted(name: str) -> str:
    """A name as JSON: a run writes each of them a hundred times."""
    return json.dumps(name)


def checksum(body: dict[str, Any]) -> str:
    """A checksum in the file of its own content, so that a truncated file is not taken for the whole."""
    return _hash(_compact(body))


def _compact(part: Any) -> str:
    return json.dumps(part, sort_keys=True, separators=(",", ":"))


def _hash(compact: str) -> str:
    return hashlib.sha256(compact.encode()).hexdigest()


def read(path: Path, say: Callable[[str], None]) -> Book | None:
    """The state file; if it is damaged the previous copy; otherwise None.

    Raises StateError for a newer version, and where something other than a file is in its place.
    """
    try:
        files.is_folder(path.parent)
        for candidate in (path, backup(path)):
            files.check(candidate)
    except files.Misplaced as error:
        raise misplaced(error) from error
    if not path.exists():
        return None
    for candidate in (path, backup(path)):
        if not candidate.exists():
            continue
        try:
            book = _parse(candidate)
        except (OSError, ValueError, RecursionError) as error:
            reason = "is damaged" if isinstance(error, ValidationError) else str(error)
            aside = candidate.with_name(f"{candidate.name}.corrupt-{int(time.time())}")
            os.replace(candidate, aside)
            say(f"{candidate.name} {reason}; it is kept as {aside.name}")
            continue
        if candidate != path:
            say(f"the previous copy, {candidate.name}, is used; what it lacks is found by tags")
        return book
    say("the state file is rebuilt from the tags on AWS")
    return None


def _parse(path: Path) -> Book:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("is larger than any state file")
    try:
        body = json.loads(files.read(path))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError("is not JSON, or only a part of it") from error
    if not isinstance(body, dict):
        raise ValueError("is not a state file")  # noqa: TRY004 - of the file's text, as above
    version = body.get("version")
    if isinstance(version, int) and version > VERSION:
        raise StateError(
            f"{path} was written by a newer ecsctl (version {version} of the state file, this one knows {VERSION})",
            hint="use that ecsctl here too, or another state file: ECSCTL_STATE=FILE",
        )
    if type(version) is not int or not all(older in MIGRATIONS for older in range(version, VERSION)):
        raise ValueError(f"is of version {version!r}, which this ecsctl does not know")
    claimed = body.pop("checksum", None)
    if claimed != checksum(body):
        raise ValueError("does not match its checksum")
    for older in range(version, VERSION):
        body = {**MIGRATIONS[older](body), "version": older + 1}
    return Book.model_validate(body)


def backup(path: Path) -> Path:
    """The path of the previous copy."""
    return path.with_name(path.name + ".bak")


def misplaced(error: files.Misplaced) -> StateError:
    """Something else is where a file or folder of ours belongs; it may have come with the repository."""
    return StateError(
        f"{error.filename}: {error.strerror}",
        why="ecsctl follows no link out of its folder, and opens nothing there but files",
        hint=f"check what it is, then: rm {error.filename}",
    )


def unwritable(folder: Path, error: OSError) -> EcsctlError:
    """The error when the disk does not accept the state file."""
    if isinstance(error, files.Misplaced):
        return misplaced(error)
    return StateError(
        f"the state file cannot be written in {folder}",
        why=f"{error.strerror or error}",
        hint="make room or make it writable, then run the same command again: nothing is lost",
    )
