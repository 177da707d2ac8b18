"""The pages that are written from the code say what the code says."""

from __future__ import annotations

import pytest

from tests.docs.pages import ROOT
from tests.docs.reference import DOCS, bill, pages


@pytest.mark.parametrize("page", pages())
def test_a_page_that_is_written_from_the_code_is_up_to_date(page: str) -> None:
    assert (DOCS / page).read_text() == pages()[page](), "write it anew: make pages"


def test_the_price_in_the_readme_is_that_of_the_tables() -> None:
    assert f"about ${sum(bill().values()):.0f} a month" in (ROOT / "README.md").read_text()
