"""--trace: the timeline of a run as a file."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

from ecsctl.engine.events import Done, Event
from ecsctl.engine.plan import Verb
from ecsctl.trace import CALLS, RESOURCES, Trace
from tests.permissions.recorded import BARE
from tests.permissions.test_unused import an_app, ends

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def spans(file: Path) -> list[dict[str, Any]]:
    return [one for one in json.loads(file.read_text())["traceEvents"] if one["ph"] == "X"]


def test_a_command_writes_its_timeline(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    with an_app(tmp_path, BARE) as runs:
        assert set(ends(runs, f"plan --trace {file}").values()) == {0}
    assert "traceEvents" in json.loads(file.read_text())


def test_a_timeline_that_cannot_be_written_is_reported_and_fails_nothing(tmp_path: Path) -> None:
    with an_app(tmp_path, BARE) as runs:
        assert set(ends(runs, f"plan --trace {tmp_path}/none/plan.json").values()) == {0}
        [(_, said)] = runs.found.ended.values()
    assert "the timeline was not written" in said


def test_a_call_is_a_span_without_its_parameters(tmp_path: Path) -> None:
    trace = Trace()
    trace.call_ended("codebuild", "import_source_credentials", 0.15, None, {"token": "ghp_secret"})
    trace.save(tmp_path / "run.json")
    [span] = spans(tmp_path / "run.json")
    assert (span["pid"], span["name"], span["dur"]) == (CALLS, "codebuild import_source_credentials", 150_000)
    assert "ghp_secret" not in (tmp_path / "run.json").read_text()


def test_a_resource_is_a_span_as_long_as_it_took(tmp_path: Path) -> None:
    trace, heard = Trace(), list[Event]()
    event = Done("nat-a", "NAT gateway", Verb.CREATE, 98.0)
    trace.beside(heard.append)(event)
    trace.save(tmp_path / "run.json")
    [span] = spans(tmp_path / "run.json")
    assert (span["pid"], span["name"], span["dur"]) == (RESOURCES, "NAT gateway nat-a: create", 98_000_000)
    assert heard == [event]


def test_the_picture_of_a_run_has_a_bar_for_each_resource_also_for_one_that_is_called_by_its_title_alone(
    tmp_path: Path,
) -> None:
    trace = Trace()
    for event in (Done("vpc", "VPC", Verb.CREATE, 3.0), Done("nat-a", "NAT gateway", Verb.CREATE, 98.0)):
        trace.record(event)
    trace.save(tmp_path / "run.json")
    drawn = runpy.run_path(str(PICTURES / "timeline.py"))["bars"](json.loads((tmp_path / "run.json").read_text()))
    assert {name: bar.label for name, bar in drawn.items()} == {"vpc": "VPC", "nat-a": "NAT gateway nat-a"}
