"""Logs of apps that run well, with words such as error and failed: they are no cause, and explain no end."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsctl.why import diagnose
from ecsctl.why.log_lines import last_error, rank
from tests.why.field.scene import Scene, box, exits, facts, log, unhealthy

RECORDS = Path(__file__).with_name("field").joinpath("healthy.txt").read_text().rstrip("\n").split("\n=====\n")
LOGS = {name: text.split("\n") for name, _, text in (record.partition("\n\n") for record in RECORDS)}
ENDS: dict[str, Scene] = {
    "it ended with 1": exits(box(code=1)),
    "it was asked to end": exits(box(code=143)),
    "it was killed": exits(box(code=137)),
    "its port does not answer": unhealthy("Health checks failed", "Target.FailedHealthChecks"),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_running_app_has_no_cause_whatever_its_log_says(name: str) -> None:
    assert diagnose(facts(log(*LOGS[name]))).causes == ()


@pytest.mark.parametrize("name", LOGS)
def test_no_line_of_a_healthy_log_counts_as_an_error(name: str) -> None:
    assert rank(last_error(LOGS[name])) > 0


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", LOGS)
def test_a_stopped_task_is_not_explained_by_lines_of_a_healthy_log(name: str, end: str) -> None:
    cause = diagnose(facts(ENDS[end], log(*LOGS[name]))).causes[0]
    assert cause.name in ("crash", "terminated", "killed", "no-answer")
    assert "that is" not in cause.sentence
