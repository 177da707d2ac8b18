"""Counts the cases of the proof by fault and by what must hold."""

from __future__ import annotations

import json
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
        """Add a case: the fault, the run, what must hold, and its failures. Returns the failures."""
        self._properties.append((CASE, [what, during, holds, bool(failures)]))
        return failures


Case = tuple[str, str, str, bool]  # what happened, to which run, what had to hold, and whether it did not
Cases = dict[str, list[Case]]  # by the test's id


def cases_of(reports: Iterable[Any]) -> Cases:
    """Return the cases that the tests counted. A test that counts none is one case, named after the test."""
    found: Cases = {}
    for report in reports:
        counted = [tuple(value) for name, value in report.user_properties if name == CASE]
        name = report.nodeid.split("::")[1].split("[")[0].removeprefix("test_").replace("_", " ")
        found[report.nodeid] = counted or [("", "", name, report.failed)]
    return found


def kept(file: Path | None) -> Cases:
    """The cases that earlier runs have written."""
    return json.loads(file.read_text()) if file and file.exists() else {}


def tables(cases: Cases, *, whole: bool) -> dict[str, str]:
    """Return the tables in Markdown, one for each kind that was run, and which selection it is: `whole` if none is
    missing.
    """
    found = {kind: [one for test, some in cases.items() if _kind(test) == kind for one in some] for kind in KINDS}
    return {kind: _table(kind, some, whole) for kind, some in found.items() if some}


def _kind(test: str) -> str:
    return KINDS["test_processes" in test]


def _table(kind: str, cases: list[Case], whole: bool) -> str:
    every: Counter[tuple[str, str, str]] = Counter()
    failed: Counter[tuple[str, str, str]] = Counter()
    for what, during, holds, wrong in cases:
        every[what, during, holds] += 1
        failed[what, during, holds] += wrong
    lines = ["| what happens | during | what is true afterwards | cases | failed |", "| --- | --- | --- | --: | --: |"]
    keys = sorted(every, key=lambda key: (not key[0], key[1] != "up", key))
    lines += [f"| {' | '.join(key)} | {every[key]} | {failed[key]} |" for key in keys]
    which = f"the selection of CI, CRASH_SEED={SEED}"
    if COMPLETE:
        part = kind == KINDS[1] and EVERY > 1
        which = f"every class at every {EVERY}th change, CRASH_SEED={SEED}" if part else "complete"
    which += "" if whole else "; not all of it was run"
    total = f"{every.total()} cases {kind}, {failed.total()} failed ({which})."
    return f"{total}\n\n" + "\n".join(lines)


def put_into(page: Path, found: dict[str, str]) -> None:
    """Replace the text between the markers of a page, for each kind that was run."""
    text = page.read_text()
    for kind, table in found.items():
        begin, end = f"<!-- table: {kind} -->", f"<!-- /table: {kind} -->"
        text, count = re.subn(
            f"{begin}.*?{end}",
            lambda _, new=f"{begin}\n{table}\n{end}": new,
            text,
            flags=re.DOTALL,  # type: ignore[misc]
        )
        if count != 1:
            raise ValueError(f"{page} does not have the marker {begin} once")
    page.write_text(text)
