"""The local state file and journal: atomic, locked, durable at every step. A cache: AWS and its tags are the truth."""

from __future__ import annotations

import json
import os
import socket
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ecsctl import files
from ecsctl.engine import runs
from ecsctl.engine.state_file import Book, Entry, Intent, Rendered, backup, content, read, rendered, unwritable
from ecsctl.errors import Locked, StateError

USE = {  # what a run must have in common with the state file
    "account": "use the credentials of account {}",
    "region": "work in that region: --region {}, or region in ecsctl.toml",
    "app": "name the app {} in ecsctl.toml again",
}
RESERVE_BYTES = 65_536  # reserved for the journal, so that a full disk cannot stop a run from writing it


class State:
    """The state file on disk. Every `begin` is durable before it returns; so is every `settle`."""

    def __init__(self, path: Path, book: Book, *, fresh: bool) -> None:
        self.path = path
        self.book = book
        self.fresh = fresh  # nothing that was created is recorded: the id may have to be read from tags
        self.own_id = book.id  # the one that the state file was created with
        self.run, self._last = runs.new_run(), _last_run(path.parent / "owner")
        self._lock = threading.Lock()
        self._rendered: dict[str, Rendered] = {}  # each entry in the form of the file

    @classmethod
    def load(cls, path: Path, *, app: str, account: str, region: str, say: Callable[[str], None]) -> State:
        """Read the state file, or start one. An unreadable one is set aside and reported: it is rebuilt from AWS's
        tags.

        Raises StateError if the state file is of another account, region or app, or was written by a newer ecsctl.
        """
        book = read(path, say)
        if book is None:
            book = Book(app=app, id=str(uuid.uuid4()), account=account, region=region)
            return cls(path, book, fresh=True)
        for what, ours, theirs in (("account", account, book.account), ("region", region, book.region),
                                   ("app", app, book.app)):  # fmt: skip
            if ours != theirs:
                raise StateError(
                    f"{path} is the state file of {what} {theirs}, not of {ours}",
                    why="a state file belongs to one app in one account and region",
                    hint=f"{USE[what].format(theirs)}, or another state file: ECSCTL_STATE=FILE",
                )
        return cls(path, book, fresh=not any(entry.ids and not entry.borrowed for entry in book.entries.values()))

    def entry(self, name: str) -> Entry | None:
        """The entry of a resource; None if there is none."""
        return self.book.entries.get(name)

    @property
    def entries(self) -> dict[str, Entry]:
        """All entries by name, as they are now: a copy, since other threads add and remove some meanwhile."""
        with self._lock:
            return dict(self.book.entries)

    @property
    def unsettled(self) -> Mapping[str, Entry]:
        """The resources whose last change was begun and not settled: a run died during it."""
        return {name: entry for name, entry in self.entries.items() if entry.intent is not None}

    def is_interrupted(self, run: str) -> bool:
        """Whether a run is known to be dead: a process of this machine that is gone, or the last run of this folder.

        The latter may be alive and hold the folder's lock, which then keeps us from changing anything.
        """
        return run == self._last or runs.is_dead(run)

    @property
    def was_interrupted(self) -> bool:
        """Whether the last run of this folder did not finish: what it held on AWS may be held still."""
        return bool(self._last)

    def has_begun(self, name: str, id: str) -> bool:
        """Whether a run with this state file was about to create it, under this id of the deployment."""
        entry = self.book.entries.get(name)
        return entry is not None and entry.intent is not None and id == self.own_id

    def adopt_id(self, id: str) -> None:
        """Take over the deployment's id from AWS's tags. It is saved with the next change."""
        self.book.id = id

    def begin(self, name: str, kind: str, verb: str, fields: Collection[str] | None = None) -> str:
        """Write down that a change is about to be sent to AWS: of these fields, or of any. Returns its nonce, which is
        the same for a repeated begin.
        """
        with self._lock:
            entry = self.book.entries.setdefault(name, Entry(kind=kind))
            open_now = entry.intent
            if open_now is None or open_now.verb != verb:
                changing = None if fields is None else sorted(fields)
                entry.intent = Intent(verb=verb, nonce=uuid.uuid4().hex, since=datetime.now(UTC), fields=changing)
                entry.kind = kind
                self._save(name)
            elif open_now.fields is not None and not {*(fields or ())} <= {*open_now.fields}:
                open_now.fields = sorted({*open_now.fields, *(fields or ())})
                self._save(name)
            return entry.intent.nonce if entry.intent else ""

    def settle(self, name: str, kind: str, ids: dict[str, str], applied: dict[str, Any], *, borrowed: bool) -> None:
        """Record that a resource exists as desired. Nothing is written when nothing is new."""
        with self._lock:
            old = self.book.entries.get(name)
            since = old.since if old and old.ids == ids and old.since else datetime.now(UTC)
            new = Entry(kind=kind, ids=ids, applied=applied, since=since, borrowed=borrowed)
            if new != old:
                self.book.entries[name] = new
                self._save(name)

    def shown_otherwise(self, name: str, ids: dict[str, str], fields: dict[str, Any]) -> None:
        """Write down that AWS accepted a change and does not show it: for each field, what was sent and what is
        shown.
        """
        with self._lock:
            entry = self.book.entries[name]
            entry.ids, entry.since = ids, entry.since or datetime.now(UTC)
            entry.intent, entry.otherwise = None, fields
            self._save(name)

    def made(self, name: str, ids: dict[str, str]) -> None:
        """Write down the ids that a create returned. The change stays open until the resource is as desired."""
        with self._lock:
            entry = self.book.entries[name]
            entry.ids, entry.since = ids, datetime.now(UTC)
            self._save(name)

    def drop(self, name: str) -> None:
        """Take back a `begin` that certainly had no effect."""
        with self._lock:
            entry = self.book.entries.get(name)
            if entry is None or entry.intent is None:
                return
            entry.intent = None
            if entry.ids is None:
                del self.book.entries[name]
            self._save(name)

    def forget(self, name: str) -> None:
        """Write down that a resource is gone."""
        with self._lock:
            if self.book.entries.pop(name, None) is not None:
                self._save(name)

    def end(self) -> None:
        """Delete the state file: nothing of the app is left. The previous copy goes too. Raises StateError."""
        try:
            for path in (self.path, backup(self.path)):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self.path.parent, error) from error

    @contextmanager
    def locked(self, command: str) -> Iterator[None]:
        """Hold the folder's lock, and space for the journal, while changing things.

        The system releases the lock when the process dies. Raises Locked, naming who holds it, and StateError when the
        folder cannot be written or the disk is full.
        """
        from filelock import FileLock, Timeout

        folder = self.path.parent
        reserve = folder / "reserve"
        try:
            files.folder(folder)
            files.check(folder / "lock")
            lock = FileLock(folder / "lock", timeout=0, mode=0o600)
            lock.acquire()
        except Timeout as error:
            raise Locked(
                "another run is at work here", why=_holder(folder / "owner"), hint="wait for it, or stop that process"
            ) from error
        except OSError as error:
            raise unwritable(folder, error) from error
        try:
            try:
                since = datetime.now(UTC).isoformat(timespec="seconds")
                who = {
                    "pid": os.getpid(),
                    "host": socket.gethostname(),
                    "command": command,
                    "since": since,
                    "run": self.run,
                }
                files.write(folder / "owner", json.dumps(who).encode())
                _reserve(reserve)
                with self._lock:
                    self._save()
            except OSError as error:
                raise unwritable(folder, error) from error
            runs.begin(self.run)
            yield
        finally:
            runs.end(self.run)
            for path in (reserve, folder / "owner"):
                _discard(path)
            lock.release()

    def _save(self, changed: str = "") -> None:
        """Write the file; if given, only this one of its entries has changed since the last time."""
        self.book.serial += 1
        entries = self.book.entries
        self._rendered = {
            name: rendered(entry) if name == changed or name not in self._rendered else self._rendered[name]
            for name, entry in entries.items()
        }
        written = content(self.book, self._rendered)
        try:
            self._replace(written)
        except OSError:
            _discard(self.path.parent / "reserve")  # the space reserved for this moment
            try:
                self._replace(written)
            except OSError as error:
                raise unwritable(self.path.parent, error) from error

    def _replace(self, text: bytes) -> None:
        files.folder(self.path.parent)
        files.check(self.path)
        if self.path.exists():
            previous = backup(self.path)
            aside = previous.with_name(f"{previous.name}.{os.getpid()}")
            aside.unlink(missing_ok=True)
            os.link(self.path, aside)
            os.replace(aside, previous)
        files.write(self.path, text)


def _discard(path: Path) -> None:
    """Delete what is no longer needed; if the disk does not allow it, the next run will. Only a regular file is
    ours.
    """
    with suppress(OSError):
        files.check(path)
        path.unlink(missing_ok=True)


def _reserve(path: Path) -> None:
    descriptor = files.opened(path, os.O_WRONLY | os.O_CREAT)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
        else:
            os.write(descriptor, bytes(RESERVE_BYTES))
    finally:
        os.close(descriptor)


def _last_run(owner: Path) -> str:
    """The last run that held the folder's lock, if it did not finish."""
    try:
        return str(json.loads(files.read(owner))["run"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _holder(owner: Path) -> str:
    try:
        who = json.loads(files.read(owner))
        since = datetime.fromisoformat(who["since"])
        age = int((datetime.now(UTC) - since).total_seconds())
        return f"{who['command']}, process {who['pid']} on {who['host']}, for {age} seconds"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not written its name yet"
