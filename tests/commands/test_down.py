"""`down` on the command line: what it asks, what it will not do unseen, its receipt, and what stood in its way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecsctl.removal import receipt
from ecsctl.sandbox.aws import ecr
from ecsctl.sandbox.aws.logs import revive_log_groups
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended, bring_up

Run = Callable[..., Ended]
SMALL = 'name = "hello"\n[vpc]\negress = "public"\n'


@pytest.fixture
def live(folder: Path, live_by: Callable[[Clock], None]) -> Iterator[Clock]:
    """The clock of a sandbox in this process, which the commands live by."""
    (folder / "ecsctl.toml").write_text(SMALL)
    with inprocess() as clock:
        live_by(clock)
        yield clock


@pytest.fixture
def up(folder: Path, live: Clock, run: Run) -> None:
    """A small stack that is up."""
    bring_up(folder, live, run)


@pytest.mark.usefixtures("up")
def test_the_receipt_tells_that_nothing_is_left(run: Run) -> None:
    ended = run("down", "--yes")
    assert ended.code == 0, ended.err
    assert "nothing of it is left in the account" in ended.err


@pytest.mark.usefixtures("live")
def test_quiet_runs_say_nothing_but_the_url(run: Run) -> None:
    up = run("up", "--quiet", "--yes")
    assert (up.code, up.err) == (0, "")
    assert up.out.startswith("http")
    down = run("down", "--quiet", "--yes")
    assert (down.code, down.out, down.err) == (0, "", "")


@pytest.mark.usefixtures("up")
def test_of_two_deployments_without_a_record_the_message_names_a_way_out_that_leads_out(folder: Path, run: Run) -> None:
    """One's log group and network, and another's repository: neither is in a state file any more."""
    state_file = folder / ".ecsctl/state.json"
    mine = json.loads(state_file.read_text())["id"]
    state_file.unlink()
    client = boto3.client("ecr", region_name="eu-central-1")
    arn = client.describe_repositories(repositoryNames=["hello"])["repositories"][0]["repositoryArn"]
    client.tag_resource(resourceArn=arn, tags=[{"Key": "ecsctl:id", "Value": "0-another"}])
    for command in (["up", "--yes"], ["plan"], ["down", "--yes"]):
        ended = run(*command)
        assert ended.code == 1, ended.err
        assert f"ecsctl:id={mine} stays" in " ".join(ended.err.split()), "it has the first thing, though not the least"
        assert "ecsctl down --id 0-another" in " ".join(ended.err.split())
    other = run("down", "--id", "0-another", "--yes")
    assert other.code == 0, other.err
    assert client.describe_repositories()["repositories"] == []
    again = run("up", "--yes")
    assert again.code == 0, again.err
    assert json.loads(state_file.read_text())["id"] == mine
    assert run("plan", "--detailed-exitcode").code == 0
    wrong = run("down", "--id", "0-another", "--yes")
    assert (wrong.code, "is of another deployment" in wrong.err) == (2, True)


@pytest.mark.usefixtures("up")
def test_images_that_no_plan_has_named_are_not_destroyed(folder: Path, run: Run) -> None:
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
def test_what_is_kept_tells_what_it_holds_and_costs(folder: Path, run: Run) -> None:
    (folder / "ecsctl.toml").write_text('protect = ["ecr"]\n' + SMALL)
    ecr.put_image("123456789012", "eu-central-1", "hello", ["one"], size=2_500_000_000)
    kept = json.loads(run("down", "--yes", "--output", "json").out)["left"]
    assert [(one["kind"], one["why"], one["monthly_usd"]) for one in kept] == [
        ("ECR repository", 'protect = ["ecr"]; it holds 1 image', 0.25)
    ]
    said = run("down", "--yes").err
    assert "about $0.25 a month" in said
    assert "together about $0.25 a month (us-east-1 list prices" in said


@pytest.mark.usefixtures("up")
def test_what_lingers_or_has_copied_tags_is_on_the_receipt(run: Run, live: Clock) -> None:
    ec2, logs = boto3.client("ec2"), boto3.client("logs")
    tags = [{"Key": "ecsctl:app", "Value": "hello"}]
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    subnet = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]["SubnetId"]
    interface = ec2.create_network_interface(
        SubnetId=subnet, TagSpecifications=[{"ResourceType": "network-interface", "Tags": tags}]
    )["NetworkInterface"]["NetworkInterfaceId"]
    volume = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=8,
                               TagSpecifications=[{"ResourceType": "volume", "Tags": tags}])["VolumeId"]  # fmt: skip
    live.sleep(3600)
    assert run("down", "--yes").code == 0
    logs.create_log_group(logGroupName="/ecs/hello")
    left = json.loads(run("down", "--yes", "--output", "json").out)["left"]
    listed = {(one["kind"], one["what"]) for one in left}
    assert listed == {
        ("log group", "/ecs/hello"),
        ("elastic IP address", address["AllocationId"]),
        ("network interface", interface),
        ("ec2 volume", f"arn:aws:ec2:eu-central-1:123456789012:volume/{volume}"),
    }
    assert [one["monthly_usd"] for one in left if one["kind"] == "elastic IP address"] == [3.65]
    assert logs.describe_log_groups(logGroupNamePrefix="/ecs/hello")["logGroups"], "reported, and left alone"


@pytest.mark.usefixtures("up")
def test_deleting_is_advised_for_what_came_back_during_this_run_and_for_nobody_elses(run: Run, live: Clock) -> None:
    logs, insights = boto3.client("logs"), "/aws/ecs/containerinsights/hello/performance"
    revive_log_groups(after=0.0)
    first = {one["what"]: one["why"] for one in json.loads(run("down", "--yes", "--output", "json").out)["left"]}
    assert first == {insights: f"made again by a late writer; aws logs delete-log-group --log-group-name {insights}"}

    logs.create_log_group(logGroupName="/ecs/hello", tags={"team": "data"})
    logs.create_log_group(logGroupName="/aws/codebuild/hello-build")
    second = {one["what"]: one["why"] for one in json.loads(run("down", "--yes", "--output", "json").out)["left"]}
    assert second.keys() == {insights, "/aws/codebuild/hello-build"}, "a group with tags is somebody's"
    assert not any("delete-log-group" in why for why in second.values())
    assert all("find out whose it is" in why for why in second.values())


@pytest.mark.usefixtures("up")
def test_what_may_not_be_searched_for_is_reported_and_does_not_fail_a_removal(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, "GetResources")

    monkeypatch.setitem(receipt.SWEEPS, "other resources with our tags", denied)
    ended = run("down", "--yes")
    assert ended.code == 0, ended.err
    assert "other resources with our tags not searched for: AWS does not allow GetResources" in ended.said


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
