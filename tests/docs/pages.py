"""The pages as a reader has them: their links, their headings' anchors, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<word>\w*)(?P<about>[^\n]*)\n(?P<text>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"(?<!`)!?\[(?:[^][]|\[[^]]*\])*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.*)$", re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?ecsctl (?=[-a-z])")


class Fence(NamedTuple):
    """A block of code: its language, what stands beside that, and its lines."""

    word: str
    about: str
    text: str


@cache
def pages() -> tuple[Path, ...]:
    """Every Markdown page that a reader may come to."""
    return (*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")))


def name(page: Path) -> str:
    """The page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


@cache
def text(page: Path) -> str:
    """Returns what the page says."""
    return page.read_text(encoding="utf-8")


def fences(page: Path) -> list[Fence]:
    """The page's blocks of code, in their order."""
    return [Fence(found["word"], found["about"].strip(), found["text"]) for found in FENCE.finditer(text(page))]


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", text(page))


def links(page: Path) -> Iterator[str]:
    """Returns where the page's links lead, pictures too."""
    for found in LINK.finditer(re.sub(r"`[^`\n]*`", "", prose(page))):
        yield found[1]


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of the page's headings, as GitHub and the site make them."""
    return frozenset(anchor(found) for found in HEADING.findall(prose(page)))


def anchor(heading: str) -> str:
    """A heading's anchor: lower case, hyphens for spaces, nothing but letters and digits else."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def commands(page: Path) -> Iterator[str]:
    """Every command of ecsctl that the page names, in a block or within a sentence."""
    for fence in fences(page):
        if fence.word in ("sh", "console", ""):
            joined = fence.text.replace("\\\n", " ")
            yield from (line.strip() for line in joined.splitlines() if COMMAND.match(line.strip()))
        if fence.word == "yaml":
            yield from re.findall(r"^ *- run: (ecsctl .*)$", fence.text, re.MULTILINE)
    for code in re.findall(r"`([^`]+)`", prose(page)):
        if COMMAND.match(flat := " ".join(code.split())):
            yield flat
