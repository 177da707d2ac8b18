"""A state file of version 1, when fields had names of ours, in the hands of this ecsctl."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from ecsctl.engine.plan import Why
from ecsctl.engine.state_file import VERSION, peek
from ecsctl.resources import by_name
from tests.engine import test_renamed_fields
from tests.engine.version_one import version_one
from tests.stack.conftest import World, desired_stack

MUCH = desired_stack(
    service={"autoscaling": {"min": 1, "max": 3, "schedules": {"night": {"at": "cron(0 20 * * ? *)", "max": 1},
                                                               "day": {"at": "cron(0 6 * * ? *)", "min": 2}}},
             "exec": True},
    deployment={"strategy": "canary", "canary": {"percent": 10, "minutes": 1}, "pause": {"at": ["post-scale-up"]}},
    jobs={"nightly": {"schedule": "cron(0 3 * * ? *)", "command": ["run"]}},
    volumes={"data": {"path": "/data"}},
    sidecars={"agent": {"image": "public.ecr.aws/docker/library/agent:1", "port": 9000}},
)  # fmt: skip


def aged(world: World) -> dict[str, Any]:
    """Make the state file one of version 1; returns what it was."""
    now = world.state_file.read_bytes()
    older = version_one(now)
    assert older["entries"] != json.loads(now)["entries"]
    world.state_file.write_text(json.dumps(older))
    entries: dict[str, Any] = json.loads(now)["entries"]
    return entries


def test_an_up_after_it_changes_nothing_and_the_next_change_is_written_in_the_new_names(world: World) -> None:
    world.running(MUCH)
    entries = aged(world)
    assert world.plan(MUCH).work == ()
    assert world.up(MUCH).work == ()
    assert world.changes == 0
    book = peek(world.state_file)
    assert book is not None
    assert {name: (one.ids, one.applied) for name, one in book.entries.items()} == {
        name: (one["ids"], one["applied"]) for name, one in entries.items()
    }
    changed = {**MUCH, "logs": {"retention_days": 7}}
    steps = world.up(changed).work
    assert {field for step in steps for field in step.changed} == {"retention_in_days"}
    body = json.loads(world.state_file.read_bytes())
    assert body["version"] == VERSION
    assert {*body["entries"]["app-logs"]["applied"]} == {"name", "retention_in_days", "kms_key", "writer"}


def test_a_change_by_hand_is_drift_and_a_change_of_ecsctl_toml_is_none(world: World) -> None:
    world.running(MUCH)
    aged(world)
    world.boto("logs").put_retention_policy(logGroupName="/ecs/hello", retentionInDays=3)
    pushed = {**MUCH, "deployment": {**MUCH["deployment"], "canary": {"percent": 20, "minutes": 1}}}
    whys = {(step.name, one.field): one.why for step in world.plan(pushed).work for one in step.changes}
    assert whys == {("app-logs", "retention_in_days"): Why.DRIFT, ("service", "strategy"): Why.CONFIG}


def unknown(annotation: Any, stored: Any, path: str) -> Iterator[str]:
    """The fields of a stored value that its class does not have."""
    if isinstance(stored, list):
        for one in stored:
            yield from unknown(annotation, one, path)
    elif isinstance(stored, dict) and stored.keys() != {"digest"}:
        known: dict[str, Any] = {}
        for one in _classes(annotation):
            known |= get_type_hints(one, include_extras=True)
        yield from (f"{path}.{name}" for name in stored.keys() - known.keys())
        for name in stored.keys() & known.keys():
            yield from unknown(known[name], stored[name], f"{path}.{name}")


def _classes(annotation: Any) -> Iterator[type[Any]]:
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from _classes(part)


@pytest.mark.parametrize("path", test_renamed_fields.OLDER, ids=lambda path: path.stem)
def test_each_field_that_an_older_ecsctl_wrote_is_one_of_its_kind_now(path: Path) -> None:
    book = peek(path)
    assert book is not None
    for entry in book.entries.values():
        assert list(unknown(by_name()[entry.kind], entry.applied, entry.kind)) == []
