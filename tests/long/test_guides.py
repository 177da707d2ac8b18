"""What the how-to guides say that bring up whole stacks is done by a reader, word for word."""

from __future__ import annotations

import pytest

from ecsctl.sandbox.core.clock import Clock
from tests.docs.shop import WHOLE, follow, running

__all__ = ["running"]


@pytest.mark.parametrize("guide", WHOLE)
def test_a_guide_does_what_it_says(running: Clock, guide: str) -> None:
    follow(running, guide)
