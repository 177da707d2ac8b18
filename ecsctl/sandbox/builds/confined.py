"""Isolates a build's commands from the user's home, credentials and agents, and ends everything that they started.

Linux's namespaces do it, with util-linux's `unshare` and `nsenter`, without root: the commands see an empty home folder
and an empty /tmp, no agent's socket, everything else read-only, and no processes but their own. When the namespace's
first process ends, all of them end, `setsid` or not (pid_namespaces(7), mount_namespaces(7)). Without such namespaces
only the environment is clean, and `can_confine` returns False, so that the user knows before agreeing.
"""

import contextlib
import functools
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ecsctl.sandbox.core import scratch

# Where agents listen: those for keys, passwords, the desktop and container engines. An engine's socket is as good as
# root.
_AGENTS = ("/run/user", "/run/docker.sock", "/run/podman", "/run/containerd", "/var/run/docker.sock")
_UNSHARE = (
    "unshare",
    "--user",
    "--map-root-user",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--propagation",
    "private",
)


class Confined:
    """A context in which `start` runs commands that can write only in `writable` folders, their home and their /tmp.

    `hidden` folders are as empty to them as the user's home, except `readable` ones in them. At the end everything that
    they started is killed.
    """

    def __init__(
        self, writable: Sequence[Path], readable: Sequence[Path] = (), hidden: Sequence[Path] = (), tag: str = ""
    ) -> None:
        self._tag = tag.encode()  # in the environment of every command and its children
        self._view = (writable, [*_ours(), *readable], [*_homes(), *_temporary(), *hidden])
        self._aside = tempfile.TemporaryDirectory(prefix="ecsctl-aside-", dir=scratch.place())
        self._inside: list[str] = []

    def __enter__(self) -> Self:
        # The first process only leads the group of all commands, so that they can be ended together and safely. It ends
        # with its stdin: with this process, however that ends.
        leading, script = ["/bin/sh", "-c"], "echo ready; exec cat >/dev/null"
        if can_confine():
            leading, script = [*_UNSHARE, *leading], _script(self._aside.name, *self._view)
        self._leader = subprocess.Popen(  # noqa: S603 - words of ours
            [*leading, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
        )
        assert self._leader.stdout  # noqa: S101 - for the type checker
        if self._leader.stdout.readline() != b"ready\n":
            self.__exit__(None, None, None)
            raise OSError("the commands of a build cannot be confined")
        if can_confine():
            first = Path(f"/proc/{self._leader.pid}/task/{self._leader.pid}/children").read_text().split()[0]
            self._inside = ["nsenter", "--target", first, "--user", "--mount", "--pid", "--preserve-credentials", "--"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self._leader.communicate()
        self._aside.cleanup()
        if not self._inside and self._tag:
            _end_tagged(self._tag)

    def start(self, words: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
        """Start a command. `options` are those of Popen, without `cwd` if `can_confine` is true."""
        return subprocess.Popen([*self._inside, *words], process_group=self._leader.pid, **options)  # noqa: S603 - to run what the buildspec says is the point

    def end(self) -> None:
        """End all commands, now."""
        os.killpg(self._leader.pid, signal.SIGKILL)


@functools.cache
def can_confine() -> bool:
    """Whether this machine can isolate commands: Linux, util-linux, and namespaces that this user may create."""
    if sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("nsenter")):
        return False
    tried = subprocess.run(  # noqa: S603 - words of ours
        [*_UNSHARE, "/bin/sh", "-c", "mount -t tmpfs tmpfs /tmp"],
        capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return tried.returncode == 0


def _script(aside: str, writable: Sequence[Path], readable: Sequence[Path], hidden: Sequence[Path]) -> str:
    """A shell script that sets up the commands' view of the machine, run as the namespace's first process.

    A folder that stays visible below a hidden one is first bound elsewhere, and from there back to its place
    (mount(8)). `aside` is itself below a hidden folder, so that no path leads there in the end.
    """
    away = [path.resolve() for path in hidden if path.resolve() != Path("/")]
    kept = [(path.resolve(), "rw") for path in writable]
    kept += [(one, "ro") for path in readable if any((one := path.resolve()).is_relative_to(other) for other in away)]
    aside = shlex.quote(aside)
    lines = ["set -e", "mount -t proc proc /proc 2>&- || :", f"mount -t tmpfs tmpfs {aside}"]
    for number, (path, _) in enumerate(kept):
        lines += [f"mkdir {aside}/{number}", f"mount --bind {shlex.quote(str(path))} {aside}/{number}"]
    lines.append(f"exec 3<{aside}")
    for place in (*map(str, away), *_AGENTS):
        quoted = shlex.quote(place)
        lines.append(f"if [ -d {quoted} ]; then mount -t tmpfs tmpfs {quoted}; fi")
        lines.append(f"if [ -S {quoted} ]; then mount --bind /dev/null {quoted}; fi")
    for number, (path, mode) in enumerate(kept):
        quoted = shlex.quote(str(path))
        lines += [f"mkdir -p {quoted}", f"mount --bind /proc/self/fd/3/{number} {quoted}"]
        if mode == "ro":
            lines.append(f"mount -o remount,bind,ro {quoted} 2>&- || :")
    return "\n".join([*lines, "mount -o remount,bind,ro / 2>&- || :", "echo ready", "exec cat >/dev/null 3>&-"])


def _homes() -> list[Path]:
    """The user's home folder, both from the user database and from the environment."""
    homes = {Path(pwd.getpwuid(os.getuid()).pw_dir), Path("~").expanduser()}
    return [home for home in homes if home.is_dir() and home != Path("/")]


def _temporary() -> list[Path]:
    """Where programs put temporary files: those of a build, which have no TMPDIR, and the user's own."""
    return list(dict.fromkeys([Path("/tmp"), Path(tempfile.gettempdir())]))  # noqa: S108 - each build has its own


def _ours() -> list[Path]:
    """The folders that the stand-ins for docker and aws need: Python's and this package's, without those in another."""
    needed = {Path(place).resolve() for place in (sys.prefix, sys.base_prefix, Path(__file__).parent)}
    return [path for path in needed if not any(path.is_relative_to(other) for other in needed - {path})]


def _end_tagged(tag: bytes) -> None:
    """End every process with the tag in its environment, if there is a /proc: some have left the process group."""
    found = True
    while found:
        found = False
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if tag in (process / "environ").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
                    found = True
