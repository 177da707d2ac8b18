"""Takes a stack through its lifecycle (created, changed, changed by hand, corrected, removed) and records each step."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ecsctl.aws.clients import ReadOnly
from ecsctl.engine.label import APP, RESOURCE, Label
from ecsctl.engine.plan import Plan, Step, Verb, decide
from ecsctl.engine.promises import resolve
from ecsctl.engine.resource import FIXED, AnyResource, traits
from ecsctl.engine.stack import Stack
from ecsctl.engine.survey import hints, is_of
from ecsctl.removal.receipt import SWEEPS, Left
from ecsctl.sandbox.core import authorization
from ecsctl.sandbox.core.permissions import Asked
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.sandbox.snapshot.taking import snapshot
from tests.resources.conftest import REGION, Cloud
from tests.rows import ROWS, STACKS, network
from tests.rows.denied import ignores_a_denied_change, reads_without_consequence
from tests.rows.row import Row
from tests.rows.unfinished import answers_can_be_unfinished, observed_unfinished
from tests.rows.watching import deleting_twice, rights_needed, watched_creates
from tests.stack.conftest import _without_aws_own


def of(stack: str) -> list[Row]:
    return [row for row in ROWS if row.stack == stack]


@dataclass
class Lifecycle:
    """What was recorded while a stack went through its lifecycle. A part is one resource, by its name in the stack."""

    created: dict[str, Any] = field(default_factory=dict)  # by part: the tags just after the create call
    unfinished: dict[str, tuple[Any, set[str]]] = field(default_factory=dict)
    """By part: what is observed while AWS is still creating it, and the members of its answers that say so."""
    without_token: list[str] = field(default_factory=list)  # creates without the idempotency token that AWS takes
    without_consequence: list[str] = field(default_factory=list)  # reads that AWS denies without an error
    ignored: list[str] = field(default_factory=list)  # changes that AWS denies without an error
    unsent: list[str] = field(default_factory=list)  # fields with a planned update for which nothing is sent
    other_ids: dict[str, Any] = field(default_factory=dict)  # by part: the ids from create, and other ones observed
    for_others: dict[str, list[Verb]] = field(default_factory=dict)  # by part: for another app, and untagged
    unshown: list[str] = field(default_factory=list)  # parts that are not in a snapshot of the account
    rights_needed: dict[str, list[Asked]] = field(default_factory=dict)  # by kind
    second: tuple[Step, ...] = ()
    without_state_file: tuple[Step, ...] = ()
    planned: dict[tuple[str, str], Step] = field(default_factory=dict)  # by part and field: with another value
    after_change: tuple[Step, ...] = ()
    drifted: dict[str, Step] = field(default_factory=dict)
    after_fixing: tuple[Step, ...] = ()
    by_hand: dict[str, Step] = field(default_factory=dict)
    after_repair: tuple[Step, ...] = ()
    removed: list[str] = field(default_factory=list)  # parts whose correction removed what others had added
    found: dict[str, list[Any]] = field(default_factory=dict)  # by part: what `find` returns before `down`
    found_by_others: list[Any] = field(default_factory=list)  # what `find` returns for another app of the account
    unlisted: list[str] = field(default_factory=list)  # parts that the tagging API should list, and does not
    left: list[tuple[str, str, str]] = field(default_factory=list)  # what `down` has left in the account
    left_found: list[Any] = field(default_factory=list)
    unknown: list[Left] = field(default_factory=list)  # listed after `down`, and not as a kind of ours

    def add_created(
        self, me: Label, ids: Any, observed: Any, unfinished: tuple[Any, set[str]], without_token: list[str]
    ) -> None:
        """Called just after each create, with the ids that it returned."""
        known = {name: value for name, value in vars(ids).items() if value}  # the others come later
        if observed is not None and not known.items() <= vars(observed.ids).items():
            self.other_ids[me.resource] = (ids, observed.ids)
        self.created.setdefault(me.resource, None if observed is None else observed.tags)
        self.unfinished.setdefault(me.resource, unfinished)
        self.without_token += [f"{me.resource}: {one}" for one in without_token]


def steps(plan: Any) -> dict[str, Step]:
    return {step.name: step for step in plan.steps}


def run_lifecycle(stack: str, folder: Path, planned: Collection[Row] = ()) -> Lifecycle:
    """Take the stack through its lifecycle; its state file is in `folder`. Raises what a run raises.

    `planned`: the rows of which single values are planned and single calls denied; by default all of the stack.
    """
    lifecycle = Lifecycle()
    with inprocess() as clock:
        cloud = Cloud(clock, folder)
        make = STACKS[stack](cloud)
        wait_until_quiet(cloud)
        before = account()
        with rights_needed() as lifecycle.rights_needed:
            with watched_creates(cloud, lifecycle.add_created):
                cloud.up(make({}))
            wait_until_quiet(cloud)
            lifecycle.second = cloud.plan(make({})).work
            kept = {path: path.read_bytes() for path in folder.iterdir()}
            _planned(lifecycle, cloud, planned or of(stack), make)
            cloud.lose_state()
            lifecycle.without_state_file = cloud.plan(make({})).work
            put_back(folder, kept)
            _changed(lifecycle, cloud, stack, make, kept)
            _by_hand(lifecycle, cloud, stack, make)
            _found(lifecycle, cloud, stack)
            cloud.lose_state()
            with deleting_twice():
                cloud.down()
            lifecycle.unknown = [*SWEEPS["other resources with our tags"](cloud.aws, cloud.label(""), Plan(()))]
        wait_until_quiet(cloud)
        lifecycle.left = sorted(account() - before)
        lifecycle.left_found = [one for row in of(stack) for one in row.kind.find(cloud.aws, cloud.label(row.part))]
    return lifecycle


def _planned(lifecycle: Lifecycle, cloud: Any, rows: Collection[Row], make: Any) -> None:
    """Plan other values, and other apps; deny reads and changes; look for everything in a snapshot of the account."""
    made = steps(cloud.plan(make({row.part: row.made for row in rows if row.made})))
    for row in rows:
        lifecycle.planned |= {(row.part, name): made[row.part] for name in row.made}
        for name, value in row.observed.items():
            lifecycle.planned[row.part, name] = steps(cloud.plan(make({row.part: {name: value}})))[row.part]
    ids = network.ids_of(cloud, make({}))
    whole = Stack()
    make({})(whole)
    for row in rows:
        lifecycle.without_consequence += _reads_without_consequence(
            cloud, row, resolve(whole.nodes[row.part].desired, ids)
        )
        lifecycle.ignored += [] if row.kind.wait else _ignored_refusals(cloud, row, make, ids)
    with answers_can_be_unfinished():
        for row in rows:
            if row.kind.wait:  # it is not created
                desired, me = resolve(whole.nodes[row.part].desired, ids), cloud.label(row.part)
                lifecycle.unfinished[row.part] = observed_unfinished(functools.partial(desired.observe, cloud.aws, me))
    for row in rows:
        planned = {name: value for name, value in row.observed.items() if traits(row.kind).get(name) is not FIXED}
        for name in planned:
            if lifecycle.planned[row.part, name].verb is Verb.UPDATE and _is_idle(
                cloud, row.part, name, planned, make, ids
            ):
                lifecycle.unsent.append(f"{row.part}.{name}")
    shown = json.dumps(snapshot(regions=(REGION,)))
    for row in rows:
        values = {str(value) for value in vars(ids[row.part]).values()} - {"shop"}
        lifecycle.unshown += [row.part] if values and not any(value in shown for value in values) else []
        if row.kind.tagging_type:
            known = {str(value) for value in vars(ids[row.part]).values()}
            listed = cloud.aws.tagged(APP, "shop", hints([row.kind]))
            hinted = any(is_of(arn, row.kind.tagging_type) and known & {arn, arn.rpartition("/")[2]} for arn in listed)
            lifecycle.unlisted += [] if hinted else [row.part]
        if not row.kind.wait:
            lifecycle.for_others[row.part] = list(
                _to_others(cloud, row.part, resolve(whole.nodes[row.part].desired, ids))
            )


def _reads_without_consequence(cloud: Any, row: Row, desired: AnyResource) -> Iterator[str]:
    me = cloud.label(row.part)
    for one in reads_without_consequence(lambda: desired.observe(cloud.aws, me)):
        yield f"{row.part}, observe: {one}"
    for one in reads_without_consequence(lambda: [*row.kind.find(cloud.aws, me)]):
        yield f"{row.part}, find: {one}"


def _ignored_refusals(cloud: Any, row: Row, make: Any, ids: Any) -> Iterator[str]:
    """Yields the changes of this kind that raise nothing though AWS denies them."""
    changed = Stack()
    make({row.part: row.made})(changed)
    desired, me, its = resolve(changed.nodes[row.part].desired, ids), cloud.label(row.part), ids[row.part]
    if ignores_a_denied_change(lambda: row.kind.delete(cloud.aws, its)):
        yield f"{row.part}, delete"
    if ignores_a_denied_change(lambda: desired.create(cloud.aws, me)):
        yield f"{row.part}, create"
    for name in [*(one.name for one in fields(row.kind)), "tags"]:
        if ignores_a_denied_change(lambda name=name: desired.update(cloud.aws, me, its, frozenset({name}))):
            yield f"{row.part}, update of {name}"


def _is_idle(cloud: Any, part: str, name: str, values: Mapping[str, Any], make: Any, ids: Any) -> bool:
    """Whether `update` would send nothing for this field. All other values are set too: some need each other."""
    changed = Stack()
    make({part: values})(changed)
    desired = resolve(changed.nodes[part].desired, ids)
    aws = cloud.aws
    aws.read_only = True
    try:
        desired.update(aws, cloud.label(part), ids[part], frozenset({name}))
    except ReadOnly:
        return False
    return True


def _to_others(cloud: Any, part: str, desired: AnyResource) -> Iterator[Verb]:
    theirs = cloud.label(part, app="other")
    with authorization.administrator():  # the other app's operator
        yield decide(part, desired, desired.observe(cloud.aws, theirs), theirs).verb
    ours = cloud.label(part)
    observed = desired.observe(cloud.aws, ours)
    yield decide(part, desired, observed and replace(observed, tags={}, residue=""), ours).verb


def _changed(lifecycle: Lifecycle, cloud: Any, stack: str, make: Any, kept: Mapping[Path, bytes]) -> None:
    """Add what is not ours; apply all other values, by another owner; go back, with the state file from before."""
    ids = network.ids_of(cloud, make({}))
    with authorization.administrator():
        for row in of(stack):
            if row.beside:
                row.beside(cloud, ids)
    changes = {row.part: row.made for row in of(stack) if row.made}
    before, cloud.owner = cloud.owner, "ben"
    cloud.up(make(changes))
    wait_until_quiet(cloud)
    lifecycle.after_change = cloud.plan(make(changes)).work
    cloud.owner = before
    put_back(cloud.folder, kept)
    lifecycle.drifted = steps(cloud.plan(make({})))
    cloud.up(make({}))
    wait_until_quiet(cloud)
    lifecycle.after_fixing = cloud.plan(make({})).work


def _by_hand(lifecycle: Lifecycle, cloud: Any, stack: str, make: Any) -> None:
    """Change each field by hand; then correct it."""
    ids = network.ids_of(cloud, make({}))
    with authorization.administrator():
        for row in of(stack):
            for change in row.by_hand.values():
                change(cloud, ids)
                cloud.clock.sleep(60)
    lifecycle.by_hand = steps(cloud.plan(make({})))
    cloud.up(make({}))
    wait_until_quiet(cloud)
    lifecycle.after_repair = cloud.plan(make({})).work
    lifecycle.removed = [row.part for row in of(stack) if row.kept and not row.kept(cloud, ids)]


def _found(lifecycle: Lifecycle, cloud: Any, stack: str) -> None:
    for row in of(stack):
        all_of_it = list(row.kind.find(cloud.aws, cloud.label(row.part)))
        lifecycle.found[row.part] = [one for one in all_of_it if one.tags.get(RESOURCE) == row.part]
        with authorization.administrator():
            lifecycle.found_by_others += row.kind.find(cloud.aws, cloud.label(row.part, app="shop-2"))


def account() -> set[tuple[str, str, str]]:
    """Returns the region, kind and id of every resource. Without contents: tasks write to a log group of others."""
    found = _without_aws_own(snapshot(regions=(REGION,)))
    return {
        (where, kind, str(one["id"]))
        for where, kinds in found.items()
        for kind, those in kinds.items()
        for one in those
    }


def wait_until_quiet(cloud: Any) -> None:
    """Wait an hour: AWS shows everything, and the runs of the pipeline have ended."""
    cloud.clock.sleep(3600)


def put_back(folder: Path, kept: Mapping[Path, bytes]) -> None:
    for path in folder.iterdir():
        path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)
