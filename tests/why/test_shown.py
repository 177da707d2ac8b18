"""The output of a diagnosis for people and programs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecsctl.ui.why import lines, show, why_document
from ecsctl.why import Act, Cause, Certainty, Diagnosis, Evidence, Fix, Step
from ecsctl.why.ranking import diagnose
from tests.why.field.scene import box, exits, facts, fails, gives_up, log, pipeline

AT = datetime(2026, 3, 2, 10, 5, tzinfo=UTC)
LOGS = Fix((Step(Act.RUN, "ecsctl logs"),), "its last lines")
CRASH = Cause("crash", "the app crashed", (Evidence("log", "KeyError \x1b[2J", AT),), (LOGS,))
OPEN = Cause("killed", "either this or that: look at it", certainty=Certainty.LIKELY, either=("a", "b"))
UNKNOWN = Cause(
    "build-failed",
    "the build failed in BUILD while running `make test`, and ecsctl does not know why",
    certainty=Certainty.UNKNOWN,
    hints=("its output also says \x1b[2J `toomanyrequests`",),
)
WAITS = Cause("approval", "somebody is waited for", waiting=True)
WHERE = {"app": "shop", "account": "123456789012", "region": "eu-central-1"}


def shown(*causes: Cause, unread: tuple[str, ...] = ()) -> str:
    return "\n".join(line.plain for line in lines(Diagnosis(causes, unread=unread)))


def test_a_cause_comes_with_its_evidence_and_its_fix() -> None:
    text = shown(CRASH)
    assert "the app crashed" in text
    assert "log (10:05:00 UTC): KeyError" in text
    assert "fix: ecsctl logs" in text


def test_no_text_from_outside_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show(Diagnosis((CRASH,)))
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    assert "\\x1b[2J" in out


def test_causes_after_the_first_say_that_they_come_on_top() -> None:
    assert "also: either this or that" in shown(CRASH, OPEN)


def test_what_follows_from_another_cause_is_reported_as_that_and_has_no_fix_of_its_own() -> None:
    follows = Cause("rolled-back", "revision 2 was rolled back", (), (LOGS,), effect=True)
    text = shown(CRASH, follows)
    assert "as a result: revision 2 was rolled back" in text
    assert text.count("fix:") == 1
    assert "fix:" in shown(follows), "where nothing else is known"


def test_nothing_wrong_is_said_plainly_and_never_further_than_was_read() -> None:
    assert shown().endswith("nothing is wrong")
    text = shown(unread=("the image: not allowed to call DescribeImages",))
    assert "nothing is wrong, as far as could be read" in text
    assert "could not read the image: not allowed" in text


def test_the_document_is_json_and_tells_open_questions_as_open() -> None:
    document = json.loads(json.dumps(why_document(Diagnosis((CRASH, OPEN)), WHERE)))
    assert document["kind"] == "why"
    assert document["sound"] is False
    assert document["line"] == "the app crashed"
    assert [cause["either"] for cause in document["causes"]] == [[], ["a", "b"]]
    assert document["causes"][0]["evidence"][0]["at"] == "2026-03-02T10:05:00+00:00"


def test_what_is_not_known_is_said_as_such_and_a_hint_as_a_hint() -> None:
    text = shown(UNKNOWN)
    assert "✗ the build failed in BUILD while running `make test`, and ecsctl does not know why" in text
    assert "hint: its output also says" in text
    assert why_document(Diagnosis((UNKNOWN,)), WHERE)["causes"][0]["certainty"] == "unknown"


def test_a_program_gets_each_way_out_as_steps() -> None:
    [cause] = why_document(Diagnosis((CRASH,)), WHERE)["causes"]
    assert cause["mend"] == ["ecsctl logs   (its last lines)"]
    assert cause["ways"] == [{"steps": [{"act": "run", "what": "ecsctl logs", "value": ""}], "note": "its last lines"}]


def test_what_only_waits_is_not_broken() -> None:
    assert Diagnosis((WAITS,)).healthy
    assert not Diagnosis((WAITS, CRASH)).healthy


def test_the_samples_on_its_page_are_what_it_prints() -> None:
    back = gives_up("ROLLBACK_SUCCESSFUL", "Service deployment rolled back because the circuit breaker threshold was "
                    "exceeded.")  # fmt: skip
    before = "arn:aws:ecs:eu-central-1:123456789012:service-revision/shop/shop/2"
    back["deployments"][0] |= {"rollback": {"serviceRevisionArn": before}, "sourceServiceRevisions": [{"arn": before}]}
    back["revisions"][before] = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:2"
    trace = ("Traceback (most recent call last):", '  File "/app/main.py", line 4, in <module>',
             "KeyError: 'DATABASE_URL'")  # fmt: skip
    test = "FAILED tests/test_login.py::test_needs_login - AssertionError: toomanyrequests"
    scenes = [(exits(box(code=1)), log(*trace), back, pipeline()), (fails("BUILD", "make test", test), pipeline())]
    page = (Path(__file__).parents[2] / "docs/why.md").read_text()
    samples = re.findall(r"```console\n\$ ecsctl why\n(.*?)```", page, re.DOTALL)
    printed = [shown(*diagnose(facts(*one)).causes) for one in scenes]
    assert [" ".join(one.split()) for one in samples] == [" ".join(one.split()) for one in printed]
