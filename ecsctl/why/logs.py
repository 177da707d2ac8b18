"""Reading the logs: what a task that failed wrote, and what a build did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.deployments import Answer
from ecsctl.resources.support.revisions import container_of, revision
from ecsctl.why.evidence import Facts, moment

if TYPE_CHECKING:
    from ecsctl.aws import Aws

OF_TASK = 500  # of an app's log: the stack of an error in Java may have some hundred
OF_BUILD = 1000  # of a build's: what the failed command wrote stands before all that ran after it


def lines(aws: Aws, group: str, stream: str, limit: int = OF_TASK) -> list[Any]:
    """The last lines of a log, none if there is no such stream."""
    answer = none_if_gone(
        lambda: aws.read(
            aws.logs.get_log_events, logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False
        )
    )
    return list(answer["events"]) if answer else []


def of_task(aws: Aws, name: str, task: Answer) -> list[Answer]:
    """What the container of this name wrote in a task that no service keeps."""
    container = container_of(revision(aws, task["taskDefinitionArn"]).definition, name)
    group, streams = _place_of(container)
    return lines(aws, group, streams + task["taskArn"].rpartition("/")[2]) if group else []


def of_container(aws: Aws, facts: Facts, names: Names, container: Answer) -> list[Any]:
    """What a container of the service's newest failed task wrote."""
    group, streams = _place_of(container)
    if not group:
        return []
    if facts.failed:
        stream = streams + facts.failed[0]["taskArn"].rsplit("/", 1)[-1]
    else:
        stream = _stream_of_then(aws, facts, names, group, streams)
    return lines(aws, group, stream) if stream else []


def _place_of(container: Answer) -> tuple[str, str]:
    """The log group that a container writes to, and how its streams' names begin; empty if it writes to none."""
    options = (container.get("logConfiguration") or {}).get("options") or {}
    if not (group := options.get("awslogs-group")):
        return "", ""
    return str(group), f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/"


def _stream_of_then(aws: Aws, facts: Facts, names: Names, group: str, streams: str) -> str:
    """Where a task of the newest deployment wrote that ECS has forgotten; empty if no stream fits.

    A stream that began and ended during the deployment, and of no task that runs: those that went on or began before
    are of other versions. Reads the names of the 50 streams written to last.
    """
    began, ended = facts.since, facts.releases.newest.get("finishedAt")
    if not ended:
        return ""
    running = aws.read(aws.ecs.list_tasks, cluster=names.cluster, serviceName=names.service, desiredStatus="RUNNING")
    alive = {arn.rsplit("/", 1)[-1] for arn in running["taskArns"]}
    found = aws.logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=50)
    for one in found["logStreams"]:
        first, last = moment(one.get("firstEventTimestamp")), moment(one.get("lastEventTimestamp"))
        name = one["logStreamName"]
        then = first is not None and last is not None and began <= first <= last <= ended
        if then and name.startswith(streams) and name.removeprefix(streams) not in alive:
            return name
    return ""
