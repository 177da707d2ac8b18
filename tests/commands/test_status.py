"""ecsctl status of an app of several processes, as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import ORDINARY, Ended, bring_up
from tests.stack.conftest import shared_session

Run = Callable[..., Ended]
WORKERS = """
[workers.mailer]
command = ["python", "worker.py"]

[workers.resting]
command = ["python", "other.py"]
desired_count = 0
"""


def test_a_worker_that_runs_another_image_is_reported_and_counts(
    folder: Path, run: Run, live_by: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (folder / "ecsctl.toml").write_text(ORDINARY + WORKERS)
    with inprocess() as clock:
        live_by(clock)
        bring_up(folder, clock, run)
        well = run("status", "--exit-code", "-o", "json")
        assert well.code == 0
        document = json.loads(well.out)
        assert (document["healthy"], document["cause"]) == (True, "")
        processes = {one["name"]: one for one in document["processes"]}
        assert {name: (one["running"], one["state"]) for name, one in processes.items()} == {
            "web": (1, "runs"),
            "mailer": (1, "runs"),
            "resting": (0, "no task is asked for"),
        }
        assert len({one["image"] for one in processes.values()}) == 1
        assert run("why").out.startswith("\u2713 nothing is wrong")

        ecs = shared_session().client("ecs")
        runs = ecs.describe_task_definition(taskDefinition="hello_mailer", include=["TAGS"])
        taken = "family taskRoleArn executionRoleArn networkMode requiresCompatibilities cpu memory runtimePlatform"
        [own] = runs["taskDefinition"]["containerDefinitions"]
        made = ecs.register_task_definition(
            **{name: runs["taskDefinition"][name] for name in taken.split()},
            containerDefinitions=[{**own, "image": "public.ecr.aws/nginx/nginx:1.27"}],
            tags=runs["tags"],
        )
        arn = made["taskDefinition"]["taskDefinitionArn"]
        ecs.update_service(cluster="hello", service="hello_mailer", taskDefinition=arn)
        clock.sleep(600)
        other = run("status", "--exit-code")
        assert other.code == 1
        assert "another image than web" in other.out
        assert "mailer runs another image than web: ecsctl deploy" in other.out
        assert json.loads(run("status", "-o", "json").out)["healthy"] is False


def test_where_something_is_missing_the_next_command_is_named(
    folder: Path, run: Run, live_by: Callable[..., None]
) -> None:
    with inprocess() as clock:
        live_by(clock)
        bring_up(folder, clock, run)
        assert "next:" not in run("status").err
        assert run("down", "--yes", "--force").code == 0
        assert "next: ecsctl plan shows" in " ".join(run("status").err.split())
        again = run("down")
        assert "nothing to delete" in again.err
        assert "nothing to do" not in again.err


def test_where_the_domains_zone_is_gone_the_rest_is_shown(
    folder: Path, run: Run, live_by: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with inprocess() as clock:
        live_by(clock)
        bring_up(folder, clock, run)
        route53 = shared_session().client("route53")
        for zone in route53.list_hosted_zones()["HostedZones"]:
            records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
            for record in (one for one in records if one["Type"] not in ("NS", "SOA")):
                change = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
                route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch=change)
            route53.delete_hosted_zone(Id=zone["Id"])
        shown = run("status")
        assert shown.code == 0, shown.err
        assert "no public hosted zone here holds hello.ecsctl.example" in shown.said
        found = {one["title"]: one["condition"] for one in json.loads(run("status", "-o", "json").out)["resources"]}
        assert {title for title, state in found.items() if state == "missing"} == {"DNS record"}
        assert run("status", "--exit-code").code == 1
        assert (run("plan").code, run("up", "--yes").code) == (2, 2)
