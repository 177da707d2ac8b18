"""What holds for every kind of resource: three stacks go through their whole lifecycle once, and each test checks it.

The lifecycle: created, changed in each field, changed by hand in each field, corrected, and removed without a state
file. A field that `observe` does not read, or makes up, fails one of these tests.
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
from tests.resources.lifecycle import Lifecycle, account, of, run_lifecycle, wait_until_quiet
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
BORROWED = re.compile(r"\bother\b")  # names of resources that rows name only as another value
LAG = 10.0  # seconds


@pytest.fixture(scope="module")
def lifecycles(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Lifecycle]:
    @functools.cache
    def run(stack: str) -> Lifecycle | Exception:
        try:
            return shared(
                tmp_path_factory, f"lifecycle of {stack}", lambda: run_lifecycle(stack, tmp_path_factory.mktemp(stack))
            )
        except Exception as error:  # noqa: BLE001 - it runs once, and each test reports the error
            return error

    def lifecycle_of(stack: str) -> Lifecycle:
        lifecycle = run(stack)
        if isinstance(lifecycle, Exception):
            raise lifecycle
        return lifecycle

    return lifecycle_of


def comparable(kind: type[AnyResource]) -> list[str]:
    return [one.name for one in fields(kind) if one.compare and traits(kind).get(one.name) is not ORDER]


def unanswered(rows: Collection[Row]) -> list[str]:
    """Returns the kinds without a row, and the fields that no row mentions."""
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


def test_a_kind_without_a_row_and_a_field_without_a_value_are_noticed() -> None:
    assert unanswered([row for row in ROWS if row.kind is not ElasticIp]) == ["ElasticIp"]
    silent = [replace(row, made={}) if row.kind is LogGroup else row for row in ROWS]
    assert unanswered(silent) == ["LogGroup.retention_in_days", "LogGroup.kms_key"]


def test_every_module_of_resources_is_a_kind() -> None:
    modules = {path.stem for path in Path(resources.__path__[0]).glob("*.py")}
    assert modules - {"__init__"} == KINDS.keys()


def test_no_field_that_is_compared_has_a_default() -> None:
    """With a default, mypy would not notice that `observe` does not read the field. Usual values are in `ensure/`."""
    defaulted = [
        f"{kind.__name__}.{one.name}"
        for kind in kinds()
        for one in fields(kind)
        if one.name in comparable(kind) and not (one.default is one.default_factory is MISSING and one.kw_only)
    ]
    assert defaulted == []


def test_what_a_removal_changes_first_are_fields_of_the_kind() -> None:
    """Otherwise what a dead `down` left would be called drift."""
    strange = {kind.kind: {*kind.changed_by_delete} - {one.name for one in fields(kind)} for kind in kinds()}
    assert {name: names for name, names in strange.items() if names} == {}


FREE = frozenset(
    "Vpc Subnet InternetGateway RouteTable SecurityGroup Certificate DnsRecord TargetGroup Listener ListenerRule "
    "ShiftingRule Role SourceCredentials MountTargets AccessPoint Webhook Cluster TaskDefinition Scaling ScheduleGroup "
    "PipelineWebhook Topic Rule BuildRule".split()
)
"""What AWS charges nothing for, or what is billed as another resource: an access point as its file system, requests
that a listener serves as its load balancer, the few messages of notifications not at all (each service's pricing).
"""


def without_a_price(those: Collection[type[AnyResource]]) -> set[str]:
    """The names of the kinds that have no price."""
    ours = [kind for kind in those if not (kind.wait or kind.borrowed)]
    return {kind.__name__ for kind in ours if not (kind.hourly or kind.per_gigabyte or kind.by_use)}


def test_every_kind_has_a_price_or_is_known_to_be_free() -> None:
    """Otherwise `up` and `down` would show too low a cost."""
    assert without_a_price(kinds()) == FREE


def test_what_is_billed_by_its_size_reports_its_contents() -> None:
    """Otherwise `down` would delete the contents without warning."""
    silent = [one for one in kinds() if one.per_gigabyte and one.contents.__func__ is Resource.contents.__func__]  # type: ignore[attr-defined]
    assert silent == []


def test_every_kind_names_the_beginning_of_its_arns() -> None:
    """Otherwise `down` would report it as a resource that ecsctl never creates."""
    silent = [kind.kind for kind in kinds() if kind.tagged and not (kind.wait or kind.borrowed or kind.arns)]
    assert silent == []


def test_protect_takes_exactly_the_kinds_that_can_be_protected() -> None:
    known = Config.model_json_schema()["properties"]["protect"]["items"]["enum"]
    assert {kind.protect for kind in kinds() if kind.protect} == {*known}


READY_WHILE_PENDING = {
    Certificate: "it is ready when ACM names the record that validates it; IssuedCertificate waits for the rest",
    ValidationRecord: "the same",
}

FIELDS = [pytest.param(row, name, id=f"{row}-{name}") for row in ROWS for name in (*row.made, *row.observed)]
MADE = [pytest.param(row, name, id=f"{row}-{name}") for row in ROWS for name in row.made]


@pytest.mark.parametrize(("row", "name"), FIELDS)
def test_another_value_of_a_field_is_observed(lifecycles: Any, row: Row, name: str) -> None:
    step = lifecycles(row.stack).planned[row.part, name]
    if step.verb in (Verb.CREATE, Verb.REFUSE):  # nothing, or someone else's resource, has that value
        assert traits(row.kind).get(name) is FIXED, "another value of this field means another resource"
    else:
        assert name in step.changed


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_planned_as_an_update_is_sent(lifecycles: Any, stack: str) -> None:
    """A field that AWS cannot change in place must be Fixed: otherwise `update` is called for it, and does nothing."""
    assert lifecycles(stack).unsent == []


@pytest.mark.parametrize(("row", "name"), MADE)
def test_what_somebody_has_changed_is_reported_as_drift(lifecycles: Any, row: Row, name: str) -> None:
    step = lifecycles(row.stack).drifted[row.part]
    changes = {one.field: one for one in step.changes}
    if step.fields[name] is None or name in row.leaves:
        assert name not in changes
    else:
        assert changes[name].why is Why.DRIFT


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_aws_is_still_creating_is_not_ready(lifecycles: Any, row: Row) -> None:
    """Otherwise its dependents would be created too early, and `up` would end before the app runs."""
    observed, statuses = lifecycles(row.stack).unfinished[row.part]
    if statuses and row.kind not in READY_WHILE_PENDING:
        assert observed is None or not observed.ready, f"AWS's answers say that it is being created: {statuses}"


@pytest.mark.parametrize("stack", STACKS)
def test_something_in_each_stack_takes_time_to_create(lifecycles: Any, stack: str) -> None:
    """Otherwise the test above would have nothing to compare."""
    assert any(statuses for _, statuses in lifecycles(stack).unfinished.values())


@pytest.mark.parametrize("stack", STACKS)
def test_what_may_not_be_read_is_not_taken_for_absent(lifecycles: Any, stack: str) -> None:
    """Otherwise it would be created again, or left behind by `down`."""
    assert lifecycles(stack).without_consequence == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_change_that_aws_denies_is_not_taken_for_made(lifecycles: Any, stack: str) -> None:
    assert lifecycles(stack).ignored == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_create_sends_the_idempotency_token_that_aws_takes(lifecycles: Any, stack: str) -> None:
    """Otherwise a create whose answer was lost would be repeated as another one."""
    assert lifecycles(stack).without_token == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_second_plan_is_empty(lifecycles: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lifecycles(stack).second] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_state_file_is_not_needed(lifecycles: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lifecycles(stack).without_state_file] == []


@pytest.mark.parametrize("stack", STACKS)
def test_changed_values_are_applied(lifecycles: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lifecycles(stack).after_change] == []


@pytest.mark.parametrize("stack", STACKS)
def test_drift_is_corrected(lifecycles: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lifecycles(stack).after_fixing] == []


@pytest.mark.parametrize("stack", STACKS)
def test_what_others_do_by_hand_is_reported_as_drift(lifecycles: Any, stack: str) -> None:
    """Someone has replaced our values, or removed our tags."""
    by_hand = lifecycles(stack).by_hand
    unobserved = {row.part: row.by_hand.keys() - by_hand[row.part].changed for row in of(stack) if row.by_hand}
    assert {part: names for part, names in unobserved.items() if names} == {}


@pytest.mark.parametrize("stack", STACKS)
def test_what_others_did_by_hand_is_corrected(lifecycles: Any, stack: str) -> None:
    assert [(step.name, step.changed) for step in lifecycles(stack).after_repair] == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_correction_leaves_what_others_have_put_beside_ours(lifecycles: Any, stack: str) -> None:
    assert lifecycles(stack).removed == []


@pytest.mark.parametrize("row", [row for row in ROWS if not row.kind.wait], ids=str)
def test_what_another_app_has_is_refused_and_what_nobody_has_tagged(lifecycles: Any, row: Row) -> None:
    """Where AWS allows two of them, another app's is simply a different resource."""
    theirs, untagged = lifecycles(row.stack).for_others[row.part]
    assert theirs in ((Verb.CREATE, Verb.KEEP) if row.apart else (Verb.REFUSE,))
    assert untagged is Verb.REFUSE


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_operators_policy_covers_every_call_of_it(lifecycles: Any, row: Row) -> None:
    """`ecsctl policy` prints the rights that each kind declares."""
    allowed = statements([policy(row.kind.rights(SCOPE, USES))])
    asked = [
        one
        for one in lifecycles(row.stack).rights_needed.get(row.kind.kind, [])
        if one.action not in row.withheld and not BORROWED.search(one.resource)
    ]
    assert asked
    assert [one for one in asked if decision(allowed, one) != "Allow"] == []


OURS = [kind for kind in kinds() if not (kind.wait or kind.borrowed)]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.kind)
def test_the_rights_of_a_kind_name_every_call_in_its_file(kind: type[AnyResource]) -> None:
    """Including calls that the lifecycle does not make: a topic's subscription is removed only if it was confirmed."""
    file = f"resources/{kind.__module__.rpartition('.')[2]}.py"
    withheld = {action for row in ROWS if row.kind is kind for action in row.withheld}
    named = {action for one in kind.rights(SCOPE, USES) for action in one.actions} | withheld
    called = {use.action for use in uses() if use.place.partition(":")[0] == file}
    assert called - named == set()


@pytest.mark.parametrize("stack", STACKS)
def test_a_snapshot_of_the_account_shows_it(lifecycles: Any, stack: str) -> None:
    """Otherwise nobody would notice what `down` leaves behind."""
    assert lifecycles(stack).unshown == [], "ecsctl/sandbox/snapshot/table.py lists no resources of the kind"


@pytest.mark.parametrize("stack", STACKS)
def test_a_kind_with_a_tagging_type_is_listed_by_the_tagging_api(lifecycles: Any, stack: str) -> None:
    """Otherwise `plan` and `up` would miss resources that are not in the state file."""
    assert lifecycles(stack).unlisted == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stack", STACKS)
def test_aws_may_show_changes_late(stack: str, tmp_path: Path) -> None:
    """For seconds after a create or an update, AWS answers as it did before."""
    with inprocess() as clock:
        cloud = Cloud(clock, tmp_path)
        make = STACKS[stack](cloud)
        wait_until_quiet(cloud)
        before = account()
        changes = {row.part: row.made for row in of(stack) if row.made}
        with answers_lag(clock, LAG) as old:
            for changed in ({}, changes):
                cloud.up(make(changed))
                wait_until_quiet(cloud)
                assert [(step.name, step.changed) for step in cloud.plan(make(changed)).work] == []
            cloud.down()
        wait_until_quiet(cloud)
        assert len(old) > 20
        assert sorted(account() - before) == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_ids_that_a_create_returns_are_those_that_are_observed(lifecycles: Any, stack: str) -> None:
    """Dependents are created with them before anything is read again."""
    assert lifecycles(stack).other_ids == {}


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.kind)
def test_the_page_in_the_console_needs_only_ids_that_the_kind_has(kind: type[AnyResource]) -> None:
    named = {name for _, name, _, _ in Formatter().parse(kind.console) if name}
    assert named <= {one.name for one in fields(identity(kind))} | {"console", "region", "account"}


@pytest.mark.parametrize("row", [row for row in ROWS if not row.kind.wait], ids=str)
def test_it_is_tagged_by_its_create_call(lifecycles: Any, row: Row) -> None:
    tags = lifecycles(row.stack).created[row.part]
    if tags is not None:  # None: it cannot carry tags
        assert (tags["ecsctl:app"], tags[RESOURCE]) == ("shop", row.part)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.kind.wait], ids=str)
def test_it_is_found_by_its_tags_alone_and_by_nobody_else(lifecycles: Any, row: Row) -> None:
    lifecycle = lifecycles(row.stack)
    assert len(lifecycle.found[row.part]) == 1
    assert lifecycle.found_by_others == []


@pytest.mark.parametrize("stack", STACKS)
def test_down_leaves_nothing_though_every_delete_is_repeated(lifecycles: Any, stack: str) -> None:
    lifecycle = lifecycles(stack)
    assert lifecycle.left == []
    assert lifecycle.left_found == []


@pytest.mark.parametrize("stack", STACKS)
def test_deleted_resources_that_the_tagging_api_still_lists_belong_to_a_kind(lifecycles: Any, stack: str) -> None:
    assert lifecycles(stack).unknown == []
