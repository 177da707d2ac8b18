"""What a simulated build produces: an image of its commit, tagged with the commit and `latest`, and its artifact."""

import json
from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.ecr.models import ecr_backends

from ecsctl.sandbox.aws import ecr
from ecsctl.sandbox.aws.codebuild.builds import undelivered
from ecsctl.sandbox.aws.codebuild.state import Build, builds
from ecsctl.sandbox.aws.codebuild.time import ended as ended_at
from ecsctl.sandbox.core import clock, overlay, requests


class Pushed(set[str]):
    """The ids of builds whose images have been pushed."""


@requests.before_each
def push_all() -> None:
    """Before each request, push the images of the builds that have ended."""
    for _, _, backend in list(codebuild_backends.iter_backends()):
        for build in builds(backend).all.values():
            push_once(backend, build)


def push_once(backend: Any, build: Build) -> None:
    """Push the image and the artifact of a simulated build that has succeeded, once."""
    pushed = overlay.memory(backend, Pushed)
    ended = ended_at(build, clock.now()) if build.id not in pushed else None
    if ended is not None:
        pushed.add(build.id)
        if ended[1] == "SUCCEEDED" and build.commands is None:
            tag = _push(backend.account_id, backend.region_name, build)
            build.exported = {"IMAGE_TAG": tag} if tag else {}
            undelivered(backend.account_id, build, _files(build, tag))


def _files(build: Build, tag: str) -> dict[str, bytes]:
    """The files of a simulated build's artifact, by name: those that the buildspec of `ecsctl init` writes."""
    variables = _variables(build)
    if not tag or not {"REPOSITORY_URI", "CONTAINER_NAME"} <= variables.keys():
        return {}
    image = {"name": variables["CONTAINER_NAME"], "imageUri": f"{variables['REPOSITORY_URI']}:{tag}"}
    return {"docker_image_definition.json": json.dumps([image]).encode()}


def _variables(build: Build) -> dict[str, str]:
    return {one["name"]: one["value"] for one in build.facts["environment"]["environmentVariables"]}


def _push(account: str, region: str, build: Build) -> str:
    """Push as the buildspec of `ecsctl init` does, and return the tag; empty without a commit.

    A commit's existing image is kept, unless it is for the other processor: then a second image is pushed.
    """
    repository = _variables(build).get("REPOSITORY_URI", "").partition("/")[2]
    commit = build.facts.get("resolvedSourceVersion")
    if not commit:
        return ""
    if repository not in ecr_backends[account][region].repositories:
        return str(commit)
    architecture = "arm64" if build.facts["environment"]["type"].startswith("ARM") else "amd64"
    for tag in (commit, f"{commit}-{architecture}"):
        found = ecr.find_image(account, region, repository, tag)
        if found is None:
            ecr.put_image(account, region, repository, [tag, "latest"], architecture)
            return str(tag)
        if architecture in found.architectures:
            ecr.push(account, region, repository, ["latest"], str(ecr.pulled(account, region, repository, tag)))
            return str(tag)
    return str(commit)
