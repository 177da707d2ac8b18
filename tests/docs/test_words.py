"""The docs speak as the users of Terraform or the AWS CLI do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, name, pages, prose

PRIVATE = re.compile(r"\b(wish\w*|mend\w*|befall\w*|sighting\w*|anew)\b", re.IGNORECASE)
"""Words that this code base had for: desired, fix, happen to, observed, again."""
RESULTS = re.compile(r"<!-- table: .*?<!-- /table: ", re.DOTALL)  # written by runs of the proof
READ = [page for page in pages() if page.parent != ROOT or page.stem == "README"]


@pytest.mark.parametrize("page", READ, ids=name)
def test_a_page_has_no_private_words(page: Path) -> None:
    plain = re.sub(r"`[^`\n]*`", "", RESULTS.sub("", prose(page)))
    assert PRIVATE.findall(plain) == []
