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
EVERY = int(os.environ.get("CRASH_EVERY", "1"))  # of the complete matrix of real processes only every so many-th change
CASE = "case"  # the name of a test's property that is a row
KINDS = ("in process", "with real processes")  # each has a table of its own: they are run apart


class Tally:
    """Counts the cases of one test."""

    def __init__(self, properties: list[tuple[str, Any]]) -> None:
        self._properties = properties  # of the test's report: what of them is plain reaches whoever started the tests

    def add(self, what: str, during: str, holds: str, failures: list[str]) -> list[str]:
        """One case: what befell which run, what must hold, and how it did not. Returns the failures."""
        self._properties.append((CASE, [what, during, holds, bool(failures)]))
        return failures


def kind_of(report: Any) -> str:
    """Which of the tables a test's cases belong to."""
    return KINDS["test_processes" in report.nodeid]


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


def tables(reports: Iterable[Any]) -> dict[str, str]:
    """The tables in Markdown, of each kind that was run; and which selection it is."""
    every = list(reports)
    found = {kind: [report for report in every if kind_of(report) == kind] for kind in KINDS}
    return {kind: _table(kind, *rows(found[kind])) for kind in KINDS if found[kind]}


def _table(kind: str, cases: Counter[tuple[str, ...]], failed: Counter[tuple[str, ...]]) -> str:
    lines = ["| what befalls | during | what holds | cases | failed |", "| --- | --- | --- | --: | --: |"]
    for key in sorted(cases, key=lambda key: (not key[0], key[1] != "up", key)):
        lines.append(f"| {' | '.join(key)} | {cases[key]} | {failed[key]} |")
    which = f"the selection of CI, CRASH_SEED={SEED}"
    if COMPLETE:
        part = kind == KINDS[1] and EVERY > 1
        which = f"every class at every {EVERY}th change, CRASH_SEED={SEED}" if part else "complete"
    whole = f"{sum(cases.values())} cases {kind}, {sum(failed.values())} failed ({which})."
    return f"{whole}\n\n" + "\n".join(lines)


def put_into(page: Path, found: dict[str, str]) -> None:
    """Replace what stands between the marks of a page, for each kind that was run."""
    text = page.read_text()
    for kind, told in found.items():
        begin, end = f"<!-- table: {kind} -->", f"<!-- /table: {kind} -->"
        text, count = re.subn(
            f"{begin}.*?{end}",
            lambda _, new=f"{begin}\n{told}\n{end}": new,
            text,
            flags=re.S,  # type: ignore[misc]
        )
        if count != 1:
            raise ValueError(f"{page} does not have the mark {begin} once")
    page.write_text(text)
