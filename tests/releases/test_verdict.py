"""One release, one verdict: recorded courses of deployments, replayed read by read."""

from __future__ import annotations

import pytest

from ecsctl.releases.verdict import Outcome, Rolling, Verdict, out_of_time, verdict_of
from tests.releases.timelines import COURSES, STUCK, Course, deployment, read, service

LIMIT = 900.0


def replay(course: Course) -> list[Rolling | Verdict]:
    """The verdict at each read; after the limit, the verdict of a deployment that is under way still."""
    verdicts: list[Rolling | Verdict] = []
    for seconds, snapshot in course.reads:
        found = verdict_of(course.ours, snapshot)
        if isinstance(found, Rolling) and seconds >= LIMIT:
            found = out_of_time(course.ours, found, LIMIT)
        verdicts.append(found)
    return verdicts


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES.keys())
def test_a_course_is_under_way_until_its_one_verdict(course: Course) -> None:
    *before, last = replay(course)
    assert all(isinstance(one, Rolling) for one in before), before
    assert isinstance(last, Verdict)
    assert (last.outcome, last.sentence) == (course.outcome, course.sentence)


def test_every_outcome_has_a_course_and_its_own_exit_code() -> None:
    assert {course.outcome for course in COURSES.values()} == set(Outcome)
    codes = {outcome: Verdict(outcome, "").exit_code for outcome in Outcome}
    assert codes == {
        Outcome.DEPLOYED: 0,
        Outcome.FAILED: 1,
        Outcome.TIMED_OUT: 4,
        Outcome.ROLLED_BACK: 6,
        Outcome.SUPERSEDED: 7,
        Outcome.STOPPED: 8,
        Outcome.PAUSED: 9,
    }


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES.keys())
def test_only_a_release_that_is_there_is_no_error(course: Course) -> None:
    last = replay(course)[-1]
    assert isinstance(last, Verdict)
    error = last.error(hint="now what")
    assert (error is None) == (course.outcome is Outcome.DEPLOYED)
    if error:
        assert (error.message, error.exit_code, error.hint) == (last.sentence, last.exit_code, "now what")


def test_why_is_in_the_words_of_aws() -> None:
    last = replay(COURSES["rolled back by the circuit breaker, stable again at once"])[-1]
    assert isinstance(last, Verdict)
    assert last.why == "ECS deployment circuit breaker: tasks failed to start."


def test_a_deployment_without_room_says_which_percentages_leave_none() -> None:
    ours = COURSES["a quick success"].ours
    stuck = service(running=0, old=1, events=[(30, STUCK)], percentages=(50, 100))
    found = verdict_of(ours, read(stuck, deployment()))
    assert isinstance(found, Rolling)
    assert "stuck: of 1 tasks at least 1 must run (50 %) and at most 1 may (100 %)" in found.note


def test_an_old_event_of_another_deployment_is_not_held_against_this_one() -> None:
    found = verdict_of(
        COURSES["a quick success"].ours, read(service(running=0, old=1, events=[(-100, STUCK)]), deployment())
    )
    assert isinstance(found, Rolling)
    assert "stuck" not in found.note


def test_progress_tells_what_runs_starts_and_failed() -> None:
    found = verdict_of(
        COURSES["a quick success"].ours, read(service(running=1, desired=3, old=2, failed=4), deployment())
    )
    assert found == Rolling("revision 7: 1 of 3 tasks run, 2 starting, 4 failed, 2 of the version before")
