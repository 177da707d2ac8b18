"""Finds secrets and parameters that have changed since running tasks read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ecsctl.aws.asking import asking
from ecsctl.aws.codes import DENIED, code
from ecsctl.names import Names
from ecsctl.parts import WEB
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.ecs import services_of, tasks_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws


@dataclass(frozen=True)
class Outdated:
    """A secret or parameter that has changed, and how many running tasks are older, of which processes."""

    name: str
    changed: datetime
    tasks: int
    processes: tuple[str, ...] = (WEB,)

    @property
    def sentence(self) -> str:
        """A sentence for the terminal, with what to do."""
        whose = "" if self.processes == (WEB,) else f" of {' and '.join(self.processes)}"
        who = f"1 task{whose} is" if self.tasks == 1 else f"{self.tasks} tasks{whose} are"
        return f"{who} older than the last change of {self.name} ({self.changed:%Y-%m-%d %H:%M} UTC)"


@asking("reading the secrets of the tasks")
def outdated(aws: Aws, app: str) -> tuple[Outdated, ...]:
    """A task reads them only when it starts. One that may not be read is left out."""
    try:
        return _outdated(aws, app)
    except ClientError as error:
        if code(error) in DENIED:
            return ()
        raise


def _outdated(aws: Aws, app: str) -> tuple[Outdated, ...]:
    names, begun = Names(app), dict[str, list[tuple[str, datetime]]]()
    for service in services_of(aws, names):
        if service["status"] == "ACTIVE" and service.get("runningCount"):
            process = names.process_of(service["serviceName"])
            for arn in _read_by(aws, service["taskDefinition"]):
                begun.setdefault(arn, []).extend((process, at) for at in _begun(aws, names.on(process)))
    found = ((arn, at) for arn in sorted(begun) if (at := _changed(aws, arn)))
    return tuple(_older(arn, at, begun[arn]) for arn, at in found if any(one < at for _, one in begun[arn]))


def _read_by(aws: Aws, revision: str) -> set[str]:
    """The secrets and parameters that tasks of a revision read."""
    definition = aws.read(aws.ecs.describe_task_definition, taskDefinition=revision)["taskDefinition"]
    every = definition["containerDefinitions"]
    return {_bare(one["valueFrom"]) for each in every for one in each.get("secrets") or ()}


def _begun(aws: Aws, names: Names) -> list[datetime]:
    tasks = tasks_of(aws, names.cluster, names.service, "RUNNING")
    return [one["createdAt"] for one in tasks if "createdAt" in one]


def _older(arn: str, changed: datetime, begun: Iterable[tuple[str, datetime]]) -> Outdated:
    name = (
        arn.split(":parameter", 1)[-1] if ":ssm:" in arn else arn.rsplit(":secret:", maxsplit=1)[-1].rpartition("-")[0]
    )
    older = [process for process, at in begun if at < changed]
    return Outdated(name, changed, len(older), tuple(dict.fromkeys(older)))


def _bare(arn: str) -> str:
    return ":".join(arn.split(":")[:7]) if ":secretsmanager:" in arn else arn


def _changed(aws: Aws, arn: str) -> datetime | None:
    """The time of its last change, as far as that may be read."""
    place = aws.elsewhere(arn.split(":")[3])
    try:
        if ":secretsmanager:" in arn:
            found = none_if_gone(lambda: place.read(place.secretsmanager.describe_secret, SecretId=arn))
            return found.get("LastChangedDate") if found else None
        name = arn.split(":parameter/", 1)[-1]
        names = [f"/{name}"] if "/" in name else [name, f"/{name}"]
        filters = [{"Key": "Name", "Option": "Equals", "Values": names}]
        listed = place.read(place.ssm.describe_parameters, ParameterFilters=filters)["Parameters"]
        return next((one.get("LastModifiedDate") for one in listed), None)
    except Exception as error:
        if code(error) in DENIED:
            return None
        raise
