"""The pages that are written from the code say what the code says."""

from __future__ import annotations

import pytest

from tests.docs.reference import DOCS, pages


@pytest.mark.parametrize("page", pages())
def test_a_page_that_is_written_from_the_code_is_up_to_date(page: str) -> None:
    assert (DOCS / page).read_text() == pages()[page](), "write it anew: make pages"
