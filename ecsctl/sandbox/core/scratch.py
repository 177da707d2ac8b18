"""Says where builds keep temporary files: below one folder of the sandbox's own, accessible only to its user.

They may contain secrets. A killed sandbox leaves them; the next start or stop of the same sandbox deletes them, and
ends what still works there.
"""

import contextlib
import os
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "ecsctl-sandbox-{}-"
_whose, _place, _over = "", "", False
_TRIES, _PAUSE = 40, 0.05  # how often, and every how many seconds, what a build is just writing is tried again


def use(whose: str) -> None:
    """Take a folder of that sandbox from now on; what an earlier one has left is gone."""
    global _whose
    cleared(whose)
    _whose = whose


def place() -> str | None:
    """The folder, as `tempfile` takes it: made when it is first asked for, and anew where somebody has tidied up.

    None is the machine's own, within a process that is no server. Raises OSError once the sandbox ends.
    """
    global _place
    if _over:
        raise OSError("the sandbox ends")
    if _whose and not Path(_place or "-").is_dir():
        _place = tempfile.mkdtemp(prefix=_PREFIX.format(_whose))
    return _place or None


def end() -> None:
    """Delete the folder for good, though builds may be writing there: none starts any more."""
    global _over
    _over = True
    for _ in range(_TRIES):
        cleared(_whose)
        if not Path(_place or "-").exists():
            return
        time.sleep(_PAUSE)


def cleared(whose: str) -> None:
    """Delete what a sandbox has left there. Only a folder of this very user counts, and no link."""
    for path in Path(tempfile.gettempdir()).glob(_PREFIX.format(whose) + "*"):
        with contextlib.suppress(OSError):
            about = path.lstat()
            if stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid():
                for process in _working(path):
                    os.kill(process, signal.SIGKILL)
                shutil.rmtree(path, ignore_errors=True)


def _working(folder: Path) -> Iterator[int]:
    """The processes that work in a folder: a `docker build` continues without its parent. As far as Linux shows."""
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink().is_relative_to(folder.resolve()):
                yield int(link.parent.name)
