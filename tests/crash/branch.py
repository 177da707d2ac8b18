"""A case in a process of its own that begins with everything its parent has: account, clock, state file and code.

A parent brings the world to a moment once and lets every case of that moment branch off by a fork. What the child
does, its parent never sees, but for what the child tells through a pipe.
"""

from __future__ import annotations

import gc
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


class Ended(NamedTuple):
    """The result of a child process: a value, or how it failed."""

    value: Any
    failure: str


class Branch:
    """The point at which a process forks: the child gets its own copy of the current folder, and the parent waits for
    it.

    Created in the parent; execution continues in both. The child must call `end`; the parent calls `ended`.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self._folder = tempfile.mkdtemp(prefix="branch-", dir=Path.cwd().parent)
        gc.freeze()  # what both share is not to be written to, which a collection does
        self._child = os.fork()
        if self.is_child:
            gc.disable()
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, HANG)
            shutil.copytree(".", self._folder, dirs_exist_ok=True)
            os.chdir(self._folder)

    @property
    def is_child(self) -> bool:
        """Whether this is the child process."""
        return self._child == 0

    def end(self, body: Callable[[], Any]) -> None:
        """In the child: do the last work, send its value (JSON) or its failure to the parent, and exit."""
        try:
            try:
                answer = [body(), ""]
            except BaseException as error:  # noqa: BLE001 - nothing may climb out of the child into its parent's stack
                answer = [None, _short(error)]
            with os.fdopen(self._writer, "wb") as pipe:
                pipe.write(json.dumps(answer).encode())
        finally:
            os._exit(0)

    def ended(self) -> Ended:
        """In the parent: wait for the child, and return its result."""
        os.close(self._writer)
        with os.fdopen(self._reader, "rb") as pipe:
            answer = pipe.read()
        gc.unfreeze()
        _, status = os.waitpid(self._child, 0)
        shutil.rmtree(self._folder, ignore_errors=True)
        if status != 0 or not answer:
            return Ended(None, f"the case ended by signal {os.WTERMSIG(status)}" if status else "the case said nothing")
        return Ended(*json.loads(answer))


def branch(body: Callable[[], Any]) -> Ended:
    """Run `body` in a forked child, in its own copy of the current folder, and return its value (JSON) or failure."""
    one = Branch()
    if one.is_child:
        one.end(body)
    return one.ended()


def _short(error: BaseException) -> str:
    """Return the error with the last lines of its traceback."""
    lines = traceback.format_exception(error)
    why = getattr(error, "why", "")
    several = "; ".join(f"{one.message} [{one.why}]" for one in getattr(error, "errors", ()))
    return f"{type(error).__name__}: {str(error)[:3000]} {why} {several}\n{''.join(lines[-3:])[-1500:]}"
