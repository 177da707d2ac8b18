"""`ecsctl plan` and what it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.conftest import Ended

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.usefixtures("cloud")
def test_the_graph_of_an_ordinary_stack_is_the_one_in_the_docs(run: Callable[..., Ended]) -> None:
    ended = run("plan", "--graph", "mermaid")
    assert ended.code == 0, ended.err
    assert f"```mermaid\n{ended.out}```\n" in (DOCS / "how-it-works.md").read_text()


@pytest.mark.usefixtures("folder")
def test_a_picture_goes_with_no_other_output(run: Callable[..., Ended]) -> None:
    ended = run("plan", "--graph", "mermaid", "--detailed-exitcode")
    assert (ended.code, ended.out) == (2, "")
    assert "--graph goes with neither" in ended.err
    ended = run("plan", "--graph", "mermaid", "--output", "json")
    assert ended.code == 2
    assert json.loads(ended.out)["kind"] == "error"
