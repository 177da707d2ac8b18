"""The files of a repository as git knows them: what it ignores does not count, nor do links that lead out of it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from ecsctl.github import checkout

READABLE = 300_000  # bytes: no file that is read here is longer, and somebody else's may be endless
_SKIPPED = frozenset({".git", ".ecsctl", "node_modules", "vendor", ".venv", "venv", "__pycache__"})
_ASIDE = re.compile(
    r"node_modules|vendor|third[_-]?party|(?:e2e|integration|acceptance|unit|smoke|load|perf\w*)?[-_]?tests?|__tests__|spec|"
    r"e2e|integration|fixtures?|testdata|fuzz(?:ing)?|examples?|samples?|demos?|docs?|benchmarks?|hack|"
    r"\.(?!docker$|containers?$).+"
)


@dataclass(frozen=True)
class Tree:
    """A repository's root, and the paths of its files from there."""

    root: Path
    files: tuple[str, ...]

    @classmethod
    def of(cls, root: Path) -> Tree:
        """What git tracks or would add; without git all that stands in the folder."""
        listed = checkout.files(root)
        return cls(root, tuple(sorted(_walked(root) if listed is None else listed)))

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders that hold a file; the root is "."."""
        return frozenset({str(parent) for file in self.files for parent in PurePosixPath(file).parents})

    @cached_property
    def submodules(self) -> tuple[str, ...]:
        """The folders that git takes from other repositories."""
        return tuple(re.findall(r"(?m)^\s*path\s*=\s*(\S.*?)\s*$", self.read(".gitmodules")))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.files)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self._known

    def read(self, path: str) -> str:
        """A file's text; empty if it does not exist, is too long or not text, or leads out of the repository."""
        place = self.root / path
        try:
            if path not in self._known or not place.resolve().is_relative_to(self.root.resolve()):
                return ""
            if not place.is_file() or place.stat().st_size > READABLE:
                return ""
            return place.read_text(encoding="utf-8", errors="replace")
        except (OSError, RuntimeError):  # RuntimeError: links in a circle
            return ""

    def named(self, pattern: str, below: str = ".") -> tuple[str, ...]:
        """The files whose name matches a pattern, the nearest to the root first."""
        wanted = re.compile(pattern, re.IGNORECASE)
        found = [one for one in self.files if within(one, below) and wanted.fullmatch(PurePosixPath(one).name)]
        return tuple(sorted(found, key=lambda one: (aside(one), one.count("/"), one)))


def within(path: str, folder: str) -> bool:
    """Whether a path lies in a folder."""
    return folder == "." or path == folder or path.startswith(f"{folder}/")


def aside(path: str) -> bool:
    """Whether a file stands among others' code, tests, examples or documents."""
    return any(_ASIDE.fullmatch(part.lower()) for part in PurePosixPath(path).parts[:-1])


def _walked(root: Path) -> list[str]:
    found = []
    for folder, below, names in os.walk(root):
        below[:] = [one for one in below if one not in _SKIPPED]
        found += [(Path(folder) / name).relative_to(root).as_posix() for name in names]
    return found
