"""What holds for every kind of roles, logs, bucket and delivery."""

import pytest

from ecsctl.engine.errors import Refused, Several
from ecsctl.engine.plan import Verb
from ecsctl.sandbox.snapshot.taking import differences, snapshot
from tests.cases_cicd import ALL, CANARY, CASES, stack_of
from tests.cases_network import ids_of

DRIFTS = [case for case in CASES if case.drifts]
STRANGERS = [case for case in CASES if case.stranger]


def settled(cloud):
    """Until what the pipeline has begun is over."""
    cloud.clock.sleep(3600)


def test_lost_state_is_no_loss(cloud):
    compose = stack_of(*ALL)
    cloud.up(compose)
    settled(cloud)
    before, ids = snapshot(), ids_of(cloud, compose)
    cloud.lose_state()
    assert cloud.up(compose).work == ()
    assert ids_of(cloud, compose) == ids
    assert differences(before, snapshot()) == []


def test_every_part_is_marked_from_its_birth_and_down_finds_it_without_a_record(cloud):
    before = snapshot()
    plan = cloud.up(stack_of(*ALL))
    assert {step.verb for step in plan.steps} == {Verb.CREATE}
    cloud.lose_state()
    assert {step.name for step in cloud.down().steps} == set(ALL)
    assert differences(before, snapshot()) == []


@pytest.mark.parametrize("case", DRIFTS, ids=str)
def test_drift_is_named_and_mended(cloud, case):
    compose = stack_of(case.part)
    cloud.up(compose)
    settled(cloud)
    clean, ids = snapshot(), ids_of(cloud, compose)
    for spoil in case.drifts.values():
        spoil(cloud, ids)
    drifted = {step.name: step for step in cloud.plan(compose).work}[case.part]
    assert drifted.changed >= case.drifts.keys()
    cloud.up(compose)
    assert cloud.plan(compose).work == ()
    assert ids_of(cloud, compose) == ids
    assert [line for line in differences(clean, snapshot()) if line.startswith("-") and '"version"' not in line] == []


@pytest.mark.parametrize("case", STRANGERS, ids=str)
def test_what_somebody_else_has_put_there_is_refused_and_left_alone(cloud, case):
    parts, put = case.stranger
    if parts:
        cloud.up(stack_of(*parts))
    put(cloud, ids_of(cloud, stack_of(*parts)))
    before = snapshot()
    with pytest.raises((Refused, Several), match="not ours"):
        cloud.up(stack_of(case.part))
    assert differences(before, snapshot()) == []


def test_no_secret_reaches_the_record_the_plan_or_a_tag(cloud):
    plan = cloud.up(stack_of(*ALL))
    assert CANARY not in repr(plan)
    assert CANARY not in "".join(path.read_text() for path in cloud.folder.iterdir())
    assert CANARY not in str(snapshot())
