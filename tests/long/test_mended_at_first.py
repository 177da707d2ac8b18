"""What `ecsctl why` says of an app that never came to run leads to one that runs; see also test_every_way_out."""

from __future__ import annotations

from pathlib import Path

from tests.why.person import ORDINARY, first, somebody


def test_an_account_without_the_app_is_led_to_up(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        found = first(person.why())
        assert found.name == "no-service"
        person.do(found.mend[0], {}, None)
        assert person.why().causes == ()


def test_a_name_that_is_taken_is_led_out_of(tmp_path: Path) -> None:
    with somebody(tmp_path) as person:
        dns = person.boto("route53")
        zone = dns.list_hosted_zones()["HostedZones"][0]["Id"]
        record = {
            "Name": "hello.ecsctl.example.",
            "Type": "CNAME",
            "TTL": 60,
            "ResourceRecords": [{"Value": "a.example.net"}],
        }

        def change(action: str) -> None:
            batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
            dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)

        change("CREATE")
        person.write({**ORDINARY, "domain": {"name": "hello.ecsctl.example"}})
        assert person.ecsctl("ecsctl up")[0] != 0
        found = first(person.why())
        assert found.name == "name-taken"
        person.do(found.mend[0], {}, lambda _: change("DELETE"))
        assert person.why().causes == ()
