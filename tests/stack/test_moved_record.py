"""A DNS record leads to where it led until the service behind the new place is healthy."""

from __future__ import annotations

import pytest

from ecsctl.engine.label import Label
from ecsctl.errors import EcsctlError
from ecsctl.resources.support.dns import tag_value
from ecsctl.sandbox.aws import ecs
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack

NAME = "hello.ecsctl.example"
OLD = f"old-1.{REGION}.elb.amazonaws.com."
ID = "11111111-1111-4111-8111-111111111111"


def leads_to(world: World) -> str:
    """Returns where the name leads; empty if nowhere."""
    route53 = world.boto("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    found = [one["AliasTarget"]["DNSName"] for one in records if one["Name"] == f"{NAME}." and one["Type"] == "A"]
    return str(found[0]) if found else ""


def handed_over(world: World) -> None:
    """The name serves from an old place, and its owner has given it to this deployment, as the refusal says."""
    world.deployment(ID)
    route53 = world.boto("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    target = {"HostedZoneId": "Z215JYRZR1TBD5", "DNSName": OLD, "EvaluateTargetHealth": False}
    text = tag_value(Label("hello", ID, ACCOUNT, REGION, resource=f"dns {NAME}"), "A")
    records = [
        {"Name": NAME, "Type": "A", "AliasTarget": target},
        {"Name": f"_ecsctl.{NAME}", "Type": "TXT", "TTL": 300, "ResourceRecords": [{"Value": text}]},
    ]
    changes = [{"Action": "CREATE", "ResourceRecordSet": record} for record in records]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


@pytest.mark.parametrize("kind", ["unhealthy", "crash", "missing-image"])
def test_a_record_stays_where_it_leads_while_the_new_service_is_not_healthy(world: World, kind: str) -> None:
    handed_over(world)
    ecs.script_tasks("", "", kind)
    with pytest.raises(EcsctlError) as failure:
        world.up()
    assert "service" in str(failure.value)
    assert leads_to(world) == OLD
    ecs.script_tasks("", "", "ok")
    world.up()
    assert leads_to(world).startswith("hello-1.")
    assert world.plan().work == ()


def test_a_new_record_is_made_only_when_somebody_answers_there(world: World) -> None:
    ecs.script_tasks("", "", "unhealthy")
    with pytest.raises(EcsctlError):
        world.up()
    assert leads_to(world) == ""
    ecs.script_tasks("", "", "ok")
    world.up()
    assert leads_to(world).startswith("hello-1.")


def test_a_record_that_somebody_moved_is_taken_back_only_while_the_service_is_healthy(world: World) -> None:
    world.running()
    here = leads_to(world)
    route53 = world.boto("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    target = {"HostedZoneId": "Z215JYRZR1TBD5", "DNSName": OLD, "EvaluateTargetHealth": False}
    change = {"Action": "UPSERT", "ResourceRecordSet": {"Name": NAME, "Type": "A", "AliasTarget": target}}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    ecs.script_tasks("", "", "unhealthy")
    with pytest.raises(EcsctlError):
        world.up(desired_stack(service={"environment": {"GREETING": "good day"}}))
    assert leads_to(world) == OLD
    ecs.script_tasks("", "", "ok")
    world.up(desired_stack(service={"environment": {"GREETING": "good evening"}}))
    assert leads_to(world) == here
