"""What a service runs: the image, the processor it was made for, and whether it is a first version that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.resources.support.ecs import family_of, releases, service_of
from ecsctl.resources.task_definition_merge import container_of

if TYPE_CHECKING:
    from ecsctl.aws import Aws


@dataclass(frozen=True)
class Living:
    """The image in the task definition of a service that is there, and that task definition's processor."""

    image: str
    architecture: str
    broken: bool = False  # ECS has given it up, and nothing was ever deployed with success


def living(aws: Aws, cluster: str, service: str, container: str, placeholder: str) -> Living | None:
    """What a service runs that is there, a draining one included; None without one, or for a placeholder."""
    found = service_of(aws, cluster, service)
    if found is None or found["status"] == "INACTIVE" or not family_of(found.get("taskDefinition", "")):
        return None
    answer = aws.look(aws.ecs.describe_task_definition, taskDefinition=found["taskDefinition"], include=["TAGS"])
    definition = dict(answer["taskDefinition"])
    image = str(container_of(definition, container).get("image", ""))
    if image == placeholder:
        return None
    platform = answer["taskDefinition"].get("runtimePlatform", {})
    given_up = any(one.get("rolloutState") == "FAILED" for one in found["deployments"] if one["status"] == "PRIMARY")
    broken = given_up and not releases(aws, cluster, service, "SUCCESSFUL")[0]
    return Living(image, platform.get("cpuArchitecture", "X86_64"), broken)
