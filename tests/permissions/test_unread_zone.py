"""A running app does not need the list of hosted zones: if it may not be read, one warning says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ecsctl.sandbox.core import authorization
from tests.permissions.recorded import BARE, Runs
from tests.permissions.test_unused import an_app, deny, ends
from tests.saved import once

WITH = {**BARE, "domain": {"name": "hello.ecsctl.example"}}
NAMES = ("hello.ecsctl.example.", "_ecsctl.hello.ecsctl.example.")  # the record and its tags
COMMANDS = ("plan --detailed-exitcode", "status --exit-code", "up --yes", "why --exit-code")


def withheld() -> None:
    authorization.enforce(deny("route53:ListHostedZones", "route53:GetHostedZone"), "service-control")


def records(runs: Runs) -> dict[str, str]:
    """The records of the app's domain, and their tags."""
    with authorization.administrator():
        route53 = runs.session.client("route53")
        found = {}
        for zone in route53.list_hosted_zones()["HostedZones"]:
            for one in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
                if one["Type"] in ("A", "TXT") and "hello" in one["Name"]:
                    found[f"{one['Type']} {one['Name']}"] = zone["Id"].rsplit("/", 1)[-1]
    return found


def first_up(runs: Runs) -> None:
    assert ends(runs, "up --yes") == {"up --yes": 0}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Runs]:
    with an_app(tmp_path, WITH) as runs:
        once(f"ecsctl up of {WITH}", runs.clock, tmp_path / ".ecsctl", lambda: first_up(runs))
        withheld()
        yield runs


def said(runs: Runs, command: str) -> str:
    return " ".join(runs.found.ended[command][1].split())


def test_a_running_app_is_read_changed_and_taken_down_without_it(running: Runs) -> None:
    [zone] = {*records(running).values()}
    assert set(ends(running, *COMMANDS).values()) == {0}
    for command in COMMANDS[:3]:
        assert said(running, command).count("warning: ") == 1
        assert said(running, command).count("ListHostedZones") == 1
        assert f"in the zone {zone} that is recorded" in said(running, command)
    running.write({**WITH, "service": {"health_path": "/ready"}})
    assert ends(running, "up --yes", "plan --detailed-exitcode") == {"up --yes": 0, "plan --detailed-exitcode": 0}
    assert ends(running, "down --yes --force") == {"down --yes --force": 0}
    assert "DNS record: searched for only if the state file has one" in said(running, "down --yes --force")
    assert records(running) == {}


def test_what_was_deleted_in_the_recorded_zone_is_made_there_anew(running: Runs) -> None:
    before = records(running)
    [zone] = {*before.values()}
    with authorization.administrator():
        route53 = running.session.client("route53")
        all_of_it = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        gone = [one for one in all_of_it if one["Name"] in NAMES]
        changes = [{"Action": "DELETE", "ResourceRecordSet": one} for one in gone]
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    assert ends(running, "up --yes") == {"up --yes": 0}
    assert records(running) == before


@pytest.mark.parametrize("domain", [{"name": "other.ecsctl.example"}, {**WITH["domain"], "hosted_zone": "Z0123456789"}])
def test_another_domain_or_zone_needs_it(running: Runs, domain: dict[str, str]) -> None:
    before = records(running)
    running.write({**WITH, "domain": domain})
    assert ends(running, "plan", "up --yes") == {"plan": 3, "up --yes": 3}
    assert "not allowed to call ListHostedZones (a service control policy" in said(running, "plan")
    assert records(running) == before


def test_a_domain_that_is_given_up_is_taken_away_without_it(running: Runs) -> None:
    running.write(BARE)
    assert ends(running, "up --yes", "plan --detailed-exitcode") == {"up --yes": 0, "plan --detailed-exitcode": 0}
    assert records(running) == {}


def test_a_first_up_and_one_whose_record_is_lost_need_it(running: Runs) -> None:
    (running.folder / ".ecsctl" / "state.json").unlink()
    (running.folder / ".ecsctl" / "state.json.bak").unlink()
    assert ends(running, "plan") == {"plan": 3}
    assert "not allowed to call ListHostedZones (a service control policy" in said(running, "plan")
