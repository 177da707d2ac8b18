"""Recordings that all processes of a test run share: they take longer than all that is asked of them."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable

import pytest
from filelock import FileLock

from tests.permissions.recorded import MOVED, Recorded, record

Record = Callable[..., Recorded]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A configuration's recording, by its name and partition, made at the first request for it."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def of(name: str, partition: str = "aws") -> Recorded:
        if partition != "aws" and (name, partition) not in MOVED:
            return of(name).moved(partition)
        kept = folder / f"permissions {name} {partition}"
        with FileLock(f"{kept}.lock"):
            if not kept.exists():
                kept.write_bytes(pickle.dumps(record(name, partition)))
        found: Recorded = pickle.loads(kept.read_bytes())  # noqa: S301 - our own, of this very run
        return found

    return of
