"""The registry behind the sandbox's ECR: what the engine pushes there is there, and comes back from there."""

import contextlib
import http.client
import io
import json
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecsctl.sandbox.containers import images
from ecsctl.sandbox.containers.engine import Engine, EngineError
from ecsctl.sandbox.containers.fleet import Fleet
from ecsctl.sandbox.containers.registry import KINDS, Registry
from ecsctl.sandbox.containers.specs import Spec
from ecsctl.sandbox.core.defaults import NO_REGISTRY
from tests.containers import base
from tests.containers.conftest import until

WHOSE = "tests-of-registry"
REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app"


@pytest.fixture
def registry(engine: Engine, a_registry: None) -> Iterator[Registry]:
    made = Registry(engine)
    yield made
    made.close()
    for found in engine.ours("images", WHOSE):
        images.drop(engine, WHOSE, found["Id"])


def built(engine: Engine, folder: Path, word: str) -> str:
    """The id of an image with a small layer of its own."""
    archive = folder / f"{word}.tar"
    dockerfile = f"FROM {base.NAME}\nCOPY word /word\n"
    with tarfile.open(archive, "w") as tar:
        for name, text in (("Dockerfile", dockerfile), ("word", word)):
            about = tarfile.TarInfo(name)
            about.size = len(text)
            tar.addfile(about, io.BytesIO(text.encode()))
    job = images.begun(engine, WHOSE, images.Ask(archive, "Dockerfile"))
    while job.code is None:
        time.sleep(0.02)
    assert job.code == 0, job.lines
    return job.outcome


def held(registry: Registry, reference: str) -> int:
    """Returns what the registry answers to who asks for a manifest."""
    with contextlib.closing(http.client.HTTPConnection(registry.place, timeout=10)) as connection:
        connection.request("HEAD", f"/v2/{REPOSITORY}/manifests/{reference}", headers={"Accept": KINDS})
        return connection.getresponse().status


def test_an_image_goes_there_by_ecr_s_name_comes_back_from_there_and_is_gone_when_ecr_has_it_no_more(
    registry: Registry, engine: Engine, tmp_path: Path
) -> None:
    first, second, said = built(engine, tmp_path, "one"), built(engine, tmp_path, "two"), list[str]()
    manifests = [json.loads(registry.push(image, f"{REPOSITORY}:{image[7:19]}", said)) for image in (first, second)]
    assert said
    assert registry.place not in " ".join(said)
    ours, theirs = manifests[0]["layers"], manifests[1]["layers"]
    assert ours[:-1] == theirs[:-1] != []  # a layer is the same in both, with one digest
    assert ours[-1]["digest"] != theirs[-1]["digest"]

    images.keep(engine, first, f"{REPOSITORY}:one")
    registry.rename(f"{REPOSITORY}:{first[7:19]}")
    [tag] = engine.call("GET", f"/images/{first}/json")["RepoTags"]
    assert tag == f"{REPOSITORY}:one"

    engine.call("DELETE", f"/images/{first}", force=True)
    fleet = Fleet(engine, WHOSE, lambda *_: None, registry.restore)
    try:
        fleet.prepare("a" * 32, [Spec("app", first, command=("/bin/cat", "/word"))])
        task_run = fleet.task_runs["a" * 32]
        until(lambda: task_run.phase != "preparing")
        assert task_run.phase == "ready", task_run.failure
    finally:
        fleet.clear(images=False)

    assert held(registry, first[7:19]) == 200
    registry.drop(first)
    assert held(registry, first[7:19]) == 404
    assert held(registry, second[7:19]) == 200


def test_a_closed_registry_leaves_no_folder_and_serves_no_image(
    registry: Registry, engine: Engine, tmp_path: Path
) -> None:
    image = built(engine, tmp_path, "one")
    registry.push(image, f"{REPOSITORY}:one", [])
    assert held(registry, "one") == 200
    folder = registry.folder
    registry.close()
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError):
        held(registry, "one")
    assert not registry.restore(image)


def test_an_engine_that_cannot_push_there_says_why(registry: Registry, engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"does not exist locally|image not known"):
        registry.push("sha256:" + "0" * 64, f"{REPOSITORY}:none", [])


def test_the_registry_can_be_turned_off(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.usable
    monkeypatch.setenv(NO_REGISTRY, "0")
    assert not registry.usable
