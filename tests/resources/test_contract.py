"""What holds for every kind: the life of three stacks is played once each, and every field of every kind is asked of.

A life: made, changed in each field, spoiled in each field by somebody else, corrected, taken down without a state
file. What `observe` forgets to read, or makes up, does not survive it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection
from dataclasses import MISSING, fields, replace
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from ecsctl import resources
from ecsctl.config import Config
from ecsctl.engine.label import RESOURCE
from ecsctl.engine.plan import Verb, Why
from ecsctl.engine.resource import FIXED, ORDER, AnyResource, Resource, identity, traits
from ecsctl.resources import KINDS, kinds
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.elastic_ip import ElasticIp
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.support.policy_document import policy
from ecsctl.resources.support.rights import Scope, Uses
from ecsctl.resources.validation_record import ValidationRecord
from ecsctl.sandbox.core.permissions import decision, statements
from ecsctl.sandbox.server.inprocess import inprocess
from tests.requests.in_use import uses
from tests.resources.conftest import REGION, Cloud
from tests.resources.lives import Life, account, live, of, rest
from tests.rows import EXEMPT, ROWS, STACKS, delivery, network
from tests.rows.row import Row
from tests.rows.watching import answers_lag
from tests.shared import shared

USES = Uses(
    zone="*",
    domain=network.DOMAIN,
    certificate=True,
    redirects=True,
    listener_attributes=True,
    spot=True,
    flow_logs=True,
    closes=True,
    signs=True,
    schedules=True,
    metrics=True,
    alarms=True,
    volumes=True,
    jobs=True,
    shifts=True,
    secret=delivery.SECRET,
    topic=delivery.SCOPE.topic,
    access_logs=True,
    web_acl="*",
    webhook=(delivery.SECRET,),
    scales=True,
    queues=("*",),
    reports=True,
    key=delivery.KEY,
)
SCOPE = Scope(delivery.NAMES, delivery.ACCOUNT_ID, REGION)
BORROWED = re.compile(r"\bother\b")  # what rows change to only to show a change
LAG = 10.0  # seconds


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Life]:
    @functools.cache
    def played(stack: str) -> Life | Exception:
        try:
            return shared(tmp_path_factory, f"life of {stack}", lambda: live(stack, tmp_path_factory.mktemp(stack)))
        except Exception as error:  # noqa: BLE001 - played once, whatever came of it
            return error

    def life_of(stack: str) -> Life:
        life = played(stack)
        if isinstance(life, Exception):
            raise life
        return life

    return life_of


def comparable(kind: type[AnyResource]) -> list[str]:
    return [one.name for one in fields(kind) if one.compare and traits(kind).get(one.name) is not ORDER]


def unanswered(rows: Collection[Row]) -> list[str]:
    """The kinds without a row, and their fields of which no row says anything."""
    missing = []
    for kind in kinds():
        its = [row for row in rows if row.kind is kind]
        answered = {name for row in its for name in (*row.made, *row.observed, *row.reasons)}
        if kind not in EXEMPT:
            missing += [kind.__name__] if not its else []
            missing += [f"{kind.__name__}.{name}" for name in comparable(kind) if name not in answered]
    return missing


def test_every_kind_has_a_row_and_every_field_another_value_or_a_reason() -> None:
    assert unanswered(ROWS) == []
    assert not {row.kind for row in ROWS} & EXEMPT.keys()


def test_a_kind_without_a_row_and_a_field_without_a_word_are_noticed() -> None:
    assert unanswered([row for row in ROWS if row.kind is not ElasticIp]) == ["ElasticIp"]
    silent = [replace(row, made={}) if row.kind is LogGroup else row for row in ROWS]
    assert unanswered(silent) == ["LogGroup.days", "LogGroup.key"]


def test_what_lies_beside_the_kinds_is_kinds() -> None:
    modules = {path.stem for path in Path(resources.__path__[0]).glob("*.py")}
    assert modules - {"__init__"} == KINDS.keys()


def test_no_field_that_is_compared_has_a_default() -> None:
    """A default would stand for what `observe` forgets to read; without one mypy finds the hole. See `ensure/`."""
    defaulted = [
        f"{kind.__name__}.{one.name}"
        for kind in kinds()
        for one in fields(kind)
        if one.name in comparable(kind) and not (one.default is one.default_factory is MISSING and one.kw_only)
    ]
    assert defaulted == []


FREE = frozenset(
    "Vpc Subnet InternetGateway RouteTable SecurityGroup Certificate DnsRecord TargetGroup Listener ListenerRule "
    "ShiftingRule Role SourceCredentials MountTargets AccessPoint Webhook Cluster TaskDefinition Scaling ScheduleGroup "
    "PipelineWebhook Topic Rule BuildRule".split()
)
"""What AWS charges nothing for, or what is billed as another resource: an access point as its file system, requests
that a listener serves as its load balancer, the few messages of notifications not at all (each service's pricing).
"""


def without_a_price(those: Collection[type[AnyResource]]) -> set[str]:
    """The kinds that say nothing of what they cost."""
    ours = [kind for kind in those if not (kind.wait or kind.borrowed)]
    return {kind.__name__ for kind in ours if not (kind.hourly or kind.per_gigabyte or kind.by_use)}


def test_every_kind_says_what_it_costs_or_is_known_to_be_free() -> None:
    """Or `up` and `down` would show too little."""
    assert without_a_price(kinds()) == FREE


def test_what_is_billed_by_its_size_says_what_is_in_it() -> None:
    """Or `down` would delete it without a word about that."""
    silent = [one for one in kinds() if one.per_gigabyte and one.contents.__func__ is Resource.contents.__func__]  # type: ignore[attr-defined]
    assert silent == []


def test_every_kind_says_how_its_arns_begin() -> None:
    """Or `down` would call it a thing that ecsctl never makes."""
    silent = [kind.kind for kind in kinds() if kind.tagged and not (kind.wait or kind.borrowed or kind.arns)]
    assert silent == []


def test_what_can_be_protected_is_what_the_configuration_knows() -> None:
    known = Config.model_json_schema()["properties"]["protect"]["items"]["enum"]
    assert {kind.protect for kind in kinds() if kind.protect} == {*known}


READY_WHILE_PENDING = {
    Certificate: "it is ready when ACM names the record that validates it; IssuedCertificate waits for the rest",
    ValidationRecord: "the same",
}

FIELDS = [pytest.param(row, name, id=f"{row}-{name}") for row in ROWS for name in (*row.made, *row.observed)]
MADE = [pytest.param(row, name, id=f"{row}-{name}") for row in ROWS for name in row.made]


@pytest.mark.parametrize(("row", "name"), FIELDS)
def test_another_value_of_a_field_is_observed(lives: Any, row: Row, name: str) -> None:
    step = lives(row.stack).asked[row.part, name]
    if step.verb in (Verb.CREATE, Verb.REFUSE):  # nothing, or someone else's, has that value
        assert traits(row.kind).get(name) is FIXED, "what has another value in this field is another thing"
    else:
        assert name in step.changed


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_planned_as_an_update_is_sent(lives: Any, stack: str) -> None:
    """A field that AWS cannot change in place is Fixed: otherwise `update` is called for it, and does nothing."""
    assert lives(stack).unsent == []


@pytest.mark.parametrize(("row", "name"), MADE)
def test_what_somebody_has_changed_is_reported_as_drift(lives: Any, row: Row, name: str) -> None:
    step = lives(row.stack).drifted[row.part]
    changes = {one.field: one for one in step.changes}
    if step.fields[name] is None or name in row.leaves:
        assert name not in changes
    else:
        assert changes[name].why is Why.DRIFT


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_aws_is_still_creating_is_not_ready(lives: Any, row: Row) -> None:
    """Or what depends on it would be created too early, and a run would end before the app runs."""
    observed, statuses = lives(row.stack).unfinished[row.part]
    if statuses and row.kind not in READY_WHILE_PENDING:
        assert observed is None or not observed.ready, f"AWS's answers say that it is being created: {statuses}"


@pytest.mark.parametrize("stack", STACKS)
def test_what_may_not_be_read_is_not_taken_for_absent(lives: Any, stack: str) -> None:
    """Or it would be created again, or left behind by `down`."""
    assert lives(stack).without_consequence == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_change_that_aws_denies_is_not_taken_for_made(lives: Any, stack: str) -> None:
    assert lives(stack).ignored == []


@pytest.mark.parametrize("stack", STACKS)
def test_what_was_made_is_right(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).second] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_state_file_is_not_needed(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).without_state_file] == []


@pytest.mark.parametrize("stack", STACKS)
def test_other_values_are_made_and_then_right(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).after_change] == []


@pytest.mark.parametrize("stack", STACKS)
def test_drift_is_corrected(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).after_fixing] == []


@pytest.mark.parametrize("stack", STACKS)
def test_what_others_do_by_hand_is_reported_as_drift(lives: Any, stack: str) -> None:
    """Someone's values are in place of ours, or our tags are gone."""
    spoiled = lives(stack).spoiled
    unobserved = {row.part: row.spoiled.keys() - spoiled[row.part].changed for row in of(stack) if row.spoiled}
    assert {part: names for part, names in unobserved.items() if names} == {}


@pytest.mark.parametrize("stack", STACKS)
def test_what_others_did_by_hand_is_corrected(lives: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lives(stack).after_repair] == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_correction_leaves_what_others_have_put_beside_ours(lives: Any, stack: str) -> None:
    assert lives(stack).lost == []


@pytest.mark.parametrize("row", [row for row in ROWS if not row.kind.wait], ids=str)
def test_what_another_app_has_is_refused_and_what_nobody_has_tagged(lives: Any, row: Row) -> None:
    """Where AWS takes two of them it is another one, and nobody's business."""
    theirs, untagged = lives(row.stack).to_others[row.part]
    assert theirs in ((Verb.CREATE, Verb.KEEP) if row.apart else (Verb.REFUSE,))
    assert untagged is Verb.REFUSE


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_operators_policy_covers_every_call_of_it(lives: Any, row: Row) -> None:
    """By what the kind itself says it needs: the printed policies are put together from that."""
    allowed = statements([policy(row.kind.rights(SCOPE, USES))])
    asked = [
        one
        for one in lives(row.stack).needed.get(row.kind.kind, [])
        if one.action not in row.withheld and not BORROWED.search(one.resource)
    ]
    assert asked
    assert [one for one in asked if decision(allowed, one) != "Allow"] == []


OURS = [kind for kind in kinds() if not (kind.wait or kind.borrowed)]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.kind)
def test_the_rights_of_a_kind_name_every_call_in_its_file(kind: type[AnyResource]) -> None:
    """Also those that no life of a stack makes: what is removed from a topic only once somebody has confirmed it."""
    file = f"resources/{kind.__module__.rpartition('.')[2]}.py"
    withheld = {action for row in ROWS if row.kind is kind for action in row.withheld}
    named = {action for one in kind.rights(SCOPE, USES) for action in one.actions} | withheld
    called = {use.action for use in uses() if use.place.partition(":")[0] == file}
    assert called - named == set()


@pytest.mark.parametrize("stack", STACKS)
def test_a_snapshot_of_the_account_shows_it(lives: Any, stack: str) -> None:
    """Or nobody would notice what `down` leaves behind."""
    assert lives(stack).unshown == [], "ecsctl/sandbox/snapshot/table.py lists no resources of the kind"


@pytest.mark.parametrize("stack", STACKS)
def test_what_a_plan_searches_for_only_on_a_hint_is_hinted_at(lives: Any, stack: str) -> None:
    """Or `plan` and `up` would miss what the state file does not know."""
    assert lives(stack).unlisted == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stack", STACKS)
def test_it_may_be_shown_late(stack: str, tmp_path: Path) -> None:
    """After a create and after an update AWS goes on answering as before, for seconds."""
    with inprocess() as clock:
        cloud = Cloud(clock, tmp_path)
        make = STACKS[stack](cloud)
        rest(cloud)
        before = account()
        changes = {row.part: row.made for row in of(stack) if row.made}
        with answers_lag(clock, LAG) as old:
            for changed in ({}, changes):
                cloud.up(make(changed))
                rest(cloud)
                assert [(step.name, step.changed) for step in cloud.plan(make(changed)).work] == []
            cloud.down()
        rest(cloud)
        assert len(old) > 20
        assert sorted(account() - before) == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_ids_that_a_create_returns_are_those_that_are_observed(lives: Any, stack: str) -> None:
    """Others are created with them, before anything is read again."""
    assert lives(stack).other_ids == {}


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.kind)
def test_the_page_in_the_console_needs_only_ids_that_the_kind_has(kind: type[AnyResource]) -> None:
    named = {name for _, name, _, _ in Formatter().parse(kind.console) if name}
    assert named <= {one.name for one in fields(identity(kind))} | {"console", "region", "account"}


@pytest.mark.parametrize("row", [row for row in ROWS if not row.kind.wait], ids=str)
def test_it_is_tagged_from_its_birth(lives: Any, row: Row) -> None:
    tags = lives(row.stack).created[row.part]
    if tags is not None:  # what cannot carry tags
        assert (tags["ecsctl:app"], tags[RESOURCE]) == ("shop", row.part)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.kind.wait], ids=str)
def test_it_is_found_by_its_tags_alone_and_by_nobody_else(lives: Any, row: Row) -> None:
    life = lives(row.stack)
    assert len(life.found[row.part]) == 1
    assert life.neighbours == []


@pytest.mark.parametrize("stack", STACKS)
def test_down_leaves_nothing_though_every_delete_is_asked_for_twice(lives: Any, stack: str) -> None:
    life = lives(stack)
    assert life.left == []
    assert life.left_found == []


@pytest.mark.parametrize("stack", STACKS)
def test_what_aws_lists_by_tags_after_its_end_is_known_as_a_kind_of_ours(lives: Any, stack: str) -> None:
    assert lives(stack).unknown == []
