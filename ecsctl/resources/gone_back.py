"""Whether a service runs an earlier revision again, and who went back: then what differs is nobody's drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ecsctl.engine.label import flat
from ecsctl.resources.support.common import there
from ecsctl.resources.support.ecs import newer, releases, revision_of

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

    from ecsctl.aws import Aws

BACK = "ecsctl:back-to"
"""The tag of a revision that `ecsctl rollback` has registered: the number of the one whose copy it is."""


def gone_back(aws: Aws, cluster: str, service: ServiceTypeDef, tags: Mapping[str, str] | None = None) -> str:
    """In words, who went back and what `up` does then; empty if the service does not run an earlier revision again.

    `tags` are those of the revision that it runs, if they are known already.
    """
    runs = service.get("taskDefinition", "")
    if tags is None:
        answer = there(lambda: aws.look(aws.ecs.describe_task_definition, taskDefinition=runs, include=["TAGS"]))
        tags = flat(answer.get("tags")) if answer else {}
    ends = "up releases what ecsctl.toml says again, with the image that runs"
    if back := tags.get(BACK):
        return f"ecsctl rollback went back to revision {back}: {ends}"
    deployments, revisions = releases(aws, cluster, service["serviceName"])
    brings = {one["serviceRevisionArn"]: one["taskDefinition"] for one in revisions}
    brought = [brings.get(one["targetServiceRevisionArn"], "") for one in deployments]
    if not brought:
        return ""
    now, before = revision_of(runs), revision_of(brought[0])
    if deployments[0]["status"].startswith("ROLLBACK") and brought[0] != runs:
        return f"ECS rolled revision {before} back to revision {now}: {ends}"
    later = [arn for arn in brought[1:] if newer(arn, runs)]
    if brought[0] == runs and later:
        return f"ecsctl rollback, or somebody by hand, went back to revision {now} from {revision_of(later[0])}: {ends}"
    return ""
