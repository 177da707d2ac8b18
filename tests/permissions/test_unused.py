"""What an app does not use need not be allowed, nor be there: neither by a policy nor by the region."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecsctl.sandbox.core import authorization
from ecsctl.sandbox.server.inprocess import inprocess
from tests.permissions.recorded import BARE, TOKEN, Recorded, Runs

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
UNUSED = "acm codebuild codeconnections codepipeline route53 s3 secretsmanager application-autoscaling".split()
COMMANDS = ("plan", "up --yes", "status", "plan", "why", "history", "logs", "cancel")


def deny(*actions: str) -> dict[str, Any]:
    return {"Statement": [EVERYTHING, {"Effect": "Deny", "Action": list(actions), "Resource": "*"}]}


@contextlib.contextmanager
def an_app(folder: Path, wish: dict[str, Any], region: str = "eu-central-1") -> Iterator[Runs]:
    with inprocess(region=region) as clock:
        runs = Runs({}, Recorded(wish, region), boto3.session.Session(region_name=region), clock, folder)
        with runs.here():
            runs.write(wish)
            yield runs


def ends(runs: Runs, *commands: str) -> dict[str, int]:
    runs.run(*commands)
    return {command: runs.found.ended[command][0] for command in commands}


def test_services_that_the_app_does_not_use_may_be_denied(tmp_path: Path) -> None:
    with an_app(tmp_path, BARE) as runs:
        authorization.enforce(deny(*(f"{service}:*" for service in UNUSED)), "service-control")
        assert set(ends(runs, *COMMANDS, "down --yes --force").values()) == {0}
        _, said = runs.found.ended["plan"]
        assert "not looked for, as neither ecsctl.toml nor the record knows of any" in said
        assert "pipeline: not allowed to call ListPipelines (a service control policy" in said
        _, receipt = runs.found.ended["down --yes --force"]
        assert "artifact bucket" in receipt
        assert "not looked for" in receipt


@pytest.mark.parametrize("region", ["ca-west-1", "ap-southeast-7"])
def test_a_region_needs_no_service_that_the_app_does_not_use(tmp_path: Path, region: str) -> None:
    with an_app(tmp_path, BARE, region) as runs:
        assert set(ends(runs, *COMMANDS, "down --yes --force").values()) == {0}
        assert f"pipeline: {region} has no CodePipeline" in runs.found.ended["plan"][1]


def test_a_region_without_a_service_that_the_app_uses_is_told_by_name(tmp_path: Path) -> None:
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


def test_what_is_recorded_must_be_looked_for(tmp_path: Path) -> None:
    with an_app(tmp_path, {**BARE, "domain": {"name": "hello.ecsctl.example"}}) as runs:
        assert ends(runs, "up --yes") == {"up --yes": 0}
        runs.write(BARE)
        authorization.enforce(deny("acm:*"), "service-control")
        assert ends(runs, "plan", "down --yes --force") == {"plan": 3, "down --yes --force": 3}
        assert "certificate of hello: not allowed to call ListCertificates" in runs.found.ended["plan"][1]
