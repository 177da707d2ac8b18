"""A case in a process of its own that begins with everything its parent has: account, clock, record and code.

A parent brings the world to a moment once and lets every case of that moment branch off by a fork. What the child
does, its parent never sees, but for what the child tells through a pipe.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

HANG = 150  # seconds until a case that does not end is a failure


class Told(NamedTuple):
    """What a child came back with: a value, or how it failed."""

    value: Any
    failure: str


def branch(body: Callable[[], Any]) -> Told:
    """Run `body` in a child, in its own copy of the current folder, and return its value (as JSON would) or failure."""
    reader, writer = os.pipe()
    folder = tempfile.mkdtemp(prefix="branch-", dir=Path.cwd().parent)
    child = os.fork()
    if child == 0:
        _become_child(body, writer, folder)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)
    if status != 0 or not told:
        return Told(None, f"the case ended by signal {os.WTERMSIG(status)}" if status else "the case said nothing")
    return Told(*json.loads(told))


def _become_child(body: Callable[[], Any], writer: int, folder: str) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    try:
        try:
            shutil.copytree(".", folder, dirs_exist_ok=True)
            os.chdir(folder)
            told = [body(), ""]
        except BaseException as error:  # noqa: BLE001 - nothing may climb out of the child into its parent's stack
            told = [None, _short(error)]
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(json.dumps(told).encode())
    finally:
        os._exit(0)


def _short(error: BaseException) -> str:
    """The error and the last lines of where it came from."""
    lines = traceback.format_exception(error)
    why = getattr(error, "why", "")
    several = "; ".join(f"{one.message} [{one.why}]" for one in getattr(error, "errors", ()))
    return f"{type(error).__name__}: {str(error)[:3000]} {why} {several}\n{''.join(lines[-3:])[-1500:]}"
