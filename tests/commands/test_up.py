"""`up` and `status` on the command line: what they print, what they will not do unasked, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecsctl.sandbox.aws import ecr, ecs
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.sandbox.snapshot.taking import differences, snapshot
from tests.commands.conftest import Ended
from tests.stack.conftest import ACCOUNT, REGION
from tests.stack.watch import URI

Run = Callable[..., Ended]

SMALL = 'name = "hello"\n'


@pytest.fixture
def clock(folder: Path, live_by: Callable[[Clock], None]) -> Iterator[Clock]:
    """An empty account, the folder of an app without GitHub, and the clock by which both live."""
    (folder / "ecsctl.toml").write_text(SMALL)
    with inprocess() as clock:
        live_by(clock)
        yield clock


def service() -> dict[str, Any]:
    found: dict[str, Any] = boto3.client("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    return found


def image() -> str:
    """The image that the service is to run."""
    answer = boto3.client("ecs").describe_task_definition(taskDefinition=service()["taskDefinition"])
    found: str = answer["taskDefinition"]["containerDefinitions"][0]["image"]
    return found


def test_an_image_that_cannot_run_is_refused_before_the_first_change(clock: Clock, run: Run) -> None:
    boto3.client("ecr").create_repository(repositoryName="hello")
    ecr.put_image(ACCOUNT, REGION, "hello", ["intel"], "amd64", index=True)
    before = snapshot()
    for uri, message in (
        ("Not A Name", "Not A Name"),
        (f"{URI}:nope", "nope"),
        (f"{URI}:intel", "ARM64"),
    ):
        ended = run("up", "--image", uri)
        assert (ended.code, message in ended.said, ended.out) == (2, True, ""), ended.err
    assert differences(before, snapshot()) == []


def test_up_from_nothing_to_an_image_through_a_crash_and_to_what_needs_a_yes(
    folder: Path, clock: Clock, run: Run
) -> None:
    made = run("up", "-o", "json", "--yes")
    assert made.code == 0, made.err
    document = json.loads(made.out)
    assert document["counts"]["create"] == len(document["steps"])
    assert [step["name"] for step in document["steps"] if not step["ids"]] == []
    balancer = next(step["ids"] for step in document["steps"] if step["name"] == "load-balancer")
    assert document["url"] == f"http://{balancer['dns_name']}"
    assert service()["desiredCount"] == 0

    digest = ecr.put_image(ACCOUNT, REGION, "hello", ["v1"], index=True)
    clock.sleep(1)
    ended = run("up", "--yes", "--image", f"{URI}:v1")
    assert (ended.code, ended.out) == (0, f"{document['url']}\n"), ended.err
    assert (image(), service()["runningCount"]) == (f"{URI}@{digest}", 1)
    status = json.loads(run("status", "-o", "json").out)
    assert (status["healthy"], status["cause"]) == (True, "")
    assert all(
        one["console"].startswith("https://") for one in status["resources"] if one["name"] in ("vpc", "service")
    )

    ecs.script_tasks(ACCOUNT, "", "crash")
    boto3.client("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    clock.sleep(20)
    (folder / "ecsctl.toml").write_text(SMALL + '[service]\nenvironment = {GREETING = "hi"}\n')
    before = service()["taskDefinition"]
    busy = run("up", "--no-wait")
    assert (busy.code, "would change the service at the same time" in busy.said) == (1, True), busy.err
    assert service()["taskDefinition"] == before
    clock.sleep(1200)
    broken = run("status", "--exit-code")
    assert broken.code == 1
    assert broken.out.splitlines()[-1].startswith("✗ the app crashed")
    assert broken.err.endswith("next: ecsctl why\n")
    assert json.loads(run("status", "-o", "json").out)["cause"].startswith("the app crashed")
    ecs.script_tasks(ACCOUNT, "", "ok")
    fixed = run("up", "--no-wait")
    assert fixed.code == 0, fixed.err
    assert image() == f"{URI}@{digest}"
    assert service()["taskDefinition"] != before

    (folder / "ecsctl.toml").write_text(SMALL + '[vpc]\negress = "public"\n')
    account = snapshot()
    for command in ("up", "down"):
        refused = run(command, "-o", "json")
        [error] = json.loads(refused.out)["errors"]
        assert (refused.code, error["type"], error["hint"]) == (2, "UsageError", f"ecsctl {command} --yes")
        assert "--output json shows no plan" in error["message"]
    unobserved = run("up", "--quiet")
    assert (unobserved.code, "NAT gateway" in unobserved.err) == (2, True), "the question comes after the plan"
    assert differences(account, snapshot()) == []
    done = json.loads(run("up", "-o", "json", "--yes").out)
    assert done["counts"]["delete"] > 0
    assert [step["name"] for step in done["steps"] if step["verb"] == "delete" and not step["ids"]] == []
