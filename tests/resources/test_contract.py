"""What holds for every kind: the life of three stacks is played once each, and every field of every kind is asked of.

A life: made, changed in each field, spoiled in each field by somebody who has no record of it, mended, taken down
without a record. What `observe` forgets to read, or makes up, does not survive it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.label import RESOURCE
from ecsctl.engine.plan import Step, Verb, Why
from ecsctl.engine.resource import FIXED, ORDER, AnyResource, marks
from ecsctl.resources import kinds
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.sandbox.snapshot.taking import snapshot
from tests import cases_cicd, cases_network
from tests.cases_ecs import Ground
from tests.resources.conftest import REGION, Cloud
from tests.rows import EXEMPT, ROWS, Row
from tests.stack.conftest import _without_aws_own

Changes = Mapping[str, Mapping[str, Any]]
STACKS = ("network", "delivery", "ecs")


def of(stack: str) -> list[Row]:
    return [row for row in ROWS if row.stack == stack]


def composition(cloud: Any, stack: str) -> Callable[[Changes], Any]:
    """What makes a composition of all parts of a stack, with these changes of theirs."""
    if stack == "network":
        return lambda changes: cases_network.stack_of(cloud, *cases_network.WISHES, **changes)
    if stack == "delivery":
        cases_cicd.others(cloud)
        return lambda changes: cases_cicd.stack_of(*cases_cicd.WISHES, **changes)
    ground = Ground(cloud)

    def compose(changes: Changes) -> Any:
        asked = {
            part: {name: value(ground) if callable(value) else value for name, value in changed.items()}
            for part, changed in changes.items()
        }
        return ground.stack(
            asked.get("task-definition"),
            {"desired_count": None, **asked.get("service", {})},
            asked.get("cluster"),
            asked.get("scaling", {}),
        )

    return compose


@dataclass
class Life:
    """What was seen in the life of a stack."""

    created: dict[str, Any] = field(default_factory=dict)  # by part: the tags just after its create
    second: tuple[Step, ...] = ()
    without_record: tuple[Step, ...] = ()
    asked: dict[tuple[str, str], Step] = field(default_factory=dict)  # by part and field: what is planned
    after_change: tuple[Step, ...] = ()
    drifted: dict[str, Step] = field(default_factory=dict)
    after_mending: tuple[Step, ...] = ()
    found: dict[str, list[Any]] = field(default_factory=dict)  # by part: what `find` tells while it is there
    neighbours: list[Any] = field(default_factory=list)  # what `find` tells another app of the same account
    left: list[tuple[str, str, str]] = field(default_factory=list)  # what `down` has left in the account
    left_found: list[Any] = field(default_factory=list)


def steps(plan: Any) -> dict[str, Step]:
    return {step.name: step for step in plan.steps}


def live(stack: str, folder: Path) -> Life:
    """Play it."""
    life = Life()
    with inprocess() as clock:
        cloud = Cloud(clock, folder)
        make = composition(cloud, stack)
        rest(cloud)
        before = account()
        with watched_births(cloud, life):
            cloud.up(make({}))
        rest(cloud)
        life.second = cloud.plan(make({})).work
        kept = {path: path.read_bytes() for path in folder.iterdir()}
        cloud.lose_state()
        life.without_record = cloud.plan(make({})).work
        put_back(folder, kept)
        for row in of(stack):
            for name, value in {**row.made, **row.seen}.items():
                plan = cloud.plan(make({spelled(stack, row.part): {name: value}}))
                life.asked[row.part, name] = steps(plan)[row.part]
        changes = {spelled(stack, row.part): row.made for row in of(stack) if row.made}
        cloud.up(make(changes))
        rest(cloud)
        life.after_change = cloud.plan(make(changes)).work
        put_back(folder, kept)  # whoever did all that, it was not a run that knows of this record
        life.drifted = steps(cloud.plan(make({})))
        cloud.up(make({}))
        rest(cloud)
        life.after_mending = cloud.plan(make({})).work
        for row in of(stack):
            label = cloud.label(row.part)
            all_of_it = list(row.kind.find(cloud.aws, label))
            life.found[row.part] = [one for one in all_of_it if one.tags.get(RESOURCE) == row.part]
            life.neighbours += row.kind.find(cloud.aws, cloud.label(row.part, app="shop-2"))
        cloud.lose_state()
        with deleting_twice():
            cloud.down()
        rest(cloud)
        life.left = sorted(account() - before)
        life.left_found = [one for row in of(stack) for one in row.kind.find(cloud.aws, cloud.label(row.part))]
    return life


def account() -> set[tuple[str, str, str]]:
    """What is there, by region, kind and id. Not what is in it: tasks have written into a log group of others."""
    found = _without_aws_own(snapshot(regions=(REGION,)))
    return {
        (where, kind, str(one["id"]))
        for where, kinds in found.items()
        for kind, those in kinds.items()
        for one in those
    }


def rest(cloud: Any) -> None:
    """Until everything shows, and what the pipeline has begun is over."""
    cloud.clock.sleep(3600)


def put_back(folder: Path, kept: Mapping[Path, bytes]) -> None:
    for path in folder.iterdir():
        path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)


def spelled(stack: str, part: str) -> str:
    """Keyword arguments have no hyphens."""
    return part if stack == "ecs" else part.replace("-", "_")


@contextmanager
def watched_births(cloud: Any, life: Life) -> Iterator[None]:
    """Look at each thing the moment its create has returned: it must be marked by then."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in kinds():
            patch.setattr(kind, "create", watched(kind.create, cloud, life))
        yield


def watched(create: Any, cloud: Any, life: Life) -> Any:
    @functools.wraps(create)
    def watching(self: Any, aws: Any, me: Any) -> Any:
        ids = create(self, aws, me)
        cloud.clock.sleep(60)
        seen = self.observe(cloud.aws, me)
        life.created[me.resource] = None if seen is None else seen.tags
        return ids

    return watching


@contextmanager
def deleting_twice() -> Iterator[None]:
    """Each delete is asked for twice: what is gone, or going, is no failure."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in kinds():
            patch.setattr(kind, "delete", classmethod(twice(kind.delete.__func__)))
        yield


def twice(delete: Any) -> Any:
    @functools.wraps(delete)
    def deleting(cls: Any, aws: Any, ids: Any) -> None:
        delete(cls, aws, ids)
        delete(cls, aws, ids)

    return deleting


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Life]:
    @functools.cache
    def played(stack: str) -> Life | Exception:
        try:
            return live(stack, tmp_path_factory.mktemp(stack))
        except Exception as error:  # noqa: BLE001 - played once, whatever came of it
            return error

    def told(stack: str) -> Life:
        life = played(stack)
        if isinstance(life, Exception):
            raise life
        return life

    return told


def comparable(kind: type[AnyResource]) -> list[str]:
    return [one.name for one in fields(kind) if one.compare and marks(kind).get(one.name) is not ORDER]


def test_every_kind_has_a_row_and_every_field_another_value_or_a_reason() -> None:
    missing = []
    for kind in kinds():
        rows = [row for row in ROWS if row.kind is kind]
        if kind in EXEMPT:
            assert not rows
            continue
        answered = {name for row in rows for name in (*row.made, *row.seen, *row.reasons)}
        missing += [f"{kind.__name__}.{name}" for name in comparable(kind) if name not in answered]
        if not rows:
            missing.append(kind.__name__)
    assert missing == []


def test_no_field_that_is_compared_has_a_default() -> None:
    """A default would stand for what `observe` forgets to read; without one mypy finds the hole. See `ensure/`."""
    defaulted = [
        f"{kind.__name__}.{one.name}"
        for kind in kinds()
        for one in fields(kind)
        if one.name in comparable(kind) and not (one.default is one.default_factory is MISSING and one.kw_only)
    ]
    assert defaulted == []


def test_every_kind_says_how_its_arns_begin() -> None:
    """Or `down` would call it a thing that ecsctl never makes."""
    silent = [kind.kind for kind in kinds() if kind.tagged and not (kind.wait or kind.borrowed or kind.arns)]
    assert silent == []


def test_what_can_be_protected_is_what_the_configuration_knows() -> None:
    known = Config.model_json_schema()["properties"]["protect"]["items"]["enum"]
    assert sorted(kind.protect for kind in kinds() if kind.protect) == sorted(known)


FIELDS = [pytest.param(row, name, id=f"{row}-{name}") for row in ROWS for name in (*row.made, *row.seen)]
MADE = [pytest.param(row, name, id=f"{row}-{name}") for row in ROWS for name in row.made]


@pytest.mark.parametrize(("row", "name"), FIELDS)
def test_another_value_of_a_field_is_seen(lives: Any, row: Row, name: str) -> None:
    step = lives(row.stack).asked[row.part, name]
    if step.verb in (Verb.CREATE, Verb.REFUSE):  # nothing, or somebody else's, has that value
        assert marks(row.kind).get(name) is FIXED, "what has another value in this field is another thing"
    else:
        assert name in step.changed


@pytest.mark.parametrize(("row", "name"), MADE)
def test_what_somebody_has_changed_is_seen_as_drift(lives: Any, row: Row, name: str) -> None:
    step = lives(row.stack).drifted[row.part]
    changes = {one.field: one for one in step.changes}
    if step.fields[name] is None or name in row.leaves:
        assert name not in changes
    else:
        assert changes[name].why is Why.DRIFT


@pytest.mark.parametrize("stack", STACKS)
def test_what_was_made_is_right(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).second] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_record_is_not_needed(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).without_record] == []


@pytest.mark.parametrize("stack", STACKS)
def test_other_values_are_made_and_then_right(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).after_change] == []


@pytest.mark.parametrize("stack", STACKS)
def test_drift_is_mended(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).after_mending] == []


@pytest.mark.parametrize("row", [row for row in ROWS if not row.kind.wait], ids=str)
def test_it_is_marked_from_its_birth(lives: Any, row: Row) -> None:
    tags = lives(row.stack).created[row.part]
    if tags is not None:  # what cannot carry tags
        assert (tags["ecsctl:app"], tags[RESOURCE]) == ("shop", row.part)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.kind.wait], ids=str)
def test_it_is_found_by_its_mark_alone_and_by_nobody_else(lives: Any, row: Row) -> None:
    life = lives(row.stack)
    assert len(life.found[row.part]) == 1
    assert life.neighbours == []


@pytest.mark.parametrize("stack", STACKS)
def test_down_leaves_nothing_though_every_delete_is_asked_for_twice(lives: Any, stack: str) -> None:
    life = lives(stack)
    assert life.left == []
    assert life.left_found == []
