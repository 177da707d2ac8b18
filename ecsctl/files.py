"""Files in a folder that may have come with somebody else's repository: never through a link, only regular files.

A cloned repository can hold `.ecsctl/state.json` as a symbolic link to any file of the user, or a named pipe in its
place. Everything that is read or written by name goes through here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import threading
from pathlib import Path

NO_LINK = getattr(os, "O_NOFOLLOW", 0)
NO_HANG = getattr(os, "O_NONBLOCK", 0)  # opening a named pipe waits for its other end

_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISREG, "a file"),
)


class Misplaced(OSError):
    """Something else is where a file or a folder of ours belongs. `filename` names it, `strerror` says what it is."""


def check(path: Path) -> None:
    """Raise Misplaced if the path is anything but a regular file. A missing one is fine."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            raise _misplaced(path, "a file", mode)


def folder(path: Path) -> None:
    """Create a folder of our own, or check that it is one: no link, and not another user's.

    Raises Misplaced, and OSError if it cannot be created.
    """
    if not is_folder(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(path.parent)
        is_folder(path)


def is_folder(path: Path) -> bool:
    """Whether the folder exists. Raises Misplaced if it is a link, anything else, or another user's."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        raise _misplaced(path, "a folder", found.st_mode)
    if hasattr(os, "geteuid") and os.geteuid() != 0 and found.st_uid not in (os.geteuid(), 0):
        raise Misplaced(None, "expected a folder of yours, found one of another user", str(path))
    return True


def opened(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a regular file, and return its descriptor. Raises Misplaced for anything else, OSError as `os.open` does."""
    check(path)
    descriptor = os.open(path, flags | NO_LINK | NO_HANG, mode)
    found = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(found):
        os.close(descriptor)
        raise _misplaced(path, "a file", found)
    return descriptor


def read(path: Path) -> bytes:
    """The content of a regular file. Raises Misplaced, FileNotFoundError, and OSError where it cannot be read."""
    with os.fdopen(opened(path, os.O_RDONLY), "rb") as file:
        return file.read()


def write(path: Path, content: bytes, *, private: bool = True) -> None:
    """Replace a file's content so that a power cut leaves the old content or the new, never a part.

    A `private` one can only be read by its owner; another keeps its mode, or gets the default. Raises Misplaced if
    something other than a file is there, and OSError.
    """
    check(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with contextlib.suppress(FileNotFoundError):
        aside.unlink()  # left by a run that died, or by somebody else: it is not opened, whatever it is
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if not private and path.exists():
                shutil.copymode(path, aside)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make sure that what was just created or renamed in a folder survives a power cut (fsync(2): a file's own sync
    does not).
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _misplaced(path: Path, expected: str, mode: int) -> Misplaced:
    found = next((word for is_kind, word in _KINDS if is_kind(mode)), "a device")
    return Misplaced(None, f"expected {expected}, found {found}", str(path))
