"""Values that are expensive to make: one process of a test run makes each of them, and the others read it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

import pytest
from filelock import FileLock

T = TypeVar("T")


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[], T]) -> T:
    """Return what `make` returns. It is called once per name in a test run, in whichever process asks first."""
    base = factory.getbasetemp()
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make()))
    found: T = pickle.loads(kept.read_bytes())  # noqa: S301 - our own, of this very run
    return found
