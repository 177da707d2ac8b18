"""The docs say first what they are about, and speak as the users of Terraform or the AWS CLI do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, name, pages, prose, text

PRIVATE = re.compile(r"\b(wish\w*|mend\w*|befall\w*|sighting\w*|anew)\b", re.IGNORECASE)
"""Words that this code base had for: desired, fix, happen to, observed, again."""
RESULTS = re.compile(r"<!-- table: .*?<!-- /table: ", re.DOTALL)  # written by runs of the proof
READ = [page for page in pages() if page.parent != ROOT or page.stem == "README"]


@pytest.mark.parametrize("page", READ, ids=name)
def test_a_page_has_no_private_words(page: Path) -> None:
    plain = re.sub(r"`[^`\n]*`", "", RESULTS.sub("", prose(page)))
    assert PRIVATE.findall(plain) == []


@pytest.mark.parametrize("page", READ, ids=name)
def test_a_page_begins_with_what_it_is_about(page: Path) -> None:
    title, lead, *_ = [line for line in text(page).splitlines() if line and not line.startswith("<!--")]
    assert title.startswith("# ")
    assert lead[0].isalnum() or lead[0] in "`-", "expected a sentence before the first block, table or heading"
