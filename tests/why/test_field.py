"""Failures from public threads: the first cause is mostly right, and never wrong as certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsctl.why import Cause, Certainty, diagnose
from tests.why.field.scene import facts
from tests.why.field.score import CERTAIN, HONEST, RIGHT, WRONG, outcome, table, top
from tests.why.field.threads import CASES, Case

EACH = 2  # parts, for workers that run tests at the same time
DOCS = Path(__file__).parents[2] / "docs/why.md"


def sentence(case: Case) -> str:
    cause = top(case)
    return cause.sentence if cause else ""


def test_no_thread_gets_a_wrong_cause_and_least_of_all_as_certain(capsys: pytest.CaptureFixture[str]) -> None:
    found = [(outcome(case), case.thread) for case in CASES]
    with capsys.disabled():
        counts = {kind: [how for how, _ in found].count(kind) for kind in (RIGHT, HONEST, WRONG, CERTAIN)}
        print(f"\nwhy, public threads: {counts}")  # noqa: T201 - asked for
    assert [thread for how, thread in found if how == CERTAIN] == []
    assert [thread for how, thread in found if how == WRONG] == []
    assert counts[RIGHT] >= 0.9 * len(CASES)


def test_the_sentence_names_what_the_thread_came_to() -> None:
    says = [case for case in CASES if case.says]
    assert len(says) > 600
    assert [(case.thread, case.says, sentence(case)) for case in says if case.says not in sentence(case)] == []


def test_the_docs_show_how_often_it_is_right() -> None:
    assert table() in DOCS.read_text(), "run python -m tests.why.field.score"


@pytest.mark.parametrize("part", range(EACH))
def test_a_reason_that_aws_cut_anywhere_never_leads_to_a_wrong_cause_as_certain(part: int) -> None:
    """Every third length is tried, of each thread others: a phrase is recognised from half of it on, not at one length.

    Threads with the same facts, such as a failed health check and nothing else, are one.
    """
    wrong = {}
    known: dict[tuple[str, str], Cause] = {}
    for n, case in enumerate(CASES[part::EACH]):
        for task in case.scenes[0].get("stopped", ()):
            whole = task["stoppedReason"].rstrip(".")
            rest = repr([task | {"stoppedReason": ""}, {**case.scenes[0], "stopped": []}, *case.scenes[1:]])
            for length in range(40 + n % 3, len(whole), 3):
                cut = {**task, "stoppedReason": f"{whole[:length]}..."}
                key = (cut["stoppedReason"], rest)
                found = known.get(key) or diagnose(facts(*case.scenes, {"stopped": [cut]})).causes[0]
                known[key] = found
                if found.certainty == Certainty.CERTAIN and found.name not in (case.cause, *case.also):
                    wrong[case.thread, cut["stoppedReason"]] = found.name
    assert wrong == {}
