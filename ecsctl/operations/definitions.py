"""Revisions of the app's task definition: read, and registered again with another image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecsctl.engine.errors import Refused, UsageError, code, text
from ecsctl.engine.label import APP, ID, RESOURCE, flat
from ecsctl.resources.gone_back import BACK
from ecsctl.resources.support.common import there
from ecsctl.resources.support.ecs import revision_of
from ecsctl.resources.task_definition import revision
from ecsctl.resources.task_definition_merge import DIGEST, Definition, Revision, container_of, digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecsctl.aws import Aws


ROLE = "task-definition"
"""The part that the app's task definition plays in the stack."""


def described(aws: Aws, name: str) -> Revision | None:
    """A revision, by its ARN or as `family:revision`; None if there is none."""
    try:
        return there(lambda: revision(aws, name))
    except Exception as error:
        if _unknown(error):
            return None
        raise


def revision_named(aws: Aws, app: str, name: str) -> Revision:
    """The app's revision that a person names: a number, `family:number`, or an ARN.

    Raises UsageError for what is no revision's name, Refused for one that is not there or not of the app's family.
    """
    match = re.fullmatch(r"(?:(?:arn:[\w-]+:ecs:[\w-]+:\d{12}:task-definition/)?([\w-]+):)?(\d{1,9})", name, re.ASCII)
    if not match:
        raise UsageError(f"{name!r} is not a revision", hint=f"ecsctl history lists them, such as 7 or {app}:7")
    family, number = match[1] or app, int(match[2])
    if family != app:
        raise Refused(f"{family}:{number} is not a revision of {app}", hint="ecsctl history lists those that are")
    found = described(aws, f"{app}:{number}")
    if found is None:
        raise Refused(f"there is no revision {number} of {app}", hint="ecsctl history lists those there are")
    return found


def image_of(revision: Revision, app: str) -> str:
    """The image of the app's own container."""
    return str(container_of(revision.definition, app).get("image", ""))


def architecture_of(revision: Revision) -> str:
    """ARM64 or X86_64, which is what AWS takes when nothing is said (API reference, RuntimePlatform)."""
    return str(revision.definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64"))


def with_image(definition: Definition, app: str, image: str) -> Definition:
    """The same definition with another image in the app's container. Everything else stays as it is."""
    ours = container_of(definition, app)
    containers = [{**one, "image": image} if one is ours else one for one in definition["containerDefinitions"]]
    return {**definition, "containerDefinitions": containers}


def register(aws: Aws, service: Mapping[str, Any], like: Revision, wanted: Definition, *, back: bool = False) -> str:
    """Register a revision, marked as the one it was made from, or as the service that it is for. Its ARN.

    `back` says that the service goes back to the one it was made from: it is marked so, for `plan` to tell.

    A lost answer leaves a revision that nobody uses, which harms nothing: the call is repeated.
    """
    mark, tags = flat(service.get("tags")), dict(like.tags)
    if any(tags.get(name) != mark.get(name) for name in (APP, ID)):  # the pipeline's copy came without them
        tags = {**mark, RESOURCE: ROLE}
    tags = {name: value for name, value in tags.items() if not name.startswith("aws:")} | {DIGEST: digest(wanted)}
    tags |= {BACK: str(revision_of(like.arn))} if back else {}
    listed = [{"key": name, "value": value} for name, value in tags.items()]
    answer = aws.patience.through(
        lambda: aws.ecs.register_task_definition(**wanted, tags=listed),  # type: ignore[arg-type]  # as AWS told it
        what="registering the task definition",
    )
    return answer["taskDefinition"]["taskDefinitionArn"]


def _unknown(error: Exception) -> bool:
    """ECS says so with a code that it uses for much else."""
    return code(error) == "ClientException" and "Unable to describe task definition" in text(error)
