"""`why` after somebody has deleted or changed something on AWS, and what runs still runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended, bring_up

Run = Callable[..., Ended]


@pytest.fixture
def live(folder: Path, live_by: Callable[[Clock], None], run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock of a sandbox in this process in which the ordinary app is up, since a while."""
    monkeypatch.setattr("ecsctl.engine.state_file.YOUNG", 0)
    with inprocess() as clock:
        live_by(clock)
        bring_up(folder, clock, run)
        yield clock


def balancer(clock: Clock) -> None:
    elb = boto3.client("elbv2")
    (found,) = elb.describe_load_balancers()["LoadBalancers"]
    elb.delete_load_balancer(LoadBalancerArn=found["LoadBalancerArn"])
    clock.sleep(300)
    for group in elb.describe_target_groups()["TargetGroups"]:
        elb.delete_target_group(TargetGroupArn=group["TargetGroupArn"])


def gateway(_clock: Clock) -> None:
    ec2 = boto3.client("ec2")
    (found,) = ec2.describe_nat_gateways()["NatGateways"]
    ec2.delete_nat_gateway(NatGatewayId=found["NatGatewayId"])


def pipeline(_clock: Clock) -> None:
    boto3.client("codepipeline").delete_pipeline(name="hello")


GONE: dict[Callable[[Clock], Any], str] = {
    balancer: "not on AWS with the app's tags any more: listener http, listener https, load balancer, target group",
    gateway: "not on AWS with the app's tags any more: NAT gateway nat-a",
    pipeline: "not on AWS with the app's tags any more: pipeline",
}


@pytest.mark.parametrize("delete", GONE, ids=lambda one: one.__name__)
def test_what_is_missing_is_named_although_the_tasks_run_and_up_brings_it_back(
    live: Clock, run: Run, delete: Callable[[Clock], Any]
) -> None:
    assert run("why").out.startswith("\u2713 nothing is wrong")
    delete(live)
    live.sleep(300)
    ended = run("why", "--exit-code")
    assert ended.code == 1
    assert GONE[delete] in " ".join(ended.out.split())
    assert "fix: ecsctl up" in ended.out
    assert run("up", "--yes").code == 0
    live.sleep(300)
    assert run("why").out.startswith("\u2713 nothing is wrong")


def no_way_out_of_the_balancer() -> str:
    ec2 = boto3.client("ec2")
    filters: Any = [{"Name": "tag:ecsctl:resource", "Values": ["balancer-group"]}]
    (group,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    permissions: Any = group["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=permissions)
    return "the load balancer's security group does not let it out to the tasks on port 8000"


def no_route_to_the_internet() -> str:
    ec2 = boto3.client("ec2")
    filters: Any = [{"Name": "tag:ecsctl:resource", "Values": ["public-routes"]}]
    (table,) = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    return "changed by somebody on AWS: route table public-routes (internet_gateway)"


@pytest.mark.parametrize("change", [no_way_out_of_the_balancer, no_route_to_the_internet])
def test_what_somebody_has_changed_is_named_and_up_takes_it_back(
    live: Clock, run: Run, change: Callable[[], str]
) -> None:
    what = change()
    live.sleep(60)
    said = run("why").out
    assert what in " ".join(said.split())
    assert "fix: ecsctl up" in said or "now: ecsctl up" in said
    assert run("up", "--yes").code == 0
    live.sleep(300)
    assert run("why").out.startswith("\u2713 nothing is wrong")


@pytest.mark.usefixtures("live")
def test_a_webhook_that_stays_at_github_is_on_the_receipt(run: Run, live: Clock) -> None:
    """CodePipeline takes it from there with the pipeline's token (API reference, DeregisterWebhookWithThirdParty)."""
    pipeline(live)
    live.sleep(60)
    ended = run("down", "--yes", "--force")
    assert ended.code == 0, ended.err
    assert "until it is deleted in the settings of ecsctl/hello" in ended.said


@pytest.mark.usefixtures("live")
def test_a_webhook_whose_pipeline_is_there_is_not(run: Run) -> None:
    ended = run("down", "--yes", "--force")
    assert ended.code == 0, ended.err
    assert "nothing of it is left in the account" in ended.said


def test_what_has_lost_its_tags_is_not_said_to_be_gone(live: Clock, run: Run) -> None:
    """`up` would refuse to take it over, and says so; to create it again would not help."""
    elb = boto3.client("elbv2")
    arn = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    elb.remove_tags(ResourceArns=[arn], TagKeys=["ecsctl:app", "ecsctl:id", "ecsctl:resource"])
    live.sleep(60)
    said = " ".join(run("why").out.split())
    assert "load balancer" in said
    assert "it was deleted, or has lost the app's tags" in said
    assert "ecsctl plan names what is there without tags" in said
    assert "exists and is not ours" in run("plan").err
