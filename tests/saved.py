"""Prepares what many tests begin with once per process, and restores a copy of it for each test.

The copy is of the sandbox's account, its clock and the state file, and behaves like the original:
tests/stack/test_saved.py.
"""

from __future__ import annotations

import copy
import io
import json
import pickle
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import Certificate
from moto.core.base_backend import BackendDict

from ecsctl.engine.state_file import text
from ecsctl.sandbox.core.clock import Clock

SHARED = (BackendDict, RSAPrivateKey, Certificate, type(threading.RLock()), type(threading.Lock()))
"""Never changed, so not copied."""

UNTOUCHED = "the account has been used already: its contents would be lost"

T = TypeVar("T")


class _Pickler(pickle.Pickler):
    """Copies everything except SHARED."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.shared: list[Any] = []

    def persistent_id(self, one: Any) -> int | None:
        if not isinstance(one, SHARED):
            return None
        self.shared.append(one)
        return len(self.shared) - 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, shared: list[Any]) -> None:
        super().__init__(io.BytesIO(content))
        self.persistent_load = shared.__getitem__


@dataclass
class Saved:
    """A copy of an account, its clock, and the files of a folder."""

    now: float
    account: bytes
    shared: list[Any]
    files: dict[str, bytes]
    at: float = field(default_factory=time.time)

    @classmethod
    def of(cls, clock: Clock, folder: Path) -> Saved:
        file = io.BytesIO()
        pickler = _Pickler(file)
        backends: Any = BackendDict._instances  # type: ignore[misc]  # moto's list of the backends in use
        pickler.dump([(held, dict(held), vars(held)) for held in backends])
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return cls(clock.now(), file.getvalue(), pickler.shared, files)

    def put_back(self, clock: Clock, folder: Path) -> None:
        """Restore it into an account that has not been used, and a folder without a state file."""
        assert untouched(), UNTOUCHED
        for held, accounts, more in _Unpickler(self.account, self.shared).load():
            held.update(accounts)
            vars(held).update(more)  # S3 stores the owner of each bucket there
            BackendDict._instances.append(held)  # type: ignore[misc]
        clock.sleep(self.now - clock.now())
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o600)
            if path.suffix in (".json", ".bak"):
                _age(path, timedelta(seconds=time.time() - self.at))


def untouched() -> bool:
    """Whether the account has not been used yet."""
    return not BackendDict._instances  # type: ignore[misc]


def _age(state_file: Path, by: timedelta) -> None:
    """Move its timestamps, so that it is as old as when it was saved: the state file uses the real clock."""
    body = json.loads(state_file.read_bytes())
    del body["checksum"]
    for entry in body["entries"].values():
        for held in filter(None, (entry, entry["intent"])):
            if held["since"]:
                held["since"] = (datetime.fromisoformat(held["since"]) + by).isoformat()
    state_file.write_bytes(text(body))


_prepared: dict[str, tuple[Saved, Any]] = {}


def once(name: str, clock: Clock, folder: Path, prepare: Callable[[], T]) -> T:
    """Leave account and folder as `prepare` leaves them, and return a copy of what it returns.

    `prepare` is called only once for each name in a process; after that its result is restored.
    """
    assert untouched(), UNTOUCHED
    if name in _prepared:
        _prepared[name][0].put_back(clock, folder)
    else:
        returned = prepare()
        _prepared[name] = Saved.of(clock, folder), returned
    found: T = copy.deepcopy(_prepared[name][1])
    return found
