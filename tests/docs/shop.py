"""The guides' reader on an app that runs, as the guides assume; prepared once, and every guide branches off from it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from moto.kms import models as kms

from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.crash.branch import branch
from tests.docs.guide import Reader, living_by, ours
from tests.docs.pages import DOCS

WHOLE = ("costs", "environments", "from-cdk", "from-copilot", "leaving", "vpc")
"""The guides that bring a whole stack up or down. They take longer: tests/long follows them."""
OTHERS = sorted({page.stem for page in (DOCS / "how-to").glob("*.md")} - set(WHOLE))
SHOP = 'name = "shop"\n\n[service]\nport = 8000\n\n[github]\nrepository = "acme/shop"\n'
DOCKERFILE = "FROM public.ecr.aws/docker/library/python:3.13-slim\nCOPY . .\nEXPOSE 8000\nCMD python -m http.server\n"


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True, capture_output=True)


@contextmanager
def brought_up(folder: Path, toml: str) -> Iterator[Clock]:
    """The app of that `ecsctl.toml`, brought up from a repository whose origin takes pushes; the current folder."""
    before = Path.cwd()
    repository(folder, toml)
    with inprocess() as clock, living_by(clock), pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("ECSCTL_")]:
            patch.delenv(name)
        code, printed = ours(["up", "--yes"])
        assert code == 0, printed
        clock.sleep(600)
        yield clock
    os.chdir(before)


def repository(folder: Path, toml: str) -> None:
    """A new repository with that `ecsctl.toml`, whose origin takes pushes; the current folder."""
    folder.mkdir()
    os.chdir(folder)
    (folder / "ecsctl.toml").write_text(toml)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    origin = folder.parent / "origin.git"
    git("init", "-q", "--bare", str(origin))
    git("init", "-q", "-b", "main")
    git("remote", "add", "origin", "https://github.com/acme/shop.git")
    git("config", f"url.{origin}.insteadOf", "https://github.com/acme/shop.git")
    git("config", "user.name", "Reader")
    git("config", "user.email", "reader@example.com")
    (folder / ".gitignore").write_text(".ecsctl/\n")
    git("add", ".")
    git("commit", "-qm", "The app")
    git("push", "-q", "-u", "origin", "main")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clock]:
    """The app `shop`."""
    with brought_up(tmp_path_factory.mktemp("guides") / "shop", SHOP) as clock:
        yield clock


def a_network(clock: Clock) -> Mapping[str, str]:
    """A VPC that was there before, with public and private subnets in two zones: its ids, by the page's examples."""
    ec2 = boto3.client("ec2")

    def later(made: str) -> str:
        clock.sleep(60)  # EC2 shows new ids late
        return made

    vpc = later(ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"])
    subnets = [
        later(
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.50.{number}.0/24", AvailabilityZone=f"eu-central-1{zone}")[
                "Subnet"
            ]["SubnetId"]
        )
        for number, zone in enumerate("abab")
    ]
    gateway = later(ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = later(ec2.allocate_address(Domain="vpc")["AllocationId"])

    def routed(two: list[str], **way: str) -> None:
        table = later(ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
        for subnet in two:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **way)

    routed(subnets[:2], GatewayId=gateway)
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    clock.sleep(300)
    routed(subnets[2:], NatGatewayId=nat)
    examples = [f"subnet-0{letter * 16}" for letter in "abcd"]
    return {"vpc-0123456789abcdef0": vpc, **dict(zip(examples, subnets, strict=True))}


def a_name_in_use(clock: Clock) -> Mapping[str, str]:
    """A record that leads to something else: the id of its zone, by the page's example."""
    route53 = boto3.client("route53")
    zones = {zone["Name"]: zone["Id"] for zone in route53.list_hosted_zones()["HostedZones"]}
    zone = zones["ecsctl.example."].rpartition("/")[2]
    record = {"Name": "www.ecsctl.example", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "192.0.2.7"}]}
    change = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=change)
    return {"Z0123456789EXAMPLE": zone}


def a_known_key(clock: Clock) -> Mapping[str, str]:
    """The next key of KMS has the id of the page's example."""
    del clock
    kms.generate_key_id = lambda _multi_region=False: "1b2c3d4e-0000-4000-8000-000000000000"
    return {}


ANEW = {"vpc", "from-cdk", "from-copilot"}  # these begin with another app, in a repository of its own
PREPARED: Mapping[str, Callable[[Clock], Mapping[str, str]]] = {
    "domain": a_name_in_use,
    "encryption": a_known_key,
    "vpc": a_network,
    "from-cdk": a_network,
}


def follow(clock: Clock, guide: str) -> None:
    """Do what the guide says, in a branch of the world; fail with what does not happen as it says."""

    def read() -> int:
        if guide in ANEW:
            Path(f"../{guide}").mkdir()
            os.chdir(f"../{guide}")
            git("init", "-q", "-b", "main")
        known = PREPARED.get(guide, lambda clock: {})(clock)
        return Reader(clock, known).follow(DOCS / "how-to" / f"{guide}.md")

    done, failure = branch(read)
    assert not failure, failure
    assert done, "a guide without a command is none"
