"""Every recorded failure is diagnosed correctly; what the facts do not decide is left open."""

from __future__ import annotations

import pytest

from ecsctl.why import Diagnosis, diagnose
from tests.why.recorded_failures import Recorded, recorded

ALL = recorded()


def named(one: Recorded) -> str:
    return one.name


@pytest.fixture(scope="module")
def diagnoses() -> dict[str, Diagnosis]:
    return {one.name: diagnose(one.facts) for one in ALL}


def top(diagnosis: Diagnosis) -> str:
    return diagnosis.causes[0].name if diagnosis.causes else ""


def test_the_first_cause_is_the_right_one_for_all_failures_that_have_one(
    diagnoses: dict[str, Diagnosis], capsys: pytest.CaptureFixture[str]
) -> None:
    clear = [one for one in ALL if not one.either]
    wrong = {one.name: (top(diagnoses[one.name]), one.cause) for one in clear if top(diagnoses[one.name]) != one.cause}
    with capsys.disabled():
        right = len(clear) - len(wrong)
        print(f"\nwhy: top-1 accuracy {right}/{len(clear)} = {100 * right / len(clear):.1f} %")  # noqa: T201 - asked for
    assert wrong == {}, "a cause for each, and the right one"


@pytest.mark.parametrize("one", [one for one in ALL if one.either], ids=named)
def test_what_the_facts_leave_open_is_reported_as_open(one: Recorded, diagnoses: dict[str, Diagnosis]) -> None:
    cause = diagnoses[one.name].causes[0]
    assert (cause.name, frozenset(cause.either)) == (one.cause, one.either)
    assert "either" in cause.sentence
    assert "check " in cause.sentence


@pytest.mark.parametrize("one", [one for one in ALL if not one.either and one.cause], ids=named)
def test_a_cause_shows_its_evidence_and_its_fix(one: Recorded, diagnoses: dict[str, Diagnosis]) -> None:
    cause = diagnoses[one.name].causes[0]
    assert cause.either == ()
    assert cause.evidence
    assert all(fact.source and fact.text for fact in cause.evidence)
    assert cause.fix


@pytest.mark.parametrize("one", ALL, ids=named)
def test_a_recorded_failure_says_where_its_words_come_from(one: Recorded) -> None:
    assert one.about
    assert one.source.startswith(("AWS documentation: ", "https://github.com/"))


def test_there_are_enough_recorded_failures_to_tell_anything() -> None:
    assert len(ALL) >= 30
    assert sum(bool(one.either) for one in ALL) >= 3
