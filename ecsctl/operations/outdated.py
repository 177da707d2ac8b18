"""Which secrets and parameters have changed since tasks that run have read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl.asking import asking
from ecsctl.engine.errors import DENIED, code
from ecsctl.names import Names
from ecsctl.resources.support.common import there
from ecsctl.resources.support.ecs import service_of, tasks_of

if TYPE_CHECKING:
    from ecsctl.aws import Aws


@dataclass(frozen=True)
class Outdated:
    """A secret or parameter that has changed, and how many tasks that run are older."""

    name: str
    changed: datetime
    tasks: int

    @property
    def sentence(self) -> str:
        """For a person, with what to do."""
        who = "1 task is" if self.tasks == 1 else f"{self.tasks} tasks are"
        return f"{who} older than the last change of {self.name} ({self.changed:%Y-%m-%d %H:%M} UTC)"


@asking("looking at the secrets of the tasks")
def outdated(aws: Aws, app: str) -> tuple[Outdated, ...]:
    """A task reads them when it starts, and never again. Who may not look at one is not told of it."""
    try:
        return _outdated(aws, app)
    except ClientError as error:
        if code(error) in DENIED:
            return ()
        raise


def _outdated(aws: Aws, app: str) -> tuple[Outdated, ...]:
    names = Names(app)
    service = service_of(aws, names.cluster, names.service)
    if service is None or service["status"] != "ACTIVE" or not service.get("runningCount"):
        return ()
    definition = aws.look(aws.ecs.describe_task_definition, taskDefinition=service["taskDefinition"])["taskDefinition"]
    every = definition["containerDefinitions"]
    arns = sorted({_bare(one["valueFrom"]) for each in every for one in each.get("secrets") or ()})
    if not arns:
        return ()
    begun = [one["createdAt"] for one in tasks_of(aws, names.cluster, names.service, "RUNNING") if "createdAt" in one]
    found = ((arn, at) for arn in arns if (at := _changed(aws, arn)))
    return tuple(_older(arn, at, begun) for arn, at in found if any(one < at for one in begun))


def _older(arn: str, changed: datetime, begun: Iterable[datetime]) -> Outdated:
    name = (
        arn.split(":parameter", 1)[-1] if ":ssm:" in arn else arn.rsplit(":secret:", maxsplit=1)[-1].rpartition("-")[0]
    )
    return Outdated(name, changed, sum(one < changed for one in begun))


def _bare(arn: str) -> str:
    return ":".join(arn.split(":")[:7]) if ":secretsmanager:" in arn else arn


def _changed(aws: Aws, arn: str) -> datetime | None:
    """When it was changed last, as far as that may be seen."""
    place = aws.elsewhere(arn.split(":")[3])
    try:
        if ":secretsmanager:" in arn:
            found = there(lambda: place.look(place.secretsmanager.describe_secret, SecretId=arn))
            return found.get("LastChangedDate") if found else None
        name = arn.split(":parameter/", 1)[-1]
        names = [f"/{name}"] if "/" in name else [name, f"/{name}"]
        filters = [{"Key": "Name", "Option": "Equals", "Values": names}]
        listed = place.look(place.ssm.describe_parameters, ParameterFilters=filters)["Parameters"]
        return next((one.get("LastModifiedDate") for one in listed), None)
    except Exception as error:
        if code(error) in DENIED:
            return None
        raise
