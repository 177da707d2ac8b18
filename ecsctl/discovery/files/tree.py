"""The files of a repository that git tracks or would add: not those it ignores, nor links out of the repository."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from ecsctl.github import checkout

READABLE = 300_000  # bytes: no file that matters is longer, and a hostile one may be endless
_SHORT = 40_000  # characters: shorter texts are cached
COMMENTED = re.compile(r"(?m)^[ \t]*(?:#(?!\[)|//).*$")  # `#[` begins an attribute of Rust or PHP
_SKIPPED = frozenset({".git", ".ecsctl", "node_modules", "vendor", ".venv", "venv", "__pycache__"})
_ASIDE = re.compile(
    r"node_modules|vendor|venv|site-packages|bower_components|third[_-]?party|(?:e2e|integration|acceptance|unit|smoke|load|perf\w*)?[-_]?tests?|__tests__|spec|"
    r"test[_-]?suite|e2e|integration|fixtures?|testdata|fuzz(?:ing)?|_?(?:[\w-]+-)?(?:examples?|samples?|demos?)(?:-apps?)?|docs?|benchmarks?|hack|"
    r"[\w.-]+\.(?:unit|integration|functional|e2e)?tests?|\.(?!docker$|containers?$).+"
)


_PACKAGES = re.compile(r"(?<=src/main)/(?:java|kotlin|scala|groovy)(?:/.*)?$")
_TESTS_OF_RUST = re.compile(r"#\[cfg\(test\)\]\s*(?:pub\s+)?mod\s+\w+\s*\{")
_TEST = re.compile(
    r"test_\w+\.(?:py|rb|js|ts)|[\w-]+(?:_test|\.test|\.spec|-test|_spec)\.(?:py|rb|go|ex|exs|[cm]?[jt]sx?)|conftest\.py"
)


@dataclass(frozen=True)
class Tree:
    """A repository's root, and the paths of its files from there."""

    root: Path
    files: tuple[str, ...]

    @classmethod
    def of(cls, root: Path) -> Tree:
        """The files that git tracks or would add; without git, all except those in folders such as node_modules."""
        listed = checkout.files(root)
        return cls(root, tuple(sorted(_walked(root) if listed is None else listed)))

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders that contain a file; the root is "."."""
        found = {"."}
        for file in self.files:
            folder = file.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)

    @cached_property
    def submodules(self) -> tuple[str, ...]:
        """The paths of the git submodules."""
        return tuple(re.findall(r"(?m)^[ \t]*path\s*=\s*(\S.*?)\s*$", self.read(".gitmodules")))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.files)

    def has(self, path: str) -> bool:
        """Whether the repository has this file."""
        return path in self._known

    def read(self, path: str) -> str:
        """A file's text; empty if it does not exist, is too long or not text, or is a link out of the repository."""
        if path in self._texts:
            return self._texts[path]
        text = self._text(path) if path in self._known else ""
        if len(text) < _SHORT:
            self._texts[path] = text
        return text

    def live(self, path: str) -> str:
        """A source file's text without comment lines, for most languages."""
        if path in self._live:
            return self._live[path]
        text = COMMENTED.sub("", self.read(path))
        if len(text) < _SHORT:
            self._live[path] = text
        return text

    @cached_property
    def _live(self) -> dict[str, str]:
        return {}

    @cached_property
    def _texts(self) -> dict[str, str]:
        """A cache of short files, since the same ones are read again and again."""
        return {}

    @cached_property
    def _real(self) -> str:
        return os.path.realpath(self.root)

    def _text(self, path: str) -> str:
        try:
            real = os.path.realpath(self.root / path)
            place = Path(real)
            if not real.startswith(self._real.rstrip("/") + "/") or not place.is_file():
                return ""
            return place.read_text(encoding="utf-8", errors="replace") if place.stat().st_size <= READABLE else ""
        except OSError:
            return ""

    @cached_property
    def _names(self) -> tuple[tuple[str, str], ...]:
        return tuple((one, one.rpartition("/")[2]) for one in self.files)

    def named(self, pattern: str, below: str = ".") -> tuple[str, ...]:
        """The files below a folder whose name matches a pattern in any case, the nearest to the root first.

        Those of tests, examples and the like come last.
        """
        if pattern not in self._matched:
            wanted = re.compile(pattern, re.IGNORECASE)
            found = [one for one, name in self._names if wanted.fullmatch(name)]
            self._matched[pattern] = tuple(sorted(found, key=lambda one: (is_auxiliary(one), one.count("/"), one)))
        return tuple(one for one in self._matched[pattern] if within(one, below))

    @cached_property
    def _matched(self) -> dict[str, tuple[str, ...]]:
        """A cache of `named`, by pattern."""
        return {}


def without_tests(text: str) -> str:
    """A source of Rust, which may have its tests at its end, without them."""
    return _TESTS_OF_RUST.split(text, maxsplit=1)[0]


def within(path: str, folder: str) -> bool:
    """Whether a path is a folder or in it."""
    return folder == "." or path == folder or path.startswith(f"{folder}/")


def is_auxiliary(path: str) -> bool:
    """Whether a file is in a folder of vendored code, tests, examples or documentation, or a test by its name."""
    folder, _, name = path.rpartition("/")
    return _is_auxiliary_folder(folder) or bool(_TEST.fullmatch(name))


@lru_cache(maxsize=100_000)
def _is_auxiliary_folder(folder: str) -> bool:
    own = _PACKAGES.sub("", folder)  # the names of packages, such as com.example.demo, say nothing
    return any(_ASIDE.fullmatch(part.lower()) for part in own.split("/"))


def _walked(root: Path) -> list[str]:
    found = []
    for folder, below, names in os.walk(root):
        below[:] = [one for one in below if one not in _SKIPPED]
        found += [(Path(folder) / name).relative_to(root).as_posix() for name in names]
    return found
