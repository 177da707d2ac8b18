"""Failures inside a success: what AWS's batch operations say about each item, in an answer with status 200.

An item that does not exist is no failure: it is missing from the answer. Any other reason is raised as the error that
it is, so that it is reported, or retried, as if AWS had answered with it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = ("MISSING", "does not exist", "ImageNotFound", "NoSuchKey", "NoSuchVersion")


@dataclass(frozen=True)
class Failures:
    """Where an answer has its failures, and in which members of each: which item, the code, the reason."""

    member: str
    item: str = ""  # empty: the failure is only the item's name, and means that it does not exist
    code: str = ""
    reasons: tuple[str, ...] = ()
    inside: str = ""  # the member of each failure that holds code and reasons; empty: the failure itself does

    def details(self, failure: Mapping[str, Any]) -> Mapping[str, Any]:
        """The members with the reason."""
        return failure.get(self.inside) or {} if self.inside else failure


_EC2 = Failures("Unsuccessful", "ResourceId", "Code", ("Message",), inside="Error")
_ECS = Failures("failures", "arn", "reason", ("reason", "detail"))
FAILURES: Mapping[str, Failures] = {
    "codebuild.batch_get_builds": Failures("buildsNotFound"),
    "codebuild.batch_get_projects": Failures("projectsNotFound"),
    "ec2.create_flow_logs": _EC2,
    "ec2.delete_flow_logs": _EC2,
    "ec2.revoke_security_group_egress": Failures("UnknownIpPermissions"),  # rules that do not exist
    "ec2.revoke_security_group_ingress": Failures("UnknownIpPermissions"),
    "ecr.batch_get_image": Failures("failures", "imageId", "failureCode", ("failureReason",)),
    "ecs.delete_task_definitions": _ECS,
    "ecs.describe_clusters": _ECS,
    "ecs.describe_service_deployments": _ECS,
    "ecs.describe_service_revisions": _ECS,
    "ecs.describe_services": _ECS,
    "ecs.describe_tasks": _ECS,
    "ecs.run_task": _ECS,
    "events.put_targets": Failures("FailedEntries", "TargetId", "ErrorCode", ("ErrorMessage",)),
    "events.remove_targets": Failures("FailedEntries", "TargetId", "ErrorCode", ("ErrorMessage",)),
    "s3.delete_objects": Failures("Errors", "Key", "Code", ("Message",)),
}
"""Every operation in use that has such answers."""


def check(service: str, operation: str, answer: Mapping[str, Any]) -> None:
    """Raise botocore's ClientError if an answer has a failure other than something that does not exist."""
    failures = FAILURES.get(f"{service}.{operation}")
    if not failures or not failures.item:
        return
    failed = [one for one in answer.get(failures.member) or () if not _is_absent(failures, one)]
    if not failed:
        return
    from botocore.exceptions import ClientError

    first, said = failed[0], failures.details(failed[0])
    reason = ": ".join(str(said[name]) for name in failures.reasons if said.get(name))
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    item = first.get(failures.item)
    named = "/".join(map(str, item.values())) if isinstance(item, Mapping) else item
    message = f"{named}: {reason}{more}" if named else f"{reason}{more}"
    code = str(said.get(failures.code, ""))
    error: Any = {"Error": {"Code": code if code.replace(".", "").isidentifier() else "Failed", "Message": message}}
    raise ClientError(error, "".join(word.capitalize() for word in operation.split("_")))


def _is_absent(failures: Failures, failure: Mapping[str, Any]) -> bool:
    words = " ".join(str(failures.details(failure).get(name, "")) for name in (failures.code, *failures.reasons))
    return any(word in words for word in ABSENT)
