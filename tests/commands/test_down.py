"""`down` on the command line: what it asks, what it will not do unseen, its receipt, and what stood in its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from ecsctl.sandbox import ecr
from ecsctl.sandbox.clock import Clock
from ecsctl.sandbox.inprocess import inprocess
from tests.commands.conftest import Ended

Run = Callable[..., Ended]
SMALL = 'name = "hello"\n[vpc]\negress = "public"\n'


@pytest.fixture
def up(folder: Path, run: Run, live_by: Callable[[Clock], None]) -> object:
    """A small stack that is up, in a sandbox whose clock the commands live by."""
    (folder / "ecsctl.toml").write_text(SMALL)
    with inprocess() as clock:
        live_by(clock)
        ended = run("up")
        assert ended.code == 0, ended.err
        yield


@pytest.mark.usefixtures("up")
def test_the_receipt_tells_that_nothing_is_left(run: Run) -> None:
    ended = run("down", "--yes")
    assert ended.code == 0, ended.err
    assert "nothing of it is left in the account" in ended.err


@pytest.mark.usefixtures("up")
def test_images_that_nobody_has_seen_named_are_not_destroyed(folder: Path, run: Run) -> None:
    ecr.put_image("123456789012", "eu-central-1", "hello", ["one"])
    refused = run("down", "--yes")
    assert refused.code == 2
    assert "1 image in the ECR repository" in refused.err.replace("\n", " ")
    assert "--force" in refused.err
    assert boto3.client("ec2").describe_vpcs(Filters=[{"Name": "tag:ecsctl:app", "Values": ["hello"]}])["Vpcs"]
    assert run("down", "--yes", "--force").code == 0


@pytest.mark.usefixtures("up")
def test_what_is_protected_stays_and_is_on_the_receipt(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").write_text('protect = ["ecr", "logs"]\n' + SMALL)
    ended = run("down", "--yes", "--output", "json")
    assert ended.code == 0, ended.err
    left = json.loads(ended.out)["left"]
    assert {(one["kind"], one["what"]) for one in left} == {
        ("ECR repository", "hello"),
        ("log group", "/ecs/hello"),
        ("log group", "/aws/ecs/containerinsights/hello/performance"),
    }
    assert all("protect" in one["why"] for one in left)
    assert [one["repositoryName"] for one in boto3.client("ecr").describe_repositories()["repositories"]] == ["hello"]


@pytest.mark.usefixtures("up")
def test_what_stands_in_the_way_is_named_and_the_same_command_finishes_later(run: Run) -> None:
    ec2 = boto3.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:ecsctl:app", "Values": ["hello"]}])["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=vpc)["GroupId"]
    ended = run("down", "--yes")
    assert ended.code == 1
    assert f"security group {group} (theirs), which is not ours" in ended.err.replace("\n", " ").replace("  ", " ")
    ec2.delete_security_group(GroupId=group)
    assert run("down", "--yes").code == 0
