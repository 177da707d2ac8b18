"""What a build that succeeded leaves behind: the image of its commit, under the commit's tag and `latest`."""

from moto.codebuild.models import codebuild_backends
from moto.ecr.models import ecr_backends

from ecsctl.sandbox import clock, ecr, overlay, requests
from ecsctl.sandbox.codebuild_builds import Build, builds


class Pushed(set[str]):
    """The ids of the builds whose images are there."""


@requests.before_each
def push_all() -> None:
    """Whatever is asked, of whichever service: the images of the builds that ended meanwhile are there."""
    for account, region, backend in list(codebuild_backends.iter_backends()):
        pushed = overlay.memory(backend, Pushed)
        for build in builds(backend).all.values():
            ended = build.ended(clock.now())
            if ended is not None and build.id not in pushed:
                pushed.add(build.id)
                if ended[1] == "SUCCEEDED":
                    _push(account, region, build)


def _push(account: str, region: str, build: Build) -> None:
    variables = {one["name"]: one["value"] for one in build.facts["environment"]["environmentVariables"]}
    repository, commit = variables.get("REPOSITORY_URI", "").partition("/")[2], build.facts.get("resolvedSourceVersion")
    if not repository or not commit or repository not in ecr_backends[account][region].repositories:
        return
    there = ecr.find_image(account, region, repository, commit)
    architecture = "arm64" if build.facts["environment"]["type"].startswith("ARM") else "amd64"
    tags = ["latest"] if there else [commit, "latest"]
    ecr.put_image(account, region, repository, tags, architecture, content=commit)
