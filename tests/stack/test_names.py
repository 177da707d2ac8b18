"""An app of several names: one certificate, records in the zones that hold them, and a client at every moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsctl.engine.plan import Verb
from ecsctl.sandbox.aws.route53 import delegation
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.why import why
from tests.stack.client import IMAGE, Client, Ticking
from tests.stack.conftest import World, desired_stack, same

FURTHER = ["ecsctl.example", "www.shop.example", "*.hello.ecsctl.example"]
ONE = desired_stack(github=None)
MANY = desired_stack(github=None, domain={"names": FURTHER})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Ticking()
    with inprocess(clock):
        yield World(clock, tmp_path)


def running(world: World, configured: dict[str, Any]) -> dict[str, Any]:
    """As a first `up` leaves an account of two zones; what was in it before."""

    def prepare() -> dict[str, Any]:
        made = world.boto("route53").create_hosted_zone(Name="shop.example.", CallerReference="theirs")
        delegation.delegate_zone(made["HostedZone"]["Id"])
        before = world.exact()
        world.up(configured, image=IMAGE)
        return before

    return world.once(f"two zones, and {configured}", prepare)


def certificates(world: World) -> list[set[str]]:
    """The names of each certificate of the account."""
    listed = world.boto("acm").list_certificates()["CertificateSummaryList"]
    return [{one["DomainName"], *one["SubjectAlternativeNameSummaries"]} for one in listed]


def records(world: World) -> dict[str, set[str]]:
    """By zone: what stands in it beside its own records."""
    route53, found = world.boto("route53"), {}
    for zone in route53.list_hosted_zones()["HostedZones"]:
        listed = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        found[zone["Name"]] = {f"{one['Type']} {one['Name']}" for one in listed if one["Type"] not in ("NS", "SOA")}
    return found


def answers(world: World, *names: str) -> dict[str, str]:
    """Returns what keeps a client of each name from being answered."""
    client = Client(world)
    return {name: trouble for name in names if (trouble := client.trouble(f"https://{name}"))}


def test_each_name_is_served_by_one_certificate_and_from_its_own_zone(world: World) -> None:
    before = running(world, MANY)
    assert answers(world, "hello.ecsctl.example", "ecsctl.example", "www.shop.example", "a.hello.ecsctl.example") == {}
    assert certificates(world) == [{"hello.ecsctl.example", *FURTHER}]
    assert {"A www.shop.example.", "TXT _ecsctl.www.shop.example."} <= records(world)["shop.example."]
    assert {"A \\052.hello.ecsctl.example.", "A ecsctl.example."} <= records(world)["ecsctl.example."]
    proofs = {zone: sum(one.startswith("CNAME") for one in found) for zone, found in records(world).items()}
    assert proofs == {"ecsctl.example.": 2, "shop.example.": 1}, "a wildcard has the proof of the name below it"
    assert world.plan(MANY).work == ()
    assert why(world.aws(), "hello", "hello.ecsctl.example", FURTHER).healthy
    for path in world.state_file.parent.iterdir():
        path.unlink()
    assert world.plan(MANY).work == (), "without a state file all of it is known again"
    world.down()
    same(before, world.exact())


def test_a_name_that_is_added_is_served_from_the_moment_that_it_leads_here(world: World) -> None:
    running(world, ONE)
    observed: set[str] = set()
    old = Client(world, "https://hello.ecsctl.example")
    new = {name: Client(world, f"https://{name}") for name in ("ecsctl.example", "www.shop.example")}

    def ask(*call: object) -> None:
        old(*call)
        for name, client in new.items():
            observed.add(client.trouble(f"https://{name}"))

    world.clock.each = world.heard = ask  # type: ignore[attr-defined]  # the clock is a ticking one
    world.up(MANY)
    old.never_failed()
    assert observed == {"the name leads nowhere", ""}


def test_a_name_that_is_removed_leaves_the_certificate_and_its_record_goes(world: World) -> None:
    running(world, MANY)
    fewer = desired_stack(github=None, domain={"names": ["*.hello.ecsctl.example"]})
    gone = {step.name for step in world.plan(fewer).work if step.verb is Verb.DELETE}
    assert {"dns ecsctl.example", "dns www.shop.example", "validation www.shop.example"} <= gone
    client = Client(world, "https://hello.ecsctl.example")
    world.clock.each = world.heard = client  # type: ignore[attr-defined]  # the clock is a ticking one
    world.up(fewer)
    client.never_failed()
    assert certificates(world) == [{"hello.ecsctl.example", "*.hello.ecsctl.example"}]
    assert records(world)["shop.example."] == set()
    assert world.plan(fewer).work == ()


def test_the_order_of_the_names_changes_nothing(world: World) -> None:
    running(world, MANY)
    assert world.plan(desired_stack(github=None, domain={"names": FURTHER[::-1]})).work == ()


def test_a_record_of_a_further_name_that_somebody_changed_is_drift_and_corrected(world: World) -> None:
    running(world, MANY)
    zone = next(one["Id"] for one in zones(world) if one["Name"] == "shop.example.")
    other = {"Name": "www.shop.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    world.boto("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": other}]}
    )
    assert [step.name for step in world.plan(MANY).work] == ["dns www.shop.example"]
    world.up(MANY)
    assert answers(world, "www.shop.example") == {}


def zones(world: World) -> list[Any]:
    found: list[Any] = world.boto("route53").list_hosted_zones()["HostedZones"]
    return found


def test_names_that_redirect_are_in_the_certificate_and_send_to_the_apps_own_name(world: World) -> None:
    six = [f"{letter}.old.ecsctl.example" for letter in "abcdef"]
    sending = desired_stack(github=None, domain={"names": ["ecsctl.example"], "redirect": ["www.shop.example", *six]})
    before = running(world, ONE)
    client = Client(world, "https://hello.ecsctl.example")
    world.clock.each = world.heard = client  # type: ignore[attr-defined]  # the clock is a ticking one
    world.up(sending)
    client.never_failed()
    assert certificates(world) == [{"hello.ecsctl.example", "ecsctl.example", "www.shop.example", *six}]
    assert answers(world, "hello.ecsctl.example", "ecsctl.example", "www.shop.example", *six) == {}
    assert sent(world) == dict.fromkeys(
        sending["domain"]["redirect"], "https://hello.ecsctl.example:443/#{path}?#{query} HTTP_301"
    )
    assert world.plan(sending).work == ()
    for path in world.state_file.parent.iterdir():
        path.unlink()
    assert world.plan(sending).work == (), "without a state file all of it is known again"
    fewer = desired_stack(github=None, domain={"names": ["ecsctl.example"], "redirect": ["www.shop.example"]})
    world.up(fewer)
    client.never_failed()
    assert sent(world).keys() == {"www.shop.example"}
    assert world.plan(fewer).work == ()
    world.clock.each = world.heard = lambda *_: None  # type: ignore[attr-defined]  # the clock is a ticking one
    world.down()
    same(before, world.exact())


def sent(world: World) -> dict[str, str]:
    """By host: where the rules of the load balancer send its clients."""
    elb, found = world.boto("elbv2"), {}
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
        for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
            for host in [] if rule["IsDefault"] else rule["Conditions"][0]["HostHeaderConfig"]["Values"]:
                to = rule["Actions"][0]["RedirectConfig"]
                whole = f"{to['Protocol'].lower()}://{to['Host']}:{to['Port']}{to['Path']}?{to['Query']}"
                found[host] = f"{whole} {to['StatusCode']}"
    return found
