"""Which image there is to run: one that the user names, the one in use, or the newest in the app's repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecsctl.engine.errors import ConfigError
from ecsctl.ensure.names import Names
from ecsctl.resources import ecr
from ecsctl.resources.builds import is_running, newest_build
from ecsctl.resources.first_image import living_image

if TYPE_CHECKING:
    from ecsctl.account import Identity
    from ecsctl.aws import Aws
    from ecsctl.config import Config

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9._-]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?", re.ASCII)


def known(aws: Aws, config: Config, identity: Identity, wished: str = "") -> tuple[str, str]:
    """The image that the user names, checked and by digest; and one that exists, that one first. Empty: none.

    Raises ConfigError for a named image that is not there, is for another processor, or that the tasks may not pull.
    """
    names = Names(config.name, identity.account, identity.region)
    uri = _uri(identity, names.app)
    if wished:
        given = checked(aws, wished, uri, config.service.architecture)
        return given, given
    living = living_image(aws, names.app, names.app, names.app, f"{uri}:latest")
    if living and ecr.is_there(aws, living, uri):
        return "", living
    return "", ecr.newest(aws, names.app, uri) or ""


def checked(aws: Aws, wished: str, uri: str, architecture: str) -> str:
    """An image that the user names: one of the app's repository `uri` by digest, one of elsewhere as it is.

    Raises ConfigError for an image that is not there, is for another processor, or that the tasks may not pull.
    """
    named, ours = ecr.Reference.of(wished), ecr.Reference.of(uri)
    if not _NAME.fullmatch(wished):
        raise ConfigError(f"{wished!r} is not the name of an image", hint="such as REGISTRY/NAME:TAG, or @sha256:…")
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
            hint="push it first, or leave --image away: the app's own project builds one",
        )
    offered = ecr.processors(aws, ours.repository, found["imageDigest"])
    if offered and ecr.PROCESSORS[architecture] not in offered:
        raise ConfigError(
            f"{wished} is for {' and '.join(sorted(offered))}, and the tasks run on {architecture}",
            hint=f"build it with --platform linux/{ecr.PROCESSORS[architecture]}, or change service.architecture",
        )
    return f"{uri}@{found['imageDigest']}"


def past_build(aws: Aws, config: Config) -> str:
    """The id of the app's newest build, if that has ended: whatever it left behind is there, or is gone."""
    build = newest_build(aws, Names(config.name, "", "").project)
    return build["id"] if build and not is_running(build) else ""


def _uri(identity: Identity, repository: str) -> str:
    """The address of a repository (Amazon ECR User Guide, "Amazon ECR private registry")."""
    suffix = ".cn" if identity.partition == "aws-cn" else ""
    return f"{identity.account}.dkr.ecr.{identity.region}.amazonaws.com{suffix}/{repository}"
