"""What holds for every kind of the network and the edge."""

import pytest

from ecsctl.engine.errors import Refused, Several
from ecsctl.engine.plan import Verb
from ecsctl.sandbox.snapshot.taking import differences
from tests.cases_network import ALL, CASES, change_record, ids_of, snapshot, stack_of

CHANGED = [case for case in CASES if case.changed]
DRIFTS = [case for case in CASES if case.drifts]
STRANGERS = [case for case in CASES if case.stranger]


def changed(cloud, case):
    return stack_of(cloud, case.part, **{case.part.replace("-", "_"): case.changed})


def test_a_second_up_changes_nothing_with_or_without_a_record(cloud):
    compose = stack_of(cloud, *ALL)
    cloud.up(compose)
    before, ids = snapshot(), ids_of(cloud, compose)
    for lose in (lambda: None, cloud.lose_state):
        lose()
        assert cloud.up(compose).work == ()
        assert cloud.changes == 0
    assert ids_of(cloud, compose) == ids
    assert differences(before, snapshot()) == []


@pytest.mark.parametrize("case", CHANGED, ids=str)
def test_another_wish_is_planned_by_name_and_made(cloud, case):
    cloud.up(stack_of(cloud, case.part))
    after = changed(cloud, case)
    asked = {step.name: step for step in cloud.plan(after).work}[case.part]
    assert asked.changed == case.changed.keys()
    cloud.up(after)
    assert cloud.plan(after).work == ()


@pytest.mark.parametrize("case", DRIFTS, ids=str)
def test_drift_is_named_and_mended(cloud, case):
    compose = stack_of(cloud, case.part)
    cloud.up(compose)
    ids = ids_of(cloud, compose)
    for spoil in case.drifts.values():
        spoil(cloud, ids)
    cloud.clock.sleep(60)
    drifted = {step.name: step for step in cloud.plan(compose).work}[case.part]
    assert drifted.changed >= case.drifts.keys()
    cloud.up(compose)
    assert cloud.plan(compose).work == ()
    assert ids_of(cloud, compose) == ids


@pytest.mark.parametrize("case", STRANGERS, ids=str)
def test_what_somebody_else_has_put_there_is_refused_and_left_alone(cloud, case):
    parts, put = case.stranger
    parents = stack_of(cloud, *parts)
    if parts:
        cloud.up(parents)
    put(cloud, ids_of(cloud, parents))
    cloud.clock.sleep(600)
    with pytest.raises((Refused, Several), match="not ours"):
        cloud.up(stack_of(cloud, case.part))
    assert cloud.changes == 0


def test_all_is_marked_at_birth_and_down_finds_it_without_a_record_beside_look_alikes(cloud):
    cloud.boto("iam").create_service_linked_role(AWSServiceName="elasticloadbalancing.amazonaws.com")  # the account's
    ec2 = cloud.boto("ec2")
    ec2.allocate_address(Domain="vpc")
    ec2.create_internet_gateway()
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    cloud.clock.sleep(60)
    ec2.create_security_group(GroupName="shop-balancer", Description="x", VpcId=other)
    ec2.create_route_table(VpcId=other)
    ec2.create_tags(Resources=[other], Tags=[{"Key": "ecsctl:app", "Value": "shop-2"}])
    cloud.boto("acm").request_certificate(DomainName="other.ecsctl.example", ValidationMethod="DNS")
    change_record(cloud, "CREATE", "api.shop.ecsctl.example", "A", "192.0.2.7")
    cloud.clock.sleep(600)
    before = snapshot()
    plan = cloud.up(stack_of(cloud, *ALL))
    assert {step.verb for step in plan.steps} == {Verb.CREATE}
    grown = [line for line in differences(before, snapshot()) if "hosted zones" not in line]
    assert [line for line in grown if line.startswith("-")] == []
    cloud.lose_state()
    assert {step.name for step in cloud.down().steps} == set(ALL) - {"issued"}
    assert differences(before, snapshot()) == []
