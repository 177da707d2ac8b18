"""A disk that is full or read-only from any write on: the run ends with the reason, and the next one finishes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine.errors import EcsctlError, Several, StateError
from tests.engine.conftest import Run, toybox
from tests.engine.test_up import BOTH, held
from tests.engine.toys import Clock, Cloud

WRITES = 200  # more than a run makes
FULL = ("open", "link", "replace")  # what takes room, if only for a name
READ_ONLY = (*FULL, "unlink", "mkdir")


@contextmanager
def broken_disk(since: int, code: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """From write number `since` on, none succeeds. Yields the writes that were tried."""
    tried: list[str] = []

    def breaks(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*words: Any, **options: Any) -> Any:
            if name != "open" or words[1] & os.O_CREAT:
                tried.append(name)
                if len(tried) > since:
                    raise OSError(code, os.strerror(code))
            return real(*words, **options)

        return call

    with monkeypatch.context() as patch:
        for name in READ_ONLY if code == errno.EROFS else FULL:
            patch.setattr(os, name, breaks(getattr(os, name), name))
        yield tried


def ended(run: Callable[..., Any], *arguments: Any) -> list[EcsctlError]:
    """The errors that a run ended with."""
    try:
        run(*arguments)
    except Several as error:
        return list(error.errors)
    except EcsctlError as error:
        return [error]
    return []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
@pytest.mark.parametrize("command", ["up", "down"])
def test_a_disk_that_takes_no_more_ends_the_run_with_the_reason_and_the_next_one_finishes(
    tmp_path: Path, command: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no power is cut here
    for since in range(WRITES):
        cloud = Cloud(Clock())
        run = Run(cloud, tmp_path / str(since) / ".ecsctl" / "state.json")
        if command == "down":
            run.up(toybox())
        before = list(cloud.calls)
        with broken_disk(since, code, monkeypatch) as tried:
            errors = ended(run.up, toybox()) if command == "up" else ended(run.down)
        if len(tried) <= since:
            assert errors == []
            break
        if errors:
            assert [type(error) for error in errors] == [StateError], f"write {since} failed"
            assert "the record cannot be written" in errors[0].message
            assert errors[0].why == os.strerror(code)
        else:  # all was done but to clear away what nobody needs any more
            assert set(tried[since:]) == {"unlink"}
            assert held(cloud) == (BOTH if command == "up" else [])
        if since == 0:
            assert cloud.calls == before
        if command == "up":
            run.up(toybox())
            assert held(cloud) == BOTH
        run.down()
        assert cloud.things == []
        assert not run.record.exists()
    else:
        pytest.fail(f"more than {WRITES} writes")
