"""A state file of version 1, whose fields had names of ours: `older/` has what an ecsctl of that version wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine.migrations import RENAMED, SETS, named_as_on_aws
from ecsctl.engine.state_file import peek, text
from tests.engine.version_one import version_one

OLDER = sorted(Path(__file__).with_name("older").glob("version-1-*.json"))


def migrated(kind: str, **entry: Any) -> dict[str, Any]:
    """An entry of a state file as it is in version 2."""
    body = named_as_on_aws({"entries": {"part": {"kind": kind, **entry}}})
    found: dict[str, Any] = body["entries"]["part"]
    return found


@pytest.mark.parametrize("path", OLDER, ids=lambda path: path.stem)
def test_a_file_that_an_older_ecsctl_wrote_is_read(path: Path) -> None:
    before, book = json.loads(path.read_bytes()), peek(path)
    assert book is not None
    assert (before["version"], book.version) == (1, 2)
    assert book.entries.keys() == before["entries"].keys()
    for name, entry in book.entries.items():
        old = before["entries"][name]
        assert (entry.kind, entry.ids) == (old["kind"], old["ids"])
        assert len(entry.applied or ()) == len(old["applied"])


def test_every_field_is_renamed_wherever_it_is_stored() -> None:
    entry = migrated(
        "log-group",
        ids={"days": "an id"},
        applied={"name": "/shop", "days": 30, "key": None},
        otherwise={"days": [30, 7]},
        intent={"verb": "update", "fields": ["tags", "days"]},
    )
    assert entry == {
        "kind": "log-group",
        "ids": {"days": "an id"},
        "applied": {"name": "/shop", "retention_in_days": 30, "kms_key": None},
        "otherwise": {"retention_in_days": [30, 7]},
        "intent": {"verb": "update", "fields": ["retention_in_days", "tags"]},
    }


def test_a_field_inside_of_another_is_renamed_there_alone() -> None:
    strategy = {"way": "CANARY", "bake": 5, "percent": 10.0, "minutes": 1}
    named = {"strategy": "CANARY", "bake_time_in_minutes": 5, "step_percent": 10.0, "step_bake_time_in_minutes": 1}
    entry = migrated("service", applied={"strategy": strategy, "way": 1}, otherwise={"strategy": [strategy, strategy]})
    assert entry["applied"] == {"strategy": named, "way": 1}
    assert entry["otherwise"] == {"strategy": [named, named]}


def test_a_set_is_in_the_order_of_its_new_names() -> None:
    open_to = [
        {"port_from": 443, "port_to": 443, "protocol": "tcp", "cidr": None, "group": "sg-1"},
        {"port_from": 80, "port_to": 80, "protocol": "tcp", "cidr": None, "group": "sg-2"},
    ]
    found = migrated("security-group", applied={"ingress": open_to})["applied"]["ingress"]
    assert found == sorted(found, key=lambda one: json.dumps(one, sort_keys=True))
    assert [one["from_port"] for one in found] == [443, 80]
    other = migrated("security-group", otherwise={"ingress": [open_to, []]})["otherwise"]["ingress"]
    assert other == [found, []]
    assert all(path in RENAMED[kind] or f"{path}." in " ".join(RENAMED[kind]) for kind, path in SETS)


@pytest.mark.parametrize("entries", [None, [], {"a": None}, {"a": {}}, {"a": {"kind": []}}, {"a": {"kind": "vpc"}},
                                     {"a": {"kind": "alarm", "applied": None, "intent": None}}])  # fmt: skip
def test_what_is_of_another_form_stays_as_it_is(entries: Any) -> None:
    assert named_as_on_aws({"version": 1, "entries": entries}) == {"version": 1, "entries": entries}


def test_no_two_fields_get_the_same_name() -> None:
    for kind, names in RENAMED.items():
        places = [f"{old.rpartition('.')[0]}.{new}" for old, new in names.items()]
        assert len({*places}) == len(places), kind


@pytest.mark.parametrize("path", OLDER, ids=lambda path: path.stem)
def test_the_way_back_leads_to_what_was_written(path: Path) -> None:
    book = peek(path)
    assert book is not None
    body = {**book.model_dump(mode="json"), "version": 2}
    assert version_one(text(body)) == json.loads(path.read_bytes())
