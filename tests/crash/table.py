"""What the proof has shown, counted: classes of faults, what has to hold, and in how many cases it did."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

COMPLETE = os.environ.get("CRASH") == "complete"
SEED = int(os.environ.get("CRASH_SEED", "0"))
MARKS = ("<!-- table -->", "<!-- /table -->")
CASE = "case"  # the name of a test's property that is a row


class Tally:
    """Counts the cases of one test."""

    def __init__(self, properties: list[tuple[str, Any]]) -> None:
        self._properties = properties  # of the test's report: what of them is plain reaches whoever started the tests

    def add(self, what: str, during: str, holds: str, failures: list[str]) -> list[str]:
        """One case: what befell which run, what must hold, and how it did not. Returns the failures."""
        self._properties.append((CASE, [what, during, holds, bool(failures)]))
        return failures


def rows(reports: Iterable[Any]) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """All cases and the failed ones. A test that counts none is a case itself, and its name is what must hold."""
    cases: Counter[tuple[str, ...]] = Counter()
    failed: Counter[tuple[str, ...]] = Counter()
    for report in reports:
        told = [value for name, value in report.user_properties if name == CASE]
        name = report.nodeid.split("::")[1].split("[")[0].removeprefix("test_").replace("_", " ")
        for *key, wrong in told or [["", "", name, report.failed]]:
            cases[tuple(key)] += 1
            failed[tuple(key)] += wrong
    return cases, failed


def table(reports: Iterable[Any]) -> str:
    """The table in Markdown, and which selection it is of."""
    cases, failed = rows(reports)
    lines = ["| what befalls | during | what holds | cases | failed |", "| --- | --- | --- | --: | --: |"]
    for key in sorted(cases, key=lambda key: (not key[0], key[1] != "up", key)):
        lines.append(f"| {' | '.join(key)} | {cases[key]} | {failed[key]} |")
    which = "complete" if COMPLETE else f"the selection of CI, CRASH_SEED={SEED}"
    return f"{sum(cases.values())} cases, {sum(failed.values())} failed ({which}).\n\n" + "\n".join(lines)


def put_into(page: Path, text: str) -> None:
    """Replace what stands between the marks of a page."""
    begin, end = map(re.escape, MARKS)
    found, count = re.subn(
        f"{begin}.*?{end}", lambda _: f"{MARKS[0]}\n{text}\n{MARKS[1]}", page.read_text(), flags=re.S
    )
    if count != 1:
        raise ValueError(f"{page} does not have the marks {MARKS} once")
    page.write_text(found)
