import pytest

from ecsctl.engine.plan import Verb
from ecsctl.errors import EcsctlError, Several
from ecsctl.sandbox.aws.ec2.state import fail_next_nat
from tests.rows.network import ids_of, stack_of


def states(cloud):
    return sorted(nat["State"] for nat in cloud.boto("ec2").describe_nat_gateways()["NatGateways"])


def compose(cloud):
    return stack_of(cloud, "private-routes")


def test_a_failed_nat_gateway_is_replaced_in_the_same_run(cloud):
    fail_next_nat()
    cloud.up(compose(cloud))
    assert states(cloud) == ["available", "failed"]
    assert cloud.up(compose(cloud)).work == ()


def test_a_second_failure_is_reported_in_awss_words_and_the_next_run_tries_again(cloud):
    for _ in range(2):
        fail_next_nat("InsufficientFreeAddressesInSubnet", "Subnet has insufficient free addresses")
    with pytest.raises(Several) as failure:
        cloud.up(compose(cloud))
    reasons = [error.why for error in failure.value.errors]
    assert reasons == ["InsufficientFreeAddressesInSubnet: Subnet has insufficient free addresses"]
    cloud.up(compose(cloud))
    assert states(cloud) == ["available", "failed", "failed"]
    assert cloud.up(compose(cloud)).work == ()


def test_down_goes_on_beside_those_that_failed(cloud):
    fail_next_nat()
    fail_next_nat()
    with pytest.raises(EcsctlError):
        cloud.up(compose(cloud))
    cloud.lose_state()
    cloud.down()
    ec2 = cloud.boto("ec2")
    assert ec2.describe_addresses()["Addresses"] == []
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]


def test_a_nat_gateway_that_somebody_deletes_is_waited_for_and_created_again(cloud):
    cloud.up(compose(cloud))
    cloud.boto("ec2").delete_nat_gateway(NatGatewayId=ids_of(cloud, compose(cloud))["nat"].nat_gateway_id)
    step = {step.name: step for step in cloud.plan(compose(cloud)).steps}["nat"]
    assert (step.verb, step.reason) == (Verb.REPLACE, "it is being deleted")
    cloud.up(compose(cloud))
    assert states(cloud) == ["available", "deleted"]
    assert cloud.up(compose(cloud)).work == ()


def test_the_private_route_is_corrected_when_its_gateway_is_another(cloud):
    cloud.up(compose(cloud))
    before = ids_of(cloud, compose(cloud))
    cloud.boto("ec2").delete_nat_gateway(NatGatewayId=before["nat"].nat_gateway_id)
    cloud.clock.sleep(300)
    table = before["private-routes"].route_table_id
    routes = cloud.boto("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert "blackhole" in [route["State"] for route in routes]
    assert {step.name: step.verb for step in cloud.plan(compose(cloud)).work} == {
        "nat": Verb.CREATE,
        "private-routes": Verb.UPDATE,
    }
    cloud.up(compose(cloud))
    after = ids_of(cloud, compose(cloud))
    assert after["private-routes"] == before["private-routes"]
    assert after["nat"] != before["nat"]
    assert cloud.plan(compose(cloud)).work == ()


def test_a_second_life_is_not_taken_for_the_first(cloud):
    cloud.up(compose(cloud))
    cloud.down()
    cloud.up(compose(cloud))
    assert states(cloud) == ["available", "deleted"]
