"""Names of every partition: regions, registries and load balancers are known for what they are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore
import pytest

from ecsctl.aws import partitions
from ecsctl.aws.access import REGION
from ecsctl.config import Config
from ecsctl.resources.dns_record import BALANCER
from ecsctl.resources.support.ecr import Reference

KNOWN: list[dict[str, Any]] = json.loads(
    (Path(botocore.__file__).parent / "data/partitions.json").read_text()
)["partitions"]  # fmt: skip
REGIONS = [(one["id"], region) for one in KNOWN for region in one["regions"] if "global" not in region]


def test_the_domains_are_the_sdks() -> None:
    assert {one["id"]: one["outputs"]["dnsSuffix"] for one in KNOWN} == partitions.SUFFIXES


@pytest.mark.parametrize(("partition", "region"), REGIONS)
def test_a_region_is_one_in_ecsctl_toml_and_on_the_command_line(partition: str, region: str) -> None:
    assert re.fullmatch(next(one["regionRegex"] for one in KNOWN if one["id"] == partition), region)
    assert REGION.fullmatch(region)
    assert Config.model_validate({"name": "shop", "region": region}).region == region


@pytest.mark.parametrize(("partition", "region"), REGIONS)
def test_registries_and_balancers_are_known_by_their_names(partition: str, region: str) -> None:
    host = partitions.suffix(partition)
    found = Reference.of(f"123456789012.dkr.ecr.{region}.{host}/shop:1")
    assert found
    assert (found.region, found.repository, found.tag) == (region, "shop", "1")
    leads = BALANCER.search(f"shop-1.{region}.elb.{host}")
    assert leads
    assert leads[1] == region


def test_another_host_is_no_registry_of_ecr() -> None:
    assert Reference.of("123456789012.dkr.ecr.eu-central-1.amazonaws.example/shop:1") is None
