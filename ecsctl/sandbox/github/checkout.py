"""The repository that the sandbox's GitHub holds: the git repository, or else the folder, that the server works for."""

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

from ecsctl import files

RECORDS = ".ecsctl"
# What is not source code: records of ours and of git, and what installers put there.
_LEFT_OUT = (RECORDS, ".git", ".venv", "node_modules", "__pycache__")
_SOURCES = (":/", f":(exclude,glob,top)**/{RECORDS}/**")  # for git: all but our records


@dataclass
class Checkout:
    """`folder` as a repository. `made_up` are commits that only a played push knows, and the commit they stand for.

    `agreed`: a person knows that the commands of its buildspec run on this machine. `trusted` are texts of buildspecs
    that run none of its commands, as long as no other variables are given to them than these. What is not committed is
    kept in the folder `aside` when it is pushed, and nothing in the user's repository.
    """

    folder: Path
    aside: Path | None = None
    made_up: dict[str, str] = field(default_factory=dict)
    agreed: bool = False
    trusted: dict[str, frozenset[str]] = field(default_factory=dict)

    def head(self, branch: str) -> str | None:
        """The commit of a branch, or the checked-out one if there is no such branch. None without any commit."""
        for name in (f"refs/heads/{branch}", "HEAD"):
            found = self._git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            if found is not None:
                return found.decode().strip()
        return None

    def forget(self) -> None:
        """Delete what was put aside."""
        if self.aside is not None and files.is_folder(self.aside):
            shutil.rmtree(self.aside)

    def has_file(self, name: str) -> bool:
        """Whether there is a commit, or at least a file of this name in the folder."""
        return self.head("HEAD") is not None or (self.folder / name).is_file()

    def another(self, branch: str, built: Container[str | None], *, uncommitted: bool = False) -> str:
        """A commit to push: the branch's own, or a made-up one with the same files if that was `built` already.

        With `uncommitted` one of what is in the folder now.
        """
        real = (self._as_it_is() if uncommitted else None) or self.head(branch)
        if real and real not in built:
            return real
        commit = hashlib.sha1(os.urandom(20), usedforsecurity=False).hexdigest()
        self.made_up[commit] = real or ""
        return commit

    def left_out(self) -> int:
        """Returns how many files a push of the commit leaves out: changed or new ones that are not committed."""
        output = self._git("status", "--porcelain", "-z", "--", *_SOURCES)
        return len(output.strip(b"\0").split(b"\0")) if output else 0

    def _as_it_is(self) -> str | None:
        """A commit of the folder's files as they are, besides those that git ignores; None without git."""
        top, objects = self._git("rev-parse", "HEAD^{tree}"), self._git("rev-parse", "--git-path", "objects")
        if self.aside is None or top is None or objects is None:
            return None
        files.folder(self.aside)
        index, own = self.aside / "index", self._git("rev-parse", "--git-path", "index")
        if own and (known := self.folder / _line(own)).is_file():
            shutil.copy2(known, index)  # what git knows of the files already need not be read again
        there = {
            "GIT_INDEX_FILE": str(index),
            "GIT_OBJECT_DIRECTORY": str(self.aside),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((self.folder / _line(objects)).resolve()),
        }
        self._git("add", "--all", "--", *_SOURCES, **there)
        tree = self._git("write-tree", **there)
        if tree is None or tree == top:
            return self.head("HEAD")
        who = {f"GIT_{one}_{what}": value for one in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", "ecsctl sandbox"), ("EMAIL", "sandbox@localhost"))}  # fmt: skip
        made = self._git("commit-tree", _line(tree), "-p", "HEAD", "-m", "what is not committed yet", **there, **who)
        return _line(made) if made else None

    def changed(self, before: str, commit: str) -> tuple[str, ...] | None:
        """The files that differ between two commits; None for a made-up one, or if git does not know them."""
        names = None if commit in self.made_up else self._git("diff", "--name-only", "-z", before, commit)
        return None if names is None else tuple(os.fsdecode(names).strip("\0").split("\0")) if names else ()

    def export(self, commit: str | None, into: Path) -> str:
        """Copy a commit's files into a folder; returns what they are. Without that commit: the folder's own files."""
        real = self.made_up.get(commit or "", commit or "")
        archive = self._git("archive", "--format=tar", real) if real else None
        if archive is not None:
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                # The first versions of Python 3.11, as Debian 12 has one, know no filters. git keeps no path that leads
                # out of its tree, nor one through a link.
                tar.extraction_filter = getattr(tarfile, "data_filter", None)
                tar.extractall(into)  # noqa: S202 - see above
            return f"commit {real} of {self.folder}"
        shutil.copytree(self.folder, into, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True, dirs_exist_ok=True)
        return f"the files in {self.folder}, which holds no such commit"

    def zipped(self, commit: str) -> bytes | None:
        """A commit's files as a zip, as CodePipeline keeps them; None without that commit."""
        real = self.made_up.get(commit, commit)
        return self._git("archive", "--format=zip", real) if real else None

    def _git(self, *words: str, **more: str) -> bytes | None:
        """Returns what git answers, None if it fails. Nothing in the environment may point it at another repository.

        It finds what was put aside, and writes nothing by the way (git(1), GIT_OPTIONAL_LOCKS).
        """
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        clean["GIT_OPTIONAL_LOCKS"] = "0"
        if self.aside is not None and self.aside.is_dir():
            clean["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(self.aside)
        clean |= more
        command = ["git", "-C", str(self.folder), *words]
        try:
            done = subprocess.run(command, env=clean, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 - fixed words, and a commit's name
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None


def _line(output: bytes) -> str:
    return os.fsdecode(output).rstrip("\n")


current: Checkout | None = None
"""The repository of this server; None in one process, where builds are played."""


def use(folder: Path) -> Checkout:
    """Let the sandbox of this process build the repository that `folder` is in: what GitHub has is the whole of it."""
    global current
    top, aside = Checkout(folder)._git("rev-parse", "--show-toplevel"), folder / RECORDS / "sandbox-objects"
    current = Checkout(Path(_line(top)) if top else folder, aside)
    current.forget()
    return current
