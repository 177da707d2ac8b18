"""What an app does not use need not be allowed, nor be there: neither by a policy nor by the region."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.s3.models import s3_backends

from ecsctl.sandbox.core import authorization
from ecsctl.sandbox.server.inprocess import inprocess
from tests.permissions.recorded import BARE, TOKEN, Recorded, Runs

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
UNUSED = "acm codebuild codeconnections codepipeline route53 s3 secretsmanager application-autoscaling".split()
COMMANDS = ("plan", "up --yes", "status", "plan", "why", "history", "logs", "cancel")


def deny(*actions: str) -> dict[str, Any]:
    return {"Statement": [EVERYTHING, {"Effect": "Deny", "Action": list(actions), "Resource": "*"}]}


@contextlib.contextmanager
def an_app(folder: Path, desired: dict[str, Any], region: str = "eu-central-1") -> Iterator[Runs]:
    with inprocess(region=region) as clock:
        runs = Runs({}, Recorded(desired, region), boto3.session.Session(region_name=region), clock, folder)
        with runs.here():
            runs.write(desired)
            yield runs


def ends(runs: Runs, *commands: str) -> dict[str, int]:
    runs.run(*commands)
    return {command: runs.found.ended[command][0] for command in commands}


def test_services_that_the_app_does_not_use_may_be_denied(tmp_path: Path) -> None:
    with an_app(tmp_path, BARE) as runs:
        authorization.enforce(deny(*(f"{service}:*" for service in UNUSED)), "service-control")
        assert set(ends(runs, *COMMANDS, "down --yes --force").values()) == {0}
        _, said = runs.found.ended["plan"]
        assert "not searched for, because neither ecsctl.toml nor the state file has any" in said
        assert "pipeline: not allowed to call GetPipeline (a service control policy" in said
        _, receipt = runs.found.ended["down --yes --force"]
        assert "artifact bucket" in receipt
        assert "not searched for" in receipt


TAKEN = "hello-artifacts-123456789012-eu-central-1"
PIPELINE = {**BARE, "github": {"repository": "ecsctl/hello"}}


def a_bucket_of_another_account() -> None:
    """The name is gone for us, and a HEAD answers 403 (S3 API, HeadBucket)."""
    s3_backends["111111111111"]["aws"].create_bucket(TAKEN, "eu-central-1")


def head_bucket_denied() -> None:
    authorization.enforce(deny("s3:ListBucket", "s3:CreateBucket"), "service-control")


FORBIDDEN = [a_bucket_of_another_account, head_bucket_denied]


@pytest.mark.parametrize("forbid", FORBIDDEN)
def test_a_403_at_head_bucket_ends_no_command_of_an_app_that_needs_no_bucket(
    tmp_path: Path, forbid: Callable[[], None]
) -> None:
    with an_app(tmp_path, BARE) as runs:
        forbid()
        assert set(ends(runs, *COMMANDS, "down --yes --force").values()) == {0}
        for command in ("plan", "down --yes --force"):
            assert "artifact bucket: not allowed to call HeadBucket" in " ".join(runs.found.ended[command][1].split())
        assert runs.found.ended["plan"][1].count("artifact bucket: not allowed to call HeadBucket") == 1


@pytest.mark.parametrize("forbid", FORBIDDEN)
def test_a_403_at_head_bucket_is_reported_before_anything_is_made_where_a_bucket_is_needed(
    tmp_path: Path, forbid: Callable[[], None]
) -> None:
    with an_app(tmp_path, PIPELINE) as runs:
        forbid()
        assert ends(runs, "plan", "up --yes") == {"plan": 3, "up --yes": 3}
        for command in ("plan", "up --yes"):
            said = " ".join(runs.found.ended[command][1].split())
            assert "either it is not allowed, or another account has one of that name" in said
            assert "ecsctl policy prints what ecsctl needs" in said
            assert "choose another name for the app" in said
        assert boto3.client("ec2", region_name="eu-central-1").describe_vpcs(
            Filters=[{"Name": "tag:ecsctl:app", "Values": ["hello"]}])["Vpcs"] == []  # fmt: skip


def test_another_name_for_the_app_leads_out_where_another_account_has_the_buckets(tmp_path: Path) -> None:
    with an_app(tmp_path, PIPELINE) as runs:
        a_bucket_of_another_account()
        assert ends(runs, "plan") == {"plan": 3}
        runs.write({**PIPELINE, "name": "hello2"})
        runs.found.ended.clear()
        assert ends(runs, "plan") == {"plan": 0}


@pytest.mark.parametrize("region", ["ca-west-1", "ap-southeast-7"])
def test_a_region_needs_no_service_that_the_app_does_not_use(tmp_path: Path, region: str) -> None:
    with an_app(tmp_path, BARE, region) as runs:
        assert set(ends(runs, *COMMANDS, "down --yes --force").values()) == {0}
        assert f"pipeline: {region} has no CodePipeline" in runs.found.ended["plan"][1]


def test_a_region_without_a_service_that_the_app_uses_is_reported_by_name(tmp_path: Path) -> None:
    with an_app(tmp_path, TOKEN, "ca-west-1") as runs:
        assert ends(runs, "plan") == {"plan": 1}
        said = runs.found.ended["plan"][1]
        assert "ca-west-1 has no CodeBuild" in said
        assert "network" not in said


@pytest.mark.parametrize("layer", authorization.LAYERS)
def test_where_it_matters_the_refusal_names_who_denied_what_of_which_resource(tmp_path: Path, layer: str) -> None:
    with an_app(tmp_path, BARE) as runs:
        authorization.enforce(deny("ecs:DescribeClusters"), layer)
        assert ends(runs, "plan") == {"plan": 3}
        said = " ".join(runs.found.ended["plan"][1].split())
        assert "cluster of hello: not allowed to call DescribeClusters" in said
        assert "ecs:DescribeClusters on resource: arn:aws:ecs:eu-central-1:123456789012:cluster/hello" in said
        assert authorization.LAYERS[layer].split(" ", 1)[1].replace("identity-based ", "") in said


def test_what_is_recorded_must_be_searched_for(tmp_path: Path) -> None:
    with an_app(tmp_path, {**BARE, "domain": {"name": "hello.ecsctl.example"}}) as runs:
        assert ends(runs, "up --yes") == {"up --yes": 0}
        runs.write(BARE)
        authorization.enforce(deny("acm:*"), "service-control")
        assert ends(runs, "plan", "down --yes --force") == {"plan": 3, "down --yes --force": 3}
        assert "certificate of hello: not allowed to call ListCertificates" in runs.found.ended["plan"][1]
