"""Building an image on AWS without the pipeline, with the app's own project."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from ecsctl.engine.errors import Refused, ResourceFailed
from ecsctl.names import Names
from ecsctl.resources.support.builds import is_running, names_of, newest_build, pushed_by, why_failed
from ecsctl.resources.support.common import there

if TYPE_CHECKING:
    from types_boto3_codebuild.type_defs import BuildTypeDef

    from ecsctl.aws import Aws
    from ecsctl.session import Session

LIMIT = 3600.0  # seconds for CodeBuild's queue and the build itself


def build(session: Session, say: Callable[[str], None], limit: float = LIMIT) -> str:
    """Start a build of the branch, wait for it, and return the image that it pushed, by its digest.

    A build that such a command started before and that runs still is waited for instead. Raises Refused when the app
    has no project or the image cannot be found, ResourceFailed when the build fails, TimedOut after `limit` seconds.
    """
    aws, app = session.aws, session.state.book.app
    project = Names(app, session.identity.account, session.identity.region).project
    described = there(lambda: aws.look(aws.ecr.describe_repositories, repositoryNames=[app]))
    if described is None or not aws.look(aws.codebuild.batch_get_projects, names=[project])["projects"]:
        raise Refused(f"there is no project {project} to build with", hint="add [github] to ecsctl.toml; ecsctl up")
    with aws.fresh():
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
    return _pushed(aws, app, ended, described["repositories"][0]["repositoryUri"])


def _ended(aws: Aws, build_id: str, limit: float) -> BuildTypeDef:
    note = "build"

    def look() -> BuildTypeDef | None:
        nonlocal note
        with aws.fresh():
            found = aws.look(aws.codebuild.batch_get_builds, ids=[build_id])["builds"][0]
        note = f"{_called(found)}: {found.get('currentPhase', '')}"
        return None if is_running(found) else found

    return aws.patience.until(look, what=lambda: note, limit=limit)


def _pushed(aws: Aws, app: str, ended: BuildTypeDef, uri: str) -> str:
    """By its digest; known by the name that buildspec.yml exports as IMAGE_TAG, or that of the commit."""
    tags = names_of(ended)
    with aws.fresh():
        found = pushed_by(aws, ended, app)
    if found:
        return f"{uri}@{found['imageDigest']}"
    raise Refused(
        f"{_called(ended)} succeeded, but pushed no image that is known to be its own",
        why=f"the repository {app} has none tagged {' or '.join(tags)}" if tags else "it tells neither tag nor commit",
        hint="let buildspec.yml push to $REPOSITORY_URI and export IMAGE_TAG",
    )


def _called(build: BuildTypeDef) -> str:
    return f"build {build['id'].rpartition(':')[2][:8]}"
