"""Recordings that all processes of a test run share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.permissions.recorded import MOVED, Recorded, record
from tests.shared import shared

Record = Callable[..., Recorded]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A configuration's recording, by its name and partition, made at the first request for it."""

    def of(name: str, partition: str = "aws") -> Recorded:
        if partition != "aws" and (name, partition) not in MOVED:
            return of(name).moved(partition)
        return shared(tmp_path_factory, f"permissions {name} {partition}", lambda: record(name, partition))

    return of
