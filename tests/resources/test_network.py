"""What holds for the network and the edge beyond the contract."""

import pytest

from ecsctl.account import in_use
from ecsctl.engine.plan import Verb
from ecsctl.errors import Refused
from ecsctl.sandbox.aws import ec2
from ecsctl.sandbox.snapshot.taking import differences
from tests.rows.network import ALL, change_record, ids_of, snapshot, stack_of

ANEW = {
    "public-a": {"cidr": "10.9.7.0/24"},
    "nat": {"subnet": lambda parts: parts["public-b"].subnet_id},
    "certificate": {"subject_alternative_names": frozenset({"www.ecsctl.example"})},
}


@pytest.mark.parametrize("part", ANEW)
def test_what_aws_cannot_change_in_place_is_made_anew(cloud, part):
    cloud.up(stack_of(cloud, part))
    after = stack_of(cloud, part, **{part.replace("-", "_"): ANEW[part]})
    assert {step.name: step.verb for step in cloud.plan(after).work}[part] is Verb.REPLACE
    cloud.up(after)
    assert cloud.plan(after).work == ()


def test_a_gateway_that_was_detached_is_attached_again(cloud):
    compose = stack_of(cloud, "gateway")
    cloud.up(compose)
    ids = ids_of(cloud, compose)
    gateway = ids["gateway"].internet_gateway_id
    cloud.boto("ec2").detach_internet_gateway(InternetGatewayId=gateway, VpcId=ids["vpc"].vpc_id)
    cloud.clock.sleep(60)
    assert {step.name: step.changed for step in cloud.plan(compose).work}["gateway"] == {"vpc"}
    cloud.up(compose)
    assert cloud.plan(compose).work == ()
    assert ids_of(cloud, compose) == ids


def test_the_gateway_of_somebody_else_is_refused_and_left_alone(cloud):
    cloud.up(stack_of(cloud, "vpc"))
    ec2, vpc = cloud.boto("ec2"), ids_of(cloud, stack_of(cloud, "vpc"))["vpc"].vpc_id
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    cloud.clock.sleep(60)
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    cloud.clock.sleep(600)
    with pytest.raises(Refused, match="not ours"):
        cloud.up(stack_of(cloud, "gateway"))
    assert cloud.changes == 0


def test_all_is_tagged_at_birth_and_down_finds_it_without_a_record_beside_look_alikes(cloud):
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
    compose = stack_of(cloud, *ALL)
    before = snapshot()
    plan = cloud.up(compose)
    assert {step.verb for step in plan.steps} == {Verb.CREATE}
    grown = [line for line in differences(before, snapshot()) if "hosted zones" not in line]
    assert [line for line in grown if line.startswith("-")] == []
    cloud.lose_state()
    assert {step.name for step in cloud.down().steps} == set(ALL) - {"issued", "proof"}
    assert differences(before, snapshot()) == []


def test_a_local_zone_that_the_account_has_opted_into_is_none_for_the_app(cloud):
    usual = in_use.zones(cloud.aws, cloud.label(), "X86_64", fresh=True)
    ec2.zone("euc1-ams1-az1", "available")  # it sorts before the others
    listed = cloud.boto("ec2").describe_availability_zones()["AvailabilityZones"]
    assert "euc1-ams1-az1" in {one["ZoneId"] for one in listed}
    assert in_use.zones(cloud.aws, cloud.label(), "X86_64", fresh=True) == usual


def test_a_zone_where_aws_makes_less_is_taken_last(cloud, monkeypatch):
    usual = in_use.zones(cloud.aws, cloud.label(), "X86_64", fresh=True)
    monkeypatch.setattr(in_use, "CONSTRAINED", {usual[0]})
    assert in_use.zones(cloud.aws, cloud.label(), "X86_64", fresh=True)[0] == usual[1]
    monkeypatch.setattr(in_use, "CONSTRAINED", {usual[0], "euc1-az3"})
    assert in_use.zones(cloud.aws, cloud.label(), "X86_64", fresh=True) == (usual[1], usual[0]), "and so still taken"
