"""A push to the running sandbox, followed to its end. Imports neither moto nor boto3."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecsctl.errors import EcsctlError, ReleaseFailed, RolledBack, Stopped, Superseded, TimedOut
from ecsctl.sandbox.server import process

_EVERY = 0.1  # real seconds between two reads
_ENDS: dict[str, type[EcsctlError]] = {"RolledBack": RolledBack, "Superseded": Superseded, "Stopped": Stopped,
                                       "Cancelled": Stopped}  # fmt: skip


def usual(project: Path) -> tuple[str, str]:
    """Repository and branch that the project's ecsctl.toml names; every repository and main if it names none."""
    from ecsctl import config

    github = config.load(project).github if config.find(project) else None
    return (github.repository, github.branch) if github else ("", "main")


def push(
    folder: Path,
    branch: str,
    fail: str,
    repository: str,
    tag: str = "",
    files: tuple[str, ...] = (),
    *,
    uncommitted: bool = False,
) -> dict[str, Any]:
    """Push to the sandbox of `folder`: `commit`, what it `began`, and the webhooks that did not react in `unheard`.

    Without `uncommitted` also how many files differ from the commit: `left_out`.

    Raises SandboxError if none runs, or it does not know `fail`.
    """
    asked: dict[str, Any] = {"branch": branch, "fail": fail, "repository": repository, "tag": tag}
    return _play(folder, "push", **asked, files=list(files), uncommitted=uncommitted)


def state(folder: Path, commit: str) -> dict[str, Any]:
    """The progress of a push: its `steps`, whether it is `done`, and its `outcome`. Raises SandboxError."""
    return _play(folder, "pushed", commit=commit)


def followed(folder: Path, commit: str, limit: float = 600.0) -> Iterator[str]:
    """A line for each thing that happens, until everything that a push began has ended.

    Raises ReleaseFailed, RolledBack, Superseded or Stopped if it did not succeed, TimedOut if it has not ended after
    `limit` real seconds.
    """
    printed, until = set[str](), time.monotonic() + limit
    while time.monotonic() < until:
        now = state(folder, commit)
        for step in now["steps"]:
            line = ": ".join(filter(None, [f"{step['name']} {step['status']}", step["note"]]))
            if line not in printed:
                printed.add(line)
                yield line
        if now["done"]:
            if now["outcome"] != "Succeeded":
                failure = _ENDS.get(now["outcome"], ReleaseFailed)
                hint = "ecsctl why --sandbox" if failure in (ReleaseFailed, RolledBack) else ""
                raise failure(f"the push of {commit[:7]} ended: {now['outcome']}", hint=hint)
            return
        time.sleep(_EVERY)
    raise TimedOut(f"the push of {commit[:7]} has not ended after {limit:.0f} s")


def _play(folder: Path, name: str, **arguments: str | bool | list[str]) -> dict[str, Any]:
    answer: dict[str, Any] = process.call(folder, name, arguments)
    return answer
