"""No link of the docs leads nowhere, and no page of them is out of reach."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, ROOT, anchors, links, name, pages, text


def leads_nowhere(page: Path, link: str) -> bool:
    """Whether a link within the repository has no such file, or the file no such heading."""
    path, _, wanted = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(wanted and wanted not in anchors(target))


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [link for link in links(page) if "://" not in link and leads_nowhere(page, link)] == []


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_file_of_this_project_that_is_named_is_there(page: Path) -> None:
    named = re.findall(r"`((?:ecsctl|tests|docs|requirements)/[\w./-]*(?:\.\w+|/))`", text(page))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_picture_is_shown_and_names_no_folder_of_the_machine_that_made_it() -> None:
    shown = {(page.parent / link).resolve() for page in pages() for link in links(page) if link.endswith(".svg")}
    assert set((DOCS / "pictures").glob("*.svg")) == shown
    for picture in shown:
        assert not re.search(r"/(tmp|home|root|Users)/|\.venv", picture.read_text()), picture.name


def test_a_link_to_a_heading_that_is_not_there_is_noticed() -> None:
    assert leads_nowhere(DOCS / "index.md", "config.md#no-such-heading")
    assert leads_nowhere(DOCS / "index.md", "no-such-page.md")
    assert not leads_nowhere(DOCS / "index.md", "config.md#what-wins")


def test_the_sites_menu_names_every_page_once() -> None:
    def named(part: Any) -> Iterator[str]:
        if isinstance(part, str):
            yield part
        else:
            for below in part.values() if isinstance(part, dict) else part:
                yield from named(below)

    menu = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    assert sorted(named(menu)) == sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))
