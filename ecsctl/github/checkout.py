"""What git knows about the current folder: the repository's root, its address on GitHub, its branch."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10
"""seconds that git may take; nothing here contacts another machine"""
_HOSTS = ("github.com", "ssh.github.com", "www.github.com")


NO_GIT = "git finds no repository here"


@dataclass(frozen=True)
class Checkout:
    """A folder under git. `repository` is None, with the reason in `notes`, if it is not known to be on GitHub."""

    root: Path
    repository: str | None
    branch: str
    notes: tuple[str, ...]


def read(folder: Path) -> Checkout:
    """Ask git about a folder. A folder without git is mentioned in the notes, and treated as its own root."""
    folder = folder.resolve()
    root = _git(folder, "rev-parse", "--show-toplevel")
    if root is None:
        why = f"{NO_GIT}: no build and no pipeline until [github] is filled in and uncommented"
        return Checkout(folder, None, "main", (why,))
    remote = _remote(folder)
    repository = github(_git(folder, "remote", "get-url", remote) or "") if remote else None
    branch, sure = _branch(folder, remote)
    if not repository:
        reason = f"the remote {remote} is not on GitHub" if remote else "there is no remote"
        note = f"{reason}: no build and no pipeline until [github] is filled in and uncommented"
    else:
        note = f"GitHub's {repository}, from the remote {remote}, branch {branch}" + ("" if sure else " (a guess)")
    return Checkout(Path(root), repository, branch, (note,))


def files(root: Path) -> list[str] | None:
    """The files that git tracks in a repository or would add to it, from its root; None without git."""
    tracked = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if tracked is None and _git(root, "rev-parse", "--show-toplevel") is None:
        return None
    return list(dict.fromkeys((tracked or "").split("\0"))) if tracked else []


def root(folder: Path) -> Path | None:
    """The root of the repository that a folder is in; None without git."""
    found = _git(folder, "rev-parse", "--show-toplevel")
    return Path(found) if found else None


def remotes(root: Path) -> dict[str, str | None]:
    """The remotes, and which repository on GitHub each is; None for one elsewhere."""
    return {name: github(_git(root, "remote", "get-url", name) or "") for name in (_git(root, "remote") or "").split()}


def commit(root: Path, ref: str) -> str | None:
    """The commit that a name refers to."""
    return _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")


def has_file(root: Path, ref: str, path: str) -> bool:
    """Whether a commit has a file."""
    return _git(root, "cat-file", "-t", f"{ref}:{os.path.normpath(path)}") == "blob"


def text(root: Path, ref: str, path: str) -> str:
    """A file in a commit; empty if there is none."""
    return _git(root, "show", f"{ref}:{os.path.normpath(path)}") or ""


def uncommitted(root: Path, paths: list[str]) -> list[str]:
    """Those of the files that exist and differ from the last commit; none without git."""
    status = _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--", *paths) or ""
    return [one[3:] for one in status.split("\0") if one[3:] in paths and (root / one[3:]).is_file()]


def changed(root: Path) -> list[str]:
    """Tracked files that differ from the last commit."""
    return [one for one in (_git(root, "diff", "--name-only", "-z", "HEAD") or "").split("\0") if one]


def ahead(root: Path, ref: str, branch: str) -> int:
    """Returns how many commits a local branch is ahead of `ref`; 0 if another branch is checked out."""
    if _git(root, "symbolic-ref", "--quiet", "--short", "HEAD") != branch:
        return 0
    return int(_git(root, "rev-list", "--count", f"{ref}..HEAD") or 0)


def github(url: str) -> str | None:
    """ "owner/name" from any address of a repository on github.com; None for any other.

    What precedes the host, perhaps a token, is dropped first and goes nowhere.
    """
    import giturlparse  # type: ignore[import-untyped]  # it comes without types

    # giturlparse knows https without a user, and ssh with the user git. (GitHub gives organisations other users.)
    bare = re.sub(r"^https?://(?:[^/@]*@)?(?:www\.)?", "https://", url.strip().rstrip("/"), flags=re.IGNORECASE)
    bare = re.sub(r"^(?:git\+)?(ssh://)?[^/@:]+@", r"\1git@", bare)
    by_ssh = re.match(r"(?:ssh://)?git@([\w.-]+)(?=[:/])", bare) or re.match(r"(?!\w+://)([\w.-]{2,})(?=:[^/\\])", bare)
    if by_ssh:
        if by_ssh[1].lower() not in _HOSTS and not _is_alias(by_ssh[1]):
            return None
        bare = f"git@github.com:{re.sub('^:[0-9]+/', '', bare[by_ssh.end() :]).lstrip(':/')}"
    found = giturlparse.parse(bare)
    if not found.valid or found.host.lower() not in _HOSTS:
        return None
    name = f"{found.owner}/{found.repo.removesuffix('.git')}"
    return name if re.fullmatch(r"[\w-]+/[\w.-]+", name, re.ASCII) else None


def _is_alias(host: str) -> bool:
    """Whether a host is GitHub by another name, as in the ~/.ssh/config of people with several keys.

    ssh is asked, which only reads its settings. If it knows no such name (the settings may be on another machine), a
    name such as github-work or github.com-work counts as one: no public host has such a name.
    """
    if host.startswith("-"):
        return False
    output = _run(["ssh", "-G", host]) or ""
    if re.search(r"(?m)^hostname (?:ssh\.|www\.)?github\.com$", output):
        return True
    return bool(re.fullmatch(r"(?:[\w-]+[-_])?github(?:\.com)?(?:[-_][\w-]+)?", host, re.IGNORECASE))


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
    """The remote's default branch when it was cloned, otherwise the current one; and whether it is more than a
    guess.
    """
    head = _git(folder, "symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD") if remote else None
    if head:
        return head.removeprefix(f"{remote}/"), True
    current = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    return (current, True) if current else ("main", False)


def _git(folder: Path, *words: str) -> str | None:
    """git's answer, without the newline at its end; None if it fails, is missing, or has nothing to say."""
    # A repository's own settings may name a program that git starts to list files: not for us.
    return _run(["git", "-C", str(folder), "-c", "core.fsmonitor=false", *words])


def _run(words: list[str]) -> str | None:
    """A program's output, without the newline at its end; None if it fails, is missing, or prints nothing."""
    # Never a prompt on the terminal, and git's messages in English.
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - words of ours, no shell
            words, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").rstrip("\r\n") or None if done.returncode == 0 else None
