"""Failures from public threads: the first cause is mostly right, and never wrong as certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsctl.why import Certainty, diagnose
from tests.why.field.scene import facts
from tests.why.field.score import CERTAIN, HONEST, RIGHT, WRONG, outcome, table, top
from tests.why.field.threads import CASES, Case

DOCS = Path(__file__).parents[2] / "docs/why.md"


def named(case: Case) -> str:
    return case.thread


def test_no_thread_gets_a_wrong_cause_and_least_of_all_as_certain(capsys: pytest.CaptureFixture[str]) -> None:
    found = {case.thread: outcome(case) for case in CASES}
    with capsys.disabled():
        counts = {kind: list(found.values()).count(kind) for kind in (RIGHT, HONEST, WRONG, CERTAIN)}
        print(f"\nwhy, public threads: {counts}")  # noqa: T201 - asked for
    assert {thread for thread, how in found.items() if how == CERTAIN} == set()
    assert {thread for thread, how in found.items() if how == WRONG} == set()
    assert counts[RIGHT] >= 0.9 * len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.says], ids=named)
def test_the_sentence_names_what_the_thread_came_to(case: Case) -> None:
    cause = top(case)
    assert cause
    assert case.says in cause.sentence


def test_the_docs_show_how_often_it_is_right() -> None:
    assert table() in DOCS.read_text(), "run python -m tests.why.field.score"


@pytest.mark.parametrize("part", range(4))
def test_a_reason_that_aws_cut_anywhere_never_leads_to_a_wrong_cause_as_certain(part: int) -> None:
    wrong = {}
    for case in CASES[part::4]:
        for task in case.scenes[0].get("stopped", ()):
            whole = task["stoppedReason"].rstrip(".")
            for length in range(40, len(whole)):
                cut = {**task, "stoppedReason": f"{whole[:length]}..."}
                found = diagnose(facts(*case.scenes, {"stopped": [cut]})).causes[0]
                if found.certainty == Certainty.CERTAIN and found.name not in (case.cause, *case.also):
                    wrong[case.thread, cut["stoppedReason"]] = found.name
    assert wrong == {}
