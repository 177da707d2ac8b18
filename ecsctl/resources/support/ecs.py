"""What several resource types read from ECS: clusters, services, tasks, ARNs from the tagging API, parts of ARNs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ecsctl.engine.label import APP, Label
from ecsctl.parts import RELEASE
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from types_boto3_ecs.literals import DesiredStatusType
    from types_boto3_ecs.type_defs import ClusterTypeDef, ServiceTypeDef, TaskTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.names import Names

T = TypeVar("T")

BY = "ecsctl"
"""The value of startedBy for ecsctl's standalone tasks."""


def cluster_of(aws: Aws, name: str) -> ClusterTypeDef | None:
    """The cluster of this name, with its tags and settings; None for a deleted one, which ECS describes for a while."""
    found = aws.read(aws.ecs.describe_clusters, clusters=[name], include=["TAGS", "SETTINGS", "CONFIGURATIONS"])[
        "clusters"
    ]
    return next((cluster for cluster in found if cluster["status"] != "INACTIVE"), None)


def service_of(aws: Aws, cluster: str, name: str) -> ServiceTypeDef | None:
    """A service as described, whatever its status. The service and its task definition share this one call."""
    answer = none_if_gone(
        lambda: aws.read(aws.ecs.describe_services, cluster=cluster, services=[name], include=["TAGS"])
    )
    return answer["services"][0] if answer and answer["services"] else None


def families_of(aws: Aws, names: Names) -> list[str]:
    """The families of the app's processes, found by name, the web's first; including those with no active revision
    left.
    """
    listed = aws.read(aws.ecs.list_task_definition_families, familyPrefix=names.of_processes, status="ALL")
    return [names.family, *sorted(filter(names.owns, listed["families"]))]


def services_of(aws: Aws, names: Names) -> list[ServiceTypeDef]:
    """The services of all processes of the app, the web's first, whatever their status.

    A draining one is listed nowhere, and described by its name, which is its family's.
    """
    aws.ahead([partial(families_of, aws, names)])
    web = service_of(aws, names.cluster, names.service)
    found = [web] if web else []
    for some in batches(families_of(aws, names)[1:], 10):
        asked = aws.ecs.describe_services
        answer = none_if_gone(partial(aws.read, asked, cluster=names.cluster, services=some, include=["TAGS"]))
        found += answer["services"] if answer else []
    return found


def default_names_of(aws: Aws, names: Names) -> Names:
    """The process whose image counts as the app's: the web, if it has a service; otherwise the first that has one."""
    web = service_of(aws, names.cluster, names.service)
    if web and web["status"] == "ACTIVE":
        return names
    there_are = sorted((one for one in services_of(aws, names) if one["status"] != "INACTIVE"), key=_is_inactive)
    return names.on(names.process_of(there_are[0]["serviceName"])) if there_are else names


def _is_inactive(service: Mapping[str, Any]) -> bool:
    return bool(service["status"] != "ACTIVE")


def groups_of(service: Mapping[str, Any]) -> list[str]:
    """The target groups that its tasks are in, or may be: if requests are shifted, one of two."""
    found: dict[str, None] = {}
    for one in service.get("loadBalancers") or ():
        between = one.get("advancedConfiguration") or {}
        found |= dict.fromkeys((one.get("targetGroupArn", ""), between.get("alternateTargetGroupArn", "")))
    return [arn for arn in found if arn]


def tasks_of(
    aws: Aws, cluster: str, service: str, *statuses: DesiredStatusType, most: int | None = None
) -> list[TaskTypeDef]:
    """The tasks of a service with one of these desired states: of stopped ones, those of the last hour."""
    arns: dict[str, None] = {}
    for status in statuses:
        listed = aws.read(aws.ecs.list_tasks, cluster=cluster, serviceName=service, desiredStatus=status)
        arns |= dict.fromkeys(listed["taskArns"])
    return described(aws, cluster, list(arns)[:most])


def tasks_in(aws: Aws, cluster: str, *statuses: DesiredStatusType) -> list[TaskTypeDef]:
    """All tasks of a cluster with one of these desired states, whatever started them."""
    arns: dict[str, None] = {}
    for status in statuses:
        arns |= dict.fromkeys(aws.read(aws.ecs.list_tasks, cluster=cluster, desiredStatus=status)["taskArns"])
    return described(aws, cluster, arns)


def stop_ours(aws: Aws, cluster: str) -> None:
    """Stop the standalone tasks that ecsctl, or one of its schedules, has started."""
    for arn in alone(aws, cluster):
        aws.ecs.stop_task(cluster=cluster, task=arn, reason="ecsctl down")


def alone(aws: Aws, cluster: str) -> list[str]:
    """The app's standalone tasks, recognized by their group."""
    found = none_if_gone(lambda: tasks_in(aws, cluster, "RUNNING")) or []
    return [one["taskArn"] for one in found if one.get("group", "").startswith(f"{BY}:")]


def started_by_us(aws: Aws, cluster: str) -> list[str]:
    """The standalone tasks that ecsctl has started and that still run."""
    answer = none_if_gone(lambda: aws.read(aws.ecs.list_tasks, cluster=cluster, startedBy=BY))
    return answer["taskArns"] if answer else []


def has_succeeded(task: Mapping[str, Any], container: str) -> bool:
    """Whether the command of a task has ended with 0 by itself: a stopped one may end with 0 too."""
    own: Mapping[str, Any] = next((one for one in task.get("containers", ()) if one.get("name") == container), {})
    return own.get("exitCode") == 0 and task.get("stopCode") == "EssentialContainerExited"


def commands_of(aws: Aws, cluster: str) -> list[TaskTypeDef]:
    """The tasks in which the release command is running: started by ecsctl, or in the pipeline."""
    with aws.uncached():
        found = described(aws, cluster, started_by_us(aws, cluster))
    return [one for one in found if one.get("group") == f"{BY}:{RELEASE}" and one.get("desiredStatus") == "RUNNING"]


def described(aws: Aws, cluster: str, arns: Iterable[str]) -> list[TaskTypeDef]:
    """These tasks, except those that ECS has forgotten."""
    found: list[TaskTypeDef] = []
    for batch in batches(arns, 100):
        found += aws.read(aws.ecs.describe_tasks, cluster=cluster, tasks=batch)["tasks"]
    return found


def known_to_tagging(aws: Aws, me: Label, kind: str) -> set[str]:
    """The app's ARNs from the tagging API. Only a hint: new ones are listed late, and deleted ones for a long time."""
    answer = aws.read(
        aws.tagging.get_resources, TagFilters=[{"Key": APP, "Values": [me.app]}], ResourceTypeFilters=[kind]
    )
    return {mapping["ResourceARN"] for mapping in answer["ResourceTagMappingList"]}


def family_of(arn: str) -> str:
    """The family in a task definition's ARN; empty for anything else, such as an id that is not known yet."""
    head, _, _ = arn.rpartition(":")
    return head.partition(":task-definition/")[2]


def revision_of(arn: str) -> int:
    """The revision number in a task definition's ARN; 0 for anything else."""
    number = arn.rpartition(":")[2]
    return int(number) if family_of(arn) and number.isdecimal() else 0


def is_newer(arn: str, than: str) -> bool:
    """Whether both are revisions of one family and the first was registered after the second."""
    return bool(family_of(arn)) and family_of(arn) == family_of(than) and revision_of(arn) > revision_of(than)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`: most calls of ECS accept no more at once."""
    rest: Sequence[T] = list(items)
    for start in range(0, len(rest), size):
        yield list(rest[start : start + size])
