"""The jobs at a release: they get the image that serves from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsctl.resources.support.ecs import services_of
from ecsctl.resources.support.revisions import DIGEST, container_of, digest, revision
from ecsctl.resources.support.schedules import families_of_jobs

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.names import Names
    from ecsctl.resources.support.revisions import Revision


def has_only_jobs(aws: Aws, names: Names) -> bool:
    """Whether the app has jobs, and no service."""
    with aws.uncached():
        return not any(one["status"] == "ACTIVE" for one in services_of(aws, names)) and bool(
            families_of_jobs(aws, names)
        )


def latest(aws: Aws, names: Names) -> Revision:
    """The revision that the next run of the first job uses."""
    with aws.uncached():
        return revision(aws, families_of_jobs(aws, names)[0])


def set_image(aws: Aws, names: Names, image: str) -> list[str]:
    """Register a revision with this image for each job that has another, and return the names of those jobs.

    To be called once its deployment has succeeded: a schedule runs the latest revision. May be repeated.
    """
    given = []
    with aws.uncached():
        families = families_of_jobs(aws, names)
    for family in families:
        with aws.uncached():
            latest = revision(aws, family)
        own = container_of(latest.definition, names.container)
        if own.get("image") == image:
            continue
        all_of_them = latest.definition["containerDefinitions"]
        containers = [{**one, "image": image} if one is own else one for one in all_of_them]
        request = {**latest.definition, "containerDefinitions": containers}
        kept = {name: value for name, value in latest.tags.items() if not name.startswith("aws:")}
        tags: list[Any] = [{"key": name, "value": value} for name, value in {**kept, DIGEST: digest(request)}.items()]
        aws.ecs.register_task_definition(**request, tags=tags)
        given.append(names.process_of(family))
    return given
