"""Which image there is to run: one that the user names, the one in use, or the newest in the app's repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.engine.errors import ConfigError
from ecsctl.names import Names
from ecsctl.resources.living import living
from ecsctl.resources.support import ecr
from ecsctl.resources.support.builds import builds_of, is_running

if TYPE_CHECKING:
    from ecsctl.account import Identity
    from ecsctl.aws import Aws
    from ecsctl.config import Config

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d+)?"
_NAME = re.compile(rf"(?:{_HOST}/)?({_PART}(?:/{_PART})*)(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?", re.ASCII)
_LONGEST = 255  # of a name, by the grammar of the distribution project's package `reference`, which registries follow


@dataclass(frozen=True)
class Known:
    """What is known of the app's image before anything is changed."""

    given: str = ""  # what the user names, by digest if it is in the app's repository
    image: str = ""  # one that exists, that one first
    broken: str = ""  # what the service runs, if that is its first version and ECS has given it up
    moving: bool = False  # what the service runs was built for another processor than ecsctl.toml asks for


def known(aws: Aws, config: Config, identity: Identity, wished: str = "") -> Known:
    """What there is to run, and whether it may stay.

    Raises ConfigError for a named image that is not there, is for another processor, or that the tasks may not pull;
    and where the tasks are to change over to another processor, with nothing that could build for it.
    """
    names = Names(config.name, identity.account, identity.region)
    uri, wanted = _uri(identity, names.app), config.service.architecture
    runs = living(aws, names.app, names.app, names.app, f"{uri}:latest")
    moving = runs is not None and runs.architecture != wanted and not _fits(aws, runs.image, uri, wanted)
    if wished:
        given = checked(aws, wished, uri, wanted)
        return Known(given, given, moving=moving)
    if runs and moving and not (config.github and config.pipeline.mode != "none"):
        raise ConfigError(
            f"the image that runs was built for {runs.architecture}, and service.architecture is {wanted}",
            why="nothing builds one for the other processor: there is no [github], or pipeline.mode is none",
            hint=f"push one that is built with --platform linux/{ecr.PROCESSORS[wanted]}, then ecsctl up --image URI",
        )
    if runs and ecr.is_there(aws, runs.image, uri):
        return Known("", runs.image, runs.image if runs.broken else "", moving)
    return Known("", ecr.newest(aws, names.app, uri) or "", moving=moving)


def _fits(aws: Aws, image: str, uri: str, architecture: str) -> bool:
    """Whether an image is known to run on a processor, or is not the app's own: nothing here builds those."""
    named, ours = ecr.Reference.of(image), ecr.Reference.of(uri)
    if named is None or ours is None or named.place != ours.place:
        return True
    found = named.among(ecr.images(aws, ours.repository))
    return found is not None and ecr.PROCESSORS[architecture] in ecr.processors(
        aws, ours.repository, found["imageDigest"]
    )


def checked(aws: Aws, wished: str, uri: str, architecture: str) -> str:
    """An image that the user names: one of the app's repository `uri` by digest, one of elsewhere as it is.

    Raises ConfigError for an image that is not there, is for another processor, or that the tasks may not pull.
    """
    named, ours = ecr.Reference.of(wished), ecr.Reference.of(uri)
    name = _NAME.fullmatch(wished)
    if not name or len(wished.partition("@")[0]) > _LONGEST or re.fullmatch(r"[0-9a-f]{64}", name[1]):
        raise ConfigError(f"expected the name of an image, such as REGISTRY/NAME:TAG or …@sha256:…, found {wished!r}")
    if named is None or ours is None:
        return wished
    if named.place != ours.place:
        raise ConfigError(
            f"{wished} is in another ECR repository than the app's",
            why=f"the tasks may pull from {uri} only",
            hint=f"push it there (docker tag, docker push), and name it as {uri}:TAG",
        )
    there = ecr.images(aws, ours.repository)
    found = named.among(there)
    if found is None:
        newest = sorted(there, key=lambda image: image["imagePushedAt"], reverse=True)
        tags = ", ".join([tag for image in newest for tag in ecr.tags(image) if tag != "latest"][:3])
        raise ConfigError(
            f"there is no image {wished}",
            why=f"the newest in the repository: {tags}" if tags else "the repository holds no image, or is not there",
            hint="push it first, or leave --image out: the app's own project builds one",
        )
    offered = ecr.processors(aws, ours.repository, found["imageDigest"])
    if offered and ecr.PROCESSORS[architecture] not in offered:
        raise ConfigError(
            f"{wished} is for {' and '.join(sorted(offered))}, and the tasks run on {architecture}",
            hint=f"build it with --platform linux/{ecr.PROCESSORS[architecture]}, or change service.architecture",
        )
    return f"{uri}@{found['imageDigest']}"


def registry(image: str) -> str:
    """The registry that an image's name leads to: its first part if that can be a host, or else Docker Hub's."""
    host = image.partition("/")[0] if "/" in image else ""
    return host if host == "localhost" or "." in host or ":" in host else "docker.io"


def past_builds(aws: Aws, config: Config) -> tuple[str, ...]:
    """The ids of the app's builds that have ended, the newest first: what they left behind is there, or is gone."""
    return tuple(one["id"] for one in builds_of(aws, Names(config.name, "", "").project) if not is_running(one))


def _uri(identity: Identity, repository: str) -> str:
    """The address of a repository (Amazon ECR User Guide, "Amazon ECR private registry")."""
    suffix = ".cn" if identity.partition == "aws-cn" else ""
    return f"{identity.account}.dkr.ecr.{identity.region}.amazonaws.com{suffix}/{repository}"
