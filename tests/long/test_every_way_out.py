"""Each further way out that `why` tells of a first push, build or `up` that failed; also without a pipeline."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(("toml", "which"), [(TOML, 0), (TOML, -1), (BUILD_ONLY, 0), (BUILD_ONLY, -1)])
@pytest.mark.parametrize("state", [state for state in STATES if not state.startswith("an image")])
def test_every_way_out_leads_out(developer: Developer, state: str, toml: str, which: int) -> None:  # noqa: F811
    leads_out(developer, state, toml, which)
