"""What the how-to guides say is done by a reader, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsctl.sandbox.core.clock import Clock
from tests.crash.branch import branch
from tests.docs.guide import Reader
from tests.docs.shop import OTHERS, follow


@pytest.mark.parametrize("guide", OTHERS)
def test_a_guide_does_what_it_says(running: Clock, guide: str) -> None:
    follow(running, guide)


@pytest.mark.parametrize("lie", [
    "```sh\necsctl plan --detailed-exitcode # exits with 2\n```\n",
    "```console\n$ ecsctl plan\n…\nthe moon is made of cheese\n```\n",
    "```sh\naws ecs describe-services --cluster shop --service shop\n```\n",
])  # fmt: skip
def test_a_guide_that_lies_is_noticed(running: Clock, tmp_path: Path, lie: str) -> None:
    page = tmp_path / "lie.md"
    page.write_text(lie)
    _, failure = branch(lambda: Reader(running).follow(page))
    assert failure.startswith(("Astray", "KeyError"))
