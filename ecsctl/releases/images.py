"""Chooses the image to run: a named one, the one in use, the newest in the app's repository, or one built now."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl import registries
from ecsctl.aws import partitions
from ecsctl.errors import ConfigError, Refused, ResourceFailed
from ecsctl.names import Names
from ecsctl.resources.support import ecr
from ecsctl.resources.support.builds import builds_of, is_running, names_of, newest_build, pushed_by, why_failed
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.running import running

if TYPE_CHECKING:
    from types_boto3_codebuild.type_defs import BuildTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label
    from ecsctl.names import Placed

BUILT_WITHIN = 3600.0  # seconds for CodeBuild's queue and the build itself


@dataclass(frozen=True)
class Known:
    """The app's image, as far as it is known before anything is changed."""

    given: str = ""  # the one that the user names, by digest if it is in the app's repository
    image: str = ""  # an existing one, preferably the named one
    broken: str = ""  # what the service runs, if that is its first version and ECS has given it up
    moving: bool = False  # what the service runs was built for another processor than ecsctl.toml asks for


def known(aws: Aws, config: Config, me: Label, named: str = "") -> Known:
    """Find the image to run, and whether it may stay.

    Raises ConfigError for a named image that does not exist, is for another processor, or that the tasks may not pull;
    and if the tasks are to change to another processor, with nothing that could build for it.
    """
    names, wanted = Names.of(me), config.service.architecture
    uri = _uri(me, names.repository)
    runs = running(aws, names, f"{uri}:latest", () if config.processes else config.jobs)
    moving = runs is not None and runs.architecture != wanted and not _fits(aws, runs.image, uri, wanted)
    if named:
        given = checked(aws, named, uri, wanted)
        return Known(given, given, moving=moving)
    if runs and moving and not (config.github and config.pipeline.mode != "none"):
        raise ConfigError(
            f"the image that runs was built for {runs.architecture}, and service.architecture is {wanted}",
            why="nothing builds one for the other processor: there is no [github], or pipeline.mode is none",
            hint=f"push one that is built with --platform linux/{ecr.PROCESSORS[wanted]}, then ecsctl up --image URI",
        )
    if runs and ecr.has_image(aws, runs.image, uri):
        return Known("", runs.image, runs.image if runs.broken else "", moving)
    return Known("", ecr.newest(aws, names.repository, uri) or "", moving=moving)


def chosen(aws: Aws, names: Names, named: str, architecture: str) -> str:
    """The image to release, for tasks of that architecture: the named one, or the newest of the app's.

    By digest, if it is in the app's repository. Raises ConfigError for one that does not exist or does not fit, and
    Refused if there is none at all.
    """
    uri = _address(aws, names)
    if not named and not (named := ecr.newest(aws, names.repository, uri) or "" if uri else ""):
        raise Refused(
            "there is no image to release",
            why=f"the repository {names.repository} is empty" if uri else f"there is no repository {names.repository}",
            hint="ecsctl deploy --build, or --image URI" if uri else "ecsctl up creates it",
        )
    return checked(aws, named, uri, architecture)


def checked(aws: Aws, named: str, uri: str, architecture: str) -> str:
    """An image that the user names: in the app's repository `uri` by digest, anywhere else unchanged.

    Raises ConfigError for an image that does not exist, is for another processor, or that the tasks may not pull.
    """
    wanted, ours = ecr.Reference.of(named), ecr.Reference.of(uri)
    if not registries.is_image_name(named):
        raise ConfigError(f"expected the name of an image, such as REGISTRY/NAME:TAG or …@sha256:…, found {named!r}")
    if wanted is None or ours is None:
        return named
    if wanted.place != ours.place:
        raise ConfigError(
            f"{named} is in another ECR repository than the app's",
            why=f"the tasks may pull from {uri} only",
            hint=f"push it there (docker tag, docker push), and name it as {uri}:TAG",
        )
    found = ecr.by_name(aws, wanted)
    if found is None:
        newest = sorted(ecr.images(aws, ours.repository), key=lambda image: image["imagePushedAt"], reverse=True)
        tags = ", ".join([tag for image in newest for tag in ecr.tags(image) if tag != "latest"][:3])
        raise ConfigError(
            f"there is no image {named}",
            why=f"the newest in the repository: {tags}" if tags else "the repository holds no image, or does not exist",
            hint="push it first, or leave --image out: the app's own project builds one",
        )
    offered = ecr.processors(aws, ours.repository, found["imageDigest"])
    if offered and ecr.PROCESSORS[architecture] not in offered:
        raise ConfigError(
            f"{named} is for {' and '.join(sorted(offered))}, and the tasks run on {architecture}",
            hint=f"build it with --platform linux/{ecr.PROCESSORS[architecture]}, or change service.architecture",
        )
    return f"{uri}@{found['imageDigest']}"


def in_registry(image: str, place: Placed) -> ecr.Reference | None:
    """The reference of an image in this account's registry in this region, which can be read; None elsewhere."""
    named = ecr.Reference.of(image)
    return named if named and (named.account, named.region) == (place.account, place.region) else None


def digest_of(aws: Aws, named: ecr.Reference) -> str:
    """The digest of the image that a reference in this registry names; empty if it does not exist."""
    found = ecr.by_name(aws, named)
    return found["imageDigest"] if found else ""


def is_same_image(aws: Aws, place: Placed, one: str, other: str) -> bool:
    """Whether two names refer to the same image right now."""

    def resolved(image: str) -> str:
        named = in_registry(image, place)
        return f"{named.repository}@{named.digest or digest_of(aws, named) or named.tag}" if named else image

    return one == other or resolved(one) == resolved(other)


def past_builds(aws: Aws, names: Names) -> tuple[str, ...]:
    """The ids of the app's builds that have ended, the newest first: their images exist, or are gone again."""
    return tuple(one["id"] for one in builds_of(aws, names.project) if not is_running(one))


def build(aws: Aws, names: Names, say: Callable[[str], None], limit: float = BUILT_WITHIN) -> str:
    """Start a build of the branch, without the pipeline, and return the image that it pushed, by its digest.

    If a build that such a command started before is still running, it is waited for instead. Raises Refused if the app
    has no project or the image cannot be found, ResourceFailed if the build fails, TimedOut after `limit` seconds.
    """
    project, uri = names.project, _address(aws, names)
    if not uri or not aws.read(aws.codebuild.batch_get_projects, names=[project])["projects"]:
        raise Refused(
            f"there is no project {project} to build with", hint="ecsctl up creates it, if ecsctl.toml has [github]"
        )
    with aws.uncached():
        newest = newest_build(aws, project)
    if newest and is_running(newest) and not newest.get("initiator", "").startswith("codepipeline/"):
        say(f"{_called(newest)} runs already: waiting for it")
        started = newest
    else:
        token = str(uuid.uuid4())  # the call may be repeated: it is the same build (CodeBuild API, StartBuild)
        started = aws.patience.through(
            lambda: aws.codebuild.start_build(projectName=project, idempotencyToken=token), what="starting the build"
        )["build"]
        say(f"{_called(started)} of {project} was started")
    ended = _ended(aws, started["id"], limit)
    if ended["buildStatus"] != "SUCCEEDED":
        raise ResourceFailed("the build failed", why=why_failed(aws, ended), hint="fix it and run it again")
    tags = names_of(ended)  # the name that buildspec.yml exports as IMAGE_TAG, or that of the commit
    with aws.uncached():
        found = pushed_by(aws, ended, names.repository)
    if found:
        return f"{uri}@{found['imageDigest']}"
    none = f"the repository {names.repository} has none tagged {' or '.join(tags)}"
    raise Refused(
        f"{_called(ended)} succeeded, but pushed no image that is known to be its own",
        why=none if tags else "it names neither tag nor commit",
        hint="let buildspec.yml push to $REPOSITORY_URI and export IMAGE_TAG",
    )


def _ended(aws: Aws, build_id: str, limit: float) -> BuildTypeDef:
    note = "build"

    def read() -> BuildTypeDef | None:
        nonlocal note
        with aws.uncached():
            found = aws.read(aws.codebuild.batch_get_builds, ids=[build_id])["builds"][0]
        note = f"{_called(found)}: {found.get('currentPhase', '')}"
        return None if is_running(found) else found

    return aws.patience.until(read, what=lambda: note, limit=limit)


def _called(build: BuildTypeDef) -> str:
    return f"build {build['id'].rpartition(':')[2][:8]}"


def _fits(aws: Aws, image: str, uri: str, architecture: str) -> bool:
    """Whether an image is known to run on a processor, or is not the app's own, in which case nothing here could build
    it.
    """
    named, ours = ecr.Reference.of(image), ecr.Reference.of(uri)
    if named is None or ours is None or named.place != ours.place:
        return True
    digest = digest_of(aws, named)
    return bool(digest) and ecr.PROCESSORS[architecture] in ecr.processors(aws, ours.repository, digest)


def _address(aws: Aws, names: Names) -> str:
    """The address of the app's repository; empty if there is none."""
    answer = none_if_gone(lambda: aws.read(aws.ecr.describe_repositories, repositoryNames=[names.repository]))
    return answer["repositories"][0]["repositoryUri"] if answer else ""


def _uri(me: Label, repository: str) -> str:
    """The address that a repository has or will have (Amazon ECR User Guide, "Amazon ECR private registry")."""
    return f"{me.account}.dkr.ecr.{me.region}.{partitions.suffix(me.partition)}/{repository}"
