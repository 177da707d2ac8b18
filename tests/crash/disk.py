"""A disk that fails from some moment on: full, or read-only."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FULL = ("open", "link", "replace")  # what takes room, if only for a name
WRITES = {errno.ENOSPC: FULL, errno.EROFS: (*FULL, "unlink", "mkdir")}
BROKEN = {"disk full": errno.ENOSPC, "disk read-only": errno.EROFS}


@contextmanager
def breaking_disk(code: int, fails: Callable[[int], bool]) -> Iterator[list[str]]:
    """Every write whose number (from 0) is in `fails` raises this error. Yields the list of attempted writes."""
    tried: list[str] = []

    def breaks(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*words: Any, **options: Any) -> Any:
            if name != "open" or words[1] & os.O_CREAT:
                tried.append(name)
                if fails(len(tried) - 1):
                    raise OSError(code, os.strerror(code))
            return real(*words, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in WRITES[code]:
            patch.setattr(os, name, breaks(getattr(os, name), name))
        yield tried
