"""What `ecsctl why` says of an app that never came to run leads to one that runs; see also test_every_way_out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.route53.delegation import delegate_zone, undelegate_zone
from tests.long.fixed.tasks import good_image, well
from tests.why.person import HOUR, ORDINARY, Person, first, named, only_reads, somebody

NAME = "hello.ecsctl.example"
AT_ITS_NAME = {**ORDINARY, "domain": {"name": NAME}}


def zone_of(person: Person, name: str) -> str:
    zones = person.boto("route53").list_hosted_zones()["HostedZones"]
    return str(next(one["Id"] for one in zones if one["Name"] == name))


def record(person: Person, action: str, kind: str, name: str, *values: str) -> None:
    """Change a record of the account's zone."""
    one = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": one}]}
    zone = zone_of(person, "ecsctl.example.")
    person.boto("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def when_a_certificate_is_asked_for(person: Person, deed: Any) -> None:
    """Someone changes DNS just then: what stands in the way from the beginning, `plan` refuses."""

    def heard(_service: str, operation: str, *_: object) -> None:
        if operation == "request_certificate":
            person.heard = None
            deed()

    person.heard = heard


def test_an_account_without_the_app_is_led_to_up(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        found = first(person.why())
        assert found.name == "no-service"
        person.do(found.fix[0], {}, None)
        assert person.why().causes == ()


def test_a_name_that_is_taken_is_led_out_of(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        record(person, "CREATE", "CNAME", NAME, "a.example.net")
        person.write(AT_ITS_NAME)
        assert person.ecsctl("ecsctl up")[0] != 0
        found = first(person.why())
        assert found.name == "name-taken"
        person.do(found.fix[0], {}, lambda _: record(person, "DELETE", "CNAME", NAME, "a.example.net"))
        assert person.why().causes == ()


def test_without_an_image_it_is_led_to_one(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        person.write({key: value for key, value in ORDINARY.items() if key != "github"})
        assert person.ecsctl("ecsctl up")[0] == 0
        found = first(person.why())
        assert found.name == "no-image-yet"
        person.do(found.fix[0], {"URI": good_image(person)}, None)
        person.clock.sleep(HOUR)
        assert (person.why().healthy, person.why().causes) == (True, ())


def test_a_first_version_that_ecs_gave_up_hours_ago_is_led_to_one_that_runs(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        ecs.script_tasks("", "", "crash")
        assert person.ecsctl("ecsctl up")[0] != 0
        person.clock.sleep(3 * HOUR)
        found = first(person.why())
        assert found.name == "gave-up"
        [way] = [way for way in found.fix if not only_reads(way)]
        person.do(way, {}, well)
        person.clock.sleep(HOUR)
        assert person.why().causes == ()


def test_a_certificate_that_waits_for_a_zone_that_nobody_finds_is_led_to_one_that_is_issued(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        zone = zone_of(person, "ecsctl.example.").removeprefix("/hostedzone/")
        person.write(AT_ITS_NAME)
        when_a_certificate_is_asked_for(person, lambda: undelegate_zone(zone))
        assert person.ecsctl("ecsctl up")[0] != 0
        found = first(person.why())
        assert found.name == "certificate-pending"
        assert "registrar" in str(found.fix[0])
        person.do(found.fix[0], {}, lambda _: delegate_zone(zone))
        assert person.why().causes == ()


def test_a_zone_that_the_one_above_does_not_lead_to_is_led_out_of(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        dns = person.boto("route53")
        servers = dns.create_hosted_zone(Name=f"{NAME}.", CallerReference="sub")["DelegationSet"]["NameServers"]
        record(person, "UPSERT", "NS", NAME, *servers)
        person.write(AT_ITS_NAME)
        when_a_certificate_is_asked_for(person, lambda: record(person, "DELETE", "NS", NAME, *servers))
        assert person.ecsctl("ecsctl up")[0] != 0
        found = first(person.why())
        assert found.name == "zone-not-delegated"
        assert all(server in str(found.fix[0]) for server in servers), "it says what to write there"
        person.do(found.fix[0], {}, lambda _: record(person, "UPSERT", "NS", NAME, *servers))
        assert person.why().causes == ()


def test_a_certificate_that_a_caa_record_refuses_is_led_to_one_that_is_issued(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        person.write(AT_ITS_NAME)
        only = '0 issue "letsencrypt.org"'
        when_a_certificate_is_asked_for(person, lambda: record(person, "UPSERT", "CAA", "ecsctl.example", only))
        assert person.ecsctl("ecsctl up")[0] != 0
        found = first(person.why())
        assert found.name == "certificate-failed"
        assert '0 issue "amazon.com"' in str(found.fix[0])
        both = (only, '0 issue "amazon.com"')
        person.do(found.fix[0], {}, lambda _: record(person, "UPSERT", "CAA", "ecsctl.example", *both))
        assert person.why().causes == ()


def test_a_release_that_is_held_is_led_on_and_back(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        person.write({**ORDINARY, "deployment": {"strategy": "blue-green", "pause": {"at": ["post-scale-up"]}}})
        code, output = person.ecsctl("ecsctl up")
        assert (code, "deployment.pause may hold a release for 1440 minutes" in " ".join(output.split())) == (0, True)
        for way in range(2):
            person.push()
            found = first(person.why())
            assert found.name == "paused"
            person.do(found.fix[way], {}, None)
            person.clock.sleep(HOUR)
            assert "paused" not in named(person.why())
