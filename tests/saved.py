"""What many tests begin with is played once in a process: the sandbox's account and the state file beside it, put back.

It is a copy for each test, and goes on like what was played: tests/stack/test_saved.py.
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
"""As good as constants."""

UNTOUCHED = "what is there already would be lost"

T = TypeVar("T")


class _Pickler(pickle.Pickler):
    """Copies all but what is as good as a constant: that is shared."""

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
    """An account, its time, and the files of a folder."""

    now: float
    account: bytes
    shared: list[Any]
    files: dict[str, bytes]
    at: float = field(default_factory=time.time)

    @classmethod
    def of(cls, clock: Clock, folder: Path) -> Saved:
        file = io.BytesIO()
        pickler = _Pickler(file)
        backends: Any = BackendDict._instances  # type: ignore[misc]  # moto's own list of what is in use
        pickler.dump([(held, dict(held), vars(held)) for held in backends])
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return cls(clock.now(), file.getvalue(), pickler.shared, files)

    def put_back(self, clock: Clock, folder: Path) -> None:
        """Into an account that nobody has asked anything of, and a folder without a state file."""
        assert untouched(), UNTOUCHED
        for held, accounts, more in _Unpickler(self.account, self.shared).load():
            held.update(accounts)
            vars(held).update(more)  # S3 keeps there whose each bucket is
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
    """Whether nothing was asked of the account yet."""
    return not BackendDict._instances  # type: ignore[misc]


def _age(state_file: Path, by: timedelta) -> None:
    """Let it be as old as when it was saved: the state file uses the real clock."""
    body = json.loads(state_file.read_bytes())
    del body["checksum"]
    for entry in body["entries"].values():
        for held in filter(None, (entry, entry["intent"])):
            if held["since"]:
                held["since"] = (datetime.fromisoformat(held["since"]) + by).isoformat()
    state_file.write_bytes(text(body))


_played: dict[str, tuple[Saved, Any]] = {}


def once(name: str, clock: Clock, folder: Path, play: Callable[[], T]) -> T:
    """Leave account and folder as `play` leaves them, and return a copy of what it returns.

    Within a process only the first call of a name plays.
    """
    assert untouched(), UNTOUCHED
    if name in _played:
        _played[name][0].put_back(clock, folder)
    else:
        returned = play()
        _played[name] = Saved.of(clock, folder), returned
    found: T = copy.deepcopy(_played[name][1])
    return found
