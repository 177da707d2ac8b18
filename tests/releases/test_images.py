"""Which image is meant, where more is in the repository than the app's images."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsctl.aws.clients import Aws
from ecsctl.errors import ConfigError
from ecsctl.names import Names
from ecsctl.releases.images import chosen
from ecsctl.sandbox.aws import ecr
from tests.releases.conftest import APP, REPOSITORY, Service
from tests.stack.conftest import ACCOUNT, REGION


def app(service: Service) -> tuple[Aws, Names]:
    """The app as commands have it."""
    return service.app()[0], Names(APP, ACCOUNT, REGION)


def manifest(**more: Any) -> str:
    """Returns what is pushed beside an image: another content than any image has."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "size": 5, "digest": "sha256:" + 64 * "5"}]
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {}, "layers": layers} | more)


@pytest.mark.parametrize(
    ("tag", "more"),
    [
        ("ecsctl-cache", {}),
        ("ecsctl-cache-build", {}),
        (f"sha256-{64 * 'a'}.sig", {}),
        (f"sha256-{64 * 'a'}", {"annotations": {"of": "referrers"}}),
        ("signed", {"subject": {"digest": f"sha256:{64 * 'a'}"}}),
    ],
)
def test_what_is_pushed_beside_the_images_is_none_of_them(service: Service, tag: str, more: dict[str, Any]) -> None:
    newest = service.push("v1")
    service.clock.sleep(60)
    digest = ecr.push(ACCOUNT, REGION, APP, [tag], manifest(**more))
    assert chosen(*app(service), "", "ARM64") == newest
    for named in (f"{REPOSITORY}:{tag}", f"{REPOSITORY}@{digest}"):
        with pytest.raises(ConfigError, match="there is no image") as refused:
            chosen(*app(service), named, "ARM64")
        assert refused.value.why == "the newest in the repository: v1"


def test_an_index_with_attestations_is_for_the_processors_of_its_images_alone(service: Service) -> None:
    entries = [{"digest": f"sha256:{of * 64}", "size": 5, "platform": {"os": system, "architecture": processor}}
               for of, system, processor in (("b", "linux", "arm64"), ("c", "unknown", "unknown"))]  # fmt: skip
    index = {"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries, "layers": []}
    digest = ecr.push(ACCOUNT, REGION, APP, ["v1"], manifest(**index))
    assert chosen(*app(service), "", "ARM64") == f"{REPOSITORY}@{digest}"
    with pytest.raises(ConfigError, match="is for arm64, and the tasks run on X86_64"):
        chosen(*app(service), "", "X86_64")
