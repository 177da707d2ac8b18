"""The names of runs, and which of them are known to have ended: the tag of a first run outlives the run."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import uuid
from pathlib import Path

_at_work: set[str] = set()  # runs of this process


def new_run() -> str:
    """A name for a run of this process that no other run has."""
    return f"{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def begin(run: str) -> None:
    """Mark the run as in progress."""
    _at_work.add(run)


def end(run: str) -> None:
    """Mark the run as ended, whatever its tag says."""
    _at_work.discard(run)


def is_dead(run: str) -> bool:
    """Whether a run has certainly ended: its process ran on this machine and no longer exists."""
    machine, _, rest = run.partition("-")
    pid = rest.partition("-")[0]
    if machine != _machine() or not pid.isdecimal() or os.name != "posix":
        return False
    if int(pid) == os.getpid():
        return run not in _at_work
    try:
        os.kill(int(pid), 0)  # only asks
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return False


@functools.cache
def _machine() -> str:
    """An id of the place where process numbers mean the same as here, which does not reveal what place that is.

    Containers of one host share its boot id, and clones its name: Linux's ids of boot and process namespace together
    are unique (proc(5), namespaces(7)).
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            here = file.read() + str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        here = f"{platform.node()} {uuid.getnode()}"
    return hashlib.sha256(here.encode()).hexdigest()[:12]
