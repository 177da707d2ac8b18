"""The image that the app runs, and the processor it was built for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from ecsctl.resources.support.deployments import Snapshot, brief
from ecsctl.resources.support.ecs import default_names_of, family_of, service_of
from ecsctl.resources.support.revisions import latest_of, revision

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.names import Names


@dataclass(frozen=True)
class Running:
    """The image in the task definition of an existing process, and that task definition's processor."""

    image: str
    architecture: str
    broken: bool = False  # ECS gave it up, and no deployment has ever succeeded


def running(aws: Aws, names: Names, placeholder: str = "", jobs: Collection[str] = ()) -> Running | None:
    """What the web process runs, or else the first process that has a service, or else the first of these `jobs`.

    A draining service counts. None if there is none, or if it runs the placeholder image.
    """
    lead = default_names_of(aws, names)
    found = service_of(aws, lead.cluster, lead.service)
    if found and found["status"] != "INACTIVE" and family_of(found.get("taskDefinition", "")):
        broken = Snapshot(found).failed and not brief(aws, lead.cluster, lead.service, "SUCCESSFUL").deployments
        runs = [Running(*_of(aws, names, found["taskDefinition"]), broken)]
    else:
        families = (names.on(one).family for one in sorted(jobs))
        latest = chain.from_iterable(latest_of(aws, family)[:1] for family in families)
        runs = [Running(*_of(aws, names, arn)) for arn in latest]
    return next((one for one in runs if one.image != placeholder), None)


def _of(aws: Aws, names: Names, arn: str) -> tuple[str, str]:
    runs = revision(aws, arn)
    return runs.image(names.container), runs.architecture
