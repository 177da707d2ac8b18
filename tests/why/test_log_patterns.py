"""Each pattern of log lines has an example from a case, which no other pattern of its table matches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecsctl.why import log_patterns
from ecsctl.why.log_patterns import Patterns

TABLES = {
    "NOISE": (log_patterns.NOISE, re.IGNORECASE),
    "STACK": (log_patterns.STACK, re.NOFLAG),
    "FAREWELL": (log_patterns.FAREWELL, re.NOFLAG),
    "EXITED": (log_patterns.EXITED, re.IGNORECASE),
}


@pytest.fixture(scope="module")
def cases() -> str:
    """The text of every case."""
    files = (one for one in Path(__file__).parent.rglob("*") if one.suffix in (".py", ".txt"))
    return "\n".join(one.read_text() for one in files)


@pytest.mark.parametrize("table", TABLES)
def test_a_pattern_matches_its_own_line_and_no_other_one_of_its_table_does(table: str) -> None:
    patterns, flags = TABLES[table]
    every = of(patterns)
    found = {line: [one for one in every if re.search(one, line, flags)] for line in every.values()}
    assert found == {line: [pattern] for pattern, line in every.items()}


@pytest.mark.parametrize("table", TABLES)
def test_a_patterns_line_is_in_a_case(table: str, cases: str) -> None:
    patterns, _ = TABLES[table]
    assert [line for line in of(patterns).values() if line.strip() not in cases] == []


def of(patterns: Patterns) -> dict[str, str]:
    return {pattern: line for of_tool in patterns.values() for pattern, line in of_tool.items()}
