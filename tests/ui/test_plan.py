from dataclasses import replace

import pytest

from ecsctl.engine.plan import UNKNOWN, Change, Plan, Step, Verb, Why
from ecsctl.removal.receipt import Left
from ecsctl.ui import copied, output
from ecsctl.ui import plan as shown
from ecsctl.ui.safe import safe
from tests.ui import samples


def text_of(plan, **more):
    return "\n".join(line.plain for line in shown.lines(plan, **more))


def of(*changes, **more):
    return Plan((Step("app", "service", "ECS service", Verb.UPDATE, changes, **more),))


def test_the_first_plan_is_a_line_for_each(snapshot):
    assert text_of(samples.first()) == snapshot


def test_a_plan_of_everything_fits_80_columns(snapshot):
    assert text_of(samples.changed()) == snapshot
    assert max(map(len, text_of(samples.changed()).splitlines())) <= 80


def test_a_removal_tells_what_dies_with_what_and_what_stays_why(snapshot):
    assert text_of(samples.removal(), removal=True) == snapshot


def test_what_stays_in_the_sandbox_is_deleted_there(monkeypatch):
    kept = Step("data", "file-system", "file system", Verb.KEEP, ids={"id": "fs-1"}, reason="ecsctl down --volumes")
    monkeypatch.setattr(copied, "sandbox", True)
    for removal in (True, False):
        assert "ecsctl down --sandbox --volumes" in text_of(
            Plan((kept, replace(kept, verb=Verb.REFUSE))), removal=removal
        )
    left = [Left("secret", "shop/db", "ecsctl down --secrets deletes it too")]
    document = output.down_document(Plan((kept,)), left, 1.0, dict.fromkeys(("app", "account", "region"), "x"))
    assert document["left"][0]["why"] == "ecsctl down --sandbox --secrets deletes it too"
    assert document["steps"][0]["reason"] == "ecsctl down --sandbox --volumes"


def test_a_plan_that_changes_nothing_says_so_in_a_sentence():
    assert text_of(samples.settled()) == "nothing to change: 5 resources are up to date"


def test_a_removal_of_nothing_says_so():
    assert text_of(Plan(()), removal=True) == "nothing to delete: nothing in this account and region has the app's tags"


def test_drift_and_a_changed_option_are_distinguished():
    text = text_of(of(Change("cpu", 1, 2, Why.DRIFT), Change("memory", 1, 2, Why.CONFIG)))
    assert "cpu: 1 → 2  (drift: changed outside ecsctl)" in text
    assert "memory: 1 → 2  (your change)" in text


def test_a_secret_is_reported_as_changed_and_not_shown():
    assert "token: *** → another one, not shown" in text_of(of(Change("token", "***", "***", Why.CONFIG)))


def test_two_long_values_show_where_they_differ():
    before, after = "x" * 200 + "1", "x" * 200 + "2"
    text = text_of(of(Change("image", before, after, Why.CONFIG)))
    old, new = (next(line for line in text.splitlines() if line.strip().startswith(sign)) for sign in "-+")
    assert old.endswith("1")
    assert new.endswith("2")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("where", range(0, 300, 37))
def test_a_difference_deep_in_long_values_is_never_cut_out(where):
    before = "x" * 300
    after = before[:where] + "y" + before[where + 1 :]
    old, new = shown._apart(before, after, 60)
    assert old != new
    assert max(len(old), len(new)) <= 60


def test_what_is_not_known_yet_is_said_so():
    assert f"arn:1 → {UNKNOWN}" in text_of(of(Change("task_definition", "arn:1", UNKNOWN, Why.CONFIG)))


def test_the_same_in_another_order_is_shown_as_a_change():
    rules = [{"port": 1, "to": [1]}, {"port": 2, "to": [1]}]
    assert "in another order → in this order" in text_of(of(Change("rules", rules, rules[::-1], Why.CONFIG)))


def test_an_escape_in_a_tag_steers_nothing():
    evil = "\x1b[2J\u202e"
    text = text_of(Plan((Step(evil + "1", evil, evil, Verb.DELETE, ids={"name": evil}, reason=evil),)), removal=True)
    assert "\x1b" not in text
    assert text.count(safe(evil)) == 3


def test_the_plan_goes_to_stderr_and_nothing_to_stdout(capsys):
    shown.show(samples.first())
    out, err = capsys.readouterr()
    assert out == ""
    assert "plan: 5 to create" in err
    assert "\x1b" not in err


def test_a_plan_that_was_asked_for_is_data_and_goes_to_stdout(capsys):
    shown.show(samples.first(), asked_for=True, estimate=samples.ESTIMATE)
    out, err = capsys.readouterr()
    assert err == ""
    assert "plan: 5 to create" in out
    assert out.endswith("time: about a minute\n")
    assert "\x1b" not in out
