"""Each further way out that `why` tells of a first push, build or `up` that failed; also without a pipeline."""

from __future__ import annotations

import itertools

import pytest

from tests.crash.conftest import some
from tests.stack.test_way_out import (  # noqa: F401 - fixtures
    BUILD_ONLY,
    STATES,
    TOML,
    Developer,
    developer,
    folder,
    leads_out,
    live_by,
    run,
)

EVERY = [state for state in STATES if not state.startswith("an image")]


@pytest.mark.parametrize(
    ("state", "toml", "which"),
    some(itertools.product(EVERY, (TOML, BUILD_ONLY), (0, -1)), 12),
)
def test_every_fix_that_why_names_ends_its_failure(developer: Developer, state: str, toml: str, which: int) -> None:  # noqa: F811
    leads_out(developer, state, toml, which)
