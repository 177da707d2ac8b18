import json
import re

import pytest

from ecsctl.engine.plan import Change, Plan, Step, Verb, Why
from ecsctl.engine.report import Condition, Report
from ecsctl.errors import Interrupted
from ecsctl.ui import output
from tests.ui import json_docs, samples


def emitted(document, capsys):
    output.emit(document)
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_the_docs_show_what_is_printed():
    page = json_docs.PAGE.read_text()
    assert json_docs.written(page) == page, "run python -m tests.ui.json_docs"


def test_the_docs_show_every_kind_and_tell_every_field_and_condition():
    page = json_docs.PAGE.read_text()
    kinds = [match[1] for match in json_docs.EXAMPLE.finditer(page)]
    assert kinds == list(json_docs.documents())
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    documented = set(re.findall(r"`([^`\n]+)`", prose))
    assert {str(word) for word in (*Condition, *Verb)} <= documented
    assert _fields(list(json_docs.documents().values())) <= documented


OPEN = {"counts.*", "ids.*", "config.*", "origins.*"}
"""What is below these is named elsewhere: verbs, the ids of each kind, ecsctl.toml."""


def _fields(value, above=""):
    """The names of all fields in a document."""
    if isinstance(value, list):
        return set().union(*(_fields(one, above) for one in value))
    if isinstance(value, dict) and f"{above}.*" not in OPEN:
        return set(value).union(*(_fields(one, name) for name, one in value.items()))
    return set()


@pytest.mark.parametrize("kind", json_docs.documents())
def test_each_document_has_a_version_and_a_kind_first(kind, capsys):
    document = json.loads(emitted(json_docs.documents()[kind], capsys))
    assert list(document)[:2] == ["version", "kind"]
    assert (document["version"], document["kind"]) == (1, kind)


def test_a_plan_tells_where_what_and_how_many():
    document = output.plan_document(samples.changed(), samples.WHERE, samples.ESTIMATE)
    assert (document["app"], document["account"], document["region"]) == ("shop", "123456789012", "eu-central-1")
    assert document["counts"] == {"create": 1, "update": 6, "replace": 1, "delete": 1, "keep": 1, "refuse": 1}
    assert len(document["steps"]) == 11


def test_the_same_plan_is_the_same_text(capsys):
    texts = {
        emitted(output.plan_document(samples.changed(), samples.WHERE, samples.ESTIMATE), capsys) for _ in range(3)
    }
    assert len(texts) == 1


def test_only_up_tells_a_url():
    assert "url" not in output.down_document(samples.removal(), (), 1, samples.WHERE)
    assert output.up_document(samples.first(), samples.URL, 1, samples.WHERE)["url"] == samples.URL


def test_status_is_healthy_only_if_all_is_right():
    right = [samples.reports()[0]]
    assert output.status_document(right, "", samples.WHERE)["healthy"] is True
    for report in samples.reports()[1:]:
        assert output.status_document([*right, report], "", samples.WHERE)["healthy"] is False


def test_why_the_service_does_not_run_is_reported_or_empty():
    reports = samples.reports()
    assert output.status_document(reports, "", samples.WHERE)["cause"] == ""
    assert output.status_document(reports, "", samples.WHERE, "it crashed")["cause"] == "it crashed"


def test_what_cannot_be_read_is_null_or_empty_and_never_left_out():
    (found,) = output.status_document([Report(Step("x", "vpc", "VPC", Verb.CREATE), None)], "", samples.WHERE)[
        "resources"
    ]
    assert (found["since"], found["ids"], found["console"], found["note"]) == (None, {}, "", "")


def test_an_error_tells_all_causes_and_the_exit_code():
    document = output.error_document(samples.failure())
    assert [cause["type"] for cause in document["errors"]] == ["ResourceFailed", "TimedOut"]
    assert (document["exit_code"], document["not_tried"]) == (1, ["service", "scaling"])
    assert output.error_document(Interrupted("stopped"))["exit_code"] == 130


def test_json_steers_no_terminal_and_is_exact(capsys):
    evil = "\x1b[2J\x9b\x7f\u202eé🚀\ud800"
    change = Change("tags", evil, evil, Why.DRIFT)
    text = emitted(
        output.plan_document(Plan((Step("x", "k", "t", Verb.UPDATE, (change,)),)), samples.WHERE, samples.ESTIMATE),
        capsys,
    )
    assert text.isascii()
    assert "\x7f" not in text
    assert "\x1b" not in text
    assert json.loads(text)["steps"][0]["changes"][0]["after"] == evil


def test_what_opens_the_sandbox_is_not_printed(capsys):
    text = emitted(output.sandbox_document(json_docs.SERVER), capsys)
    assert "key" not in text
    assert "nonce" not in text
    assert output.sandbox_document(None) == {"version": 1, "kind": "sandbox", "running": False}


def test_origins_are_shown_on_demand_only():
    assert "origins" not in output.config_document({"name": "shop"})
    assert output.config_document({}, {})["origins"] == {}
