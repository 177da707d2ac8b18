"""A state file of a version that this ecsctl does not write any more, or never did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsctl.engine import state_file
from ecsctl.engine.state import State
from ecsctl.engine.state_file import VERSION, checksum, text
from tests.engine.conftest import Run, toybox
from tests.engine.test_up import BOTH, held
from tests.engine.toys import Cloud


@pytest.mark.parametrize("version", [0, -1, "1", 1.5, None])
@pytest.mark.parametrize("then", ["up", "down"])
def test_a_record_of_an_unknown_older_version_is_kept_aside_and_rebuilt(
    run: Run, cloud: Cloud, version: Any, then: str
) -> None:
    run.up(toybox())
    for path in (run.state_file, run.state_file.with_name("state.json.bak")):
        body = json.loads(path.read_bytes())
        body.pop("checksum")
        path.write_bytes(text({**body, "version": version}))
    old = run.state_file.read_bytes()
    if then == "up":
        assert run.up(toybox()).calls == []
        assert held(cloud) == BOTH
        assert State.load(run.state_file, app="shop", account="1", region="r", say=_fail).entry("box") is not None
    else:
        run.down()
        assert cloud.things == []
    aside = list(run.state_file.parent.glob("state.json.corrupt-*"))
    assert [path.read_bytes() for path in aside] == [old]


def test_a_record_of_a_known_older_version_is_migrated_and_nothing_is_made_anew(
    run: Run, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if entries had been called parts in version 0, and things before that."""

    def parts_were_called_things(body: dict[str, Any]) -> dict[str, Any]:
        return {"parts": body.pop("things"), **body}

    def entries_were_called_parts(body: dict[str, Any]) -> dict[str, Any]:
        return {"entries": body.pop("parts"), **body}

    run.up(toybox())
    now = json.loads(run.state_file.read_bytes())
    del now["checksum"]
    old = {**now, "version": -1, "things": now["entries"]}
    del old["entries"]
    run.state_file.write_text(json.dumps({**old, "checksum": checksum(old)}))
    older = {-1: parts_were_called_things, 0: entries_were_called_parts}
    monkeypatch.setattr(state_file, "MIGRATIONS", {**older, **state_file.MIGRATIONS})
    read = State.load(run.state_file, app="shop", account="1", region="r", say=_fail)
    assert read.book.model_dump(mode="json") == now
    assert run.up(toybox(weight=2)).calls == ["ChangeBall"]
    assert json.loads(run.state_file.read_bytes())["version"] == VERSION


def _fail(message: str) -> None:
    raise AssertionError(message)


def test_that_it_is_set_aside_is_said(run: Run) -> None:
    run.up(toybox())
    body = json.loads(run.state_file.read_bytes())
    body.pop("checksum")
    run.state_file.write_bytes(text({**body, "version": 0}))
    run.state_file.with_name("state.json.bak").unlink()
    run.engine()
    assert "is of version 0, which this ecsctl does not know; it is kept as state.json.corrupt-" in run.said[0]
    assert run.said[1] == "the state file is rebuilt from the tags on AWS"
