"""Reads the logs of failed tasks and builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecsctl.names import Names
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.deployments import Answer
from ecsctl.resources.support.revisions import container_of, revision
from ecsctl.why.evidence import Facts, moment

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

OF_TASK = 500  # lines of an app's log: a stack trace of Java may have some hundred
OF_BUILD = 1000  # lines of a build's log: later phases follow the failed command's output


def lines(aws: Aws, group: str, stream: str, limit: int = OF_TASK) -> list[Any]:
    """Return the last lines of a log stream; none if it does not exist."""
    answer = none_if_gone(
        lambda: aws.read(
            aws.logs.get_log_events, logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False
        )
    )
    return list(answer["events"]) if answer else []


def of_task(aws: Aws, name: str, task: Answer) -> list[Answer]:
    """Return the log of a container of a standalone task."""
    container = container_of(revision(aws, task["taskDefinitionArn"]).definition, name)
    group, streams = _place_of(container)
    return lines(aws, group, streams + task["taskArn"].rpartition("/")[2]) if group else []


def of_container(aws: Aws, facts: Facts, names: Names, container: Answer) -> list[Any]:
    """Return the log of a container of the service's newest failed task."""
    group, streams = _place_of(container)
    if not group:
        return []
    if facts.failed:
        stream = streams + facts.failed[0]["taskArn"].rsplit("/", 1)[-1]
    else:
        stream = _stream_of_then(aws, facts, names, group, streams)
    return lines(aws, group, stream) if stream else []


def _place_of(container: Answer) -> tuple[str, str]:
    """Return a container's log group and the prefix of its streams; empty if it has none."""
    options = (container.get("logConfiguration") or {}).get("options") or {}
    if not (group := options.get("awslogs-group")):
        return "", ""
    return str(group), f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/"


def _stream_of_then(aws: Aws, facts: Facts, names: Names, group: str, streams: str) -> str:
    """Return the log stream of a task of the newest deployment that ECS no longer lists; empty if none fits.

    It must have begun and ended during the deployment, and belong to no running task: other streams are of other
    versions. Reads the names of the 50 most recent streams.
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
