"""What git knows of the folder one stands in: the repository's root, its place on GitHub, its branch."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10
"""How long git may take. Nothing here asks another machine."""


@dataclass(frozen=True)
class Checkout:
    """A folder under git. `repository` is None, and `notes` tell why, if it is not known to be on GitHub."""

    root: Path
    repository: str | None
    branch: str
    notes: tuple[str, ...]


def look(folder: Path) -> Checkout:
    """Ask git about a folder. A folder without git is told of in the notes, and stands for itself."""
    folder = folder.resolve()
    root = _git(folder, "rev-parse", "--show-toplevel")
    if root is None:
        why = "git finds no repository here: no build and no pipeline until [github] is filled in and uncommented"
        return Checkout(folder, None, "main", (why,))
    remote = _remote(folder)
    repository = github(_git(folder, "remote", "get-url", remote) or "") if remote else None
    branch, sure = _branch(folder, remote)
    if not repository:
        there = f"the remote {remote} is not on GitHub" if remote else "there is no remote"
        note = f"{there}: no build and no pipeline until [github] is filled in and uncommented"
    else:
        note = f"GitHub's {repository}, from the remote {remote}, branch {branch}" + ("" if sure else " (a guess)")
    return Checkout(Path(root), repository, branch, (note,))


def github(url: str) -> str | None:
    """ "owner/name" out of any address of a repository on github.com; None for any other.

    What stands before the host, perhaps a token, is dropped first and goes nowhere.
    """
    import giturlparse  # type: ignore[import-untyped]  # it comes without types

    # giturlparse knows https without a user, and ssh with the user git. (GitHub gives organisations other users.)
    bare = re.sub(r"^https?://(?:[^/@]*@)?", "https://", url.strip(), flags=re.IGNORECASE)
    bare = re.sub(r"^(ssh://)?[^/@:]+@", r"\1git@", bare)
    found = giturlparse.parse(bare)
    if not found.valid or found.host.lower() not in ("github.com", "ssh.github.com"):
        return None
    name = f"{found.owner}/{found.repo.removesuffix('.git')}"
    return name if re.fullmatch(r"[\w-]+/[\w.-]+", name, re.ASCII) else None


def _remote(folder: Path) -> str | None:
    """The current branch's own remote, else origin, else the only one."""
    names = (_git(folder, "remote") or "").split()
    branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    own = _git(folder, "config", f"branch.{branch}.remote") if branch else None
    for name in (own, "origin", *names[:1]):
        if name in names:
            return name
    return None


def _branch(folder: Path, remote: str | None) -> tuple[str, bool]:
    """The remote's default branch as it was when cloned, else the current one; and whether it is more than a guess."""
    head = _git(folder, "symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD") if remote else None
    if head:
        return head.removeprefix(f"{remote}/"), True
    current = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    return (current, True) if current else ("main", False)


def _git(folder: Path, *words: str) -> str | None:
    """git's answer, without the newline at its end; None if it fails, is missing, or has nothing to say."""
    # Never a question on the terminal, and git's words as we know them.
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - words of ours, no shell
            ["git", "-C", str(folder), *words],  # noqa: S607 - the user's own git, wherever it is
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").rstrip("\r\n") or None if done.returncode == 0 else None
