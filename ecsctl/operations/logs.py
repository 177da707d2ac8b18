"""Log lines of CloudWatch Logs: the app's, and a build's; once, or for as long as someone listens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsctl.aws.asking import asking
from ecsctl.aws.codes import is_gone
from ecsctl.aws.explaining import explained
from ecsctl.engine.label import APP, flat
from ecsctl.errors import Refused, UsageError
from ecsctl.names import Names
from ecsctl.parts import RELEASE, RUN, WEB
from ecsctl.releases import reading
from ecsctl.resources.build_project import AT_ONCE
from ecsctl.resources.support.builds import is_running, newest_build
from ecsctl.resources.support.ecs import service_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

POLL = 2.0  # seconds between two reads
LATE = 60_000  # milliseconds: a line may appear this much later than its own time, and is still not missed
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BACKWARDS_SINCE = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""Milliseconds: how far back AWS reads a log from its end (CloudWatch Logs API, FilterLogEvents, startFromHead)."""
PAGE = 10_000  # lines: the most that FilterLogEvents takes as `limit`


@dataclass(frozen=True)
class Line:
    """One line of a log. The text is whatever was written: data, never to be trusted by a terminal."""

    at: datetime
    stream: str
    text: str
    id: str
    process: str = ""  # whose task wrote it; empty for a build


@dataclass(frozen=True)
class Log:
    """A log group, or one stream of it. `start` is the earliest time to read, in milliseconds."""

    group: str
    stream: str = ""
    start: int = 0
    prefix: str = ""  # the prefix of the streams, if not all of the group's are meant
    build: str = ""  # the id of the build that writes it, if there is one
    processes: tuple[str, ...] = ()  # those whose tasks may write to it


def moment(text: str, now: datetime) -> int:
    """Milliseconds since the epoch, of "10m" (s, m, h or d before now) or of a time as ISO 8601 writes it, in UTC.

    Raises UsageError for anything else.
    """
    ago = re.fullmatch(r"(\d{1,9})([smhd])", text.strip())
    try:
        if ago:
            at = now - timedelta(seconds=int(ago[1]) * UNITS[ago[2]])
        else:
            at = datetime.fromisoformat(text.strip())
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0, int(at.timestamp() * 1000))
    except (ValueError, OverflowError):
        raise UsageError(
            f"--since: expected a time such as 30s, 10m, 2h, 1d or 2026-11-23T08:00, found {text!r}"
        ) from None


def of_app(aws: Aws, app: str, start: int, process: str = "") -> Log:
    """The app's log, of all its tasks or of one process's. Raises Refused for a process that it never had."""
    names = Names(app)
    known = reading.ever(aws, names)
    if process and process not in known:
        raise _no_streams(names, process, known)
    prefix = f"{names.on(process).log_prefix}/" if process else ""
    return Log(names.app_logs, start=start, prefix=prefix, processes=(process,) if process else tuple(known))


def _no_streams(names: Names, process: str, known: Sequence[str]) -> Refused:
    """The error that no log streams belong to a process of that name."""
    if process in (RELEASE, RUN):
        whose = "the release command" if process == RELEASE else "ecsctl run"
        return Refused(
            f"the log does not separate the tasks of {whose} from the others",
            why="they write to the streams of the process that they run as, which is the web's by default",
            hint=f"ecsctl logs {known[0]} shows their lines too; ecsctl why explains a release command that failed",
        )
    return reading.no_process(names, process, known)


@asking("reading the task definition")
def of_container(aws: Aws, app: str, container: str, start: int = 0, process: str = "") -> Log:
    """The log of one container of a process's tasks, even one that ecsctl has not added. Raises Refused without one.

    Without `process` they are the web's, or the first worker's if there is no web.
    """
    names = reading.names_of(aws, Names(app), process)
    with aws.uncached():
        service = service_of(aws, names.cluster, names.service)
        if service is None:
            raise Refused(f"there is no service {names.service}", hint="ecsctl up creates it")
        answer = aws.read(aws.ecs.describe_task_definition, taskDefinition=service["taskDefinition"])
    every = {one["name"]: one for one in answer["taskDefinition"]["containerDefinitions"]}
    if container not in every:
        raise Refused(f"the tasks have no container {container}", why=f"they have {', '.join(sorted(every))}",
                      hint="ecsctl logs --container NAME with one of them")  # fmt: skip
    driver: Any = every[container].get("logConfiguration") or {}
    options = driver.get("options") or {}
    if driver.get("logDriver") != "awslogs" or not options.get("awslogs-group"):
        raise Refused(f"the container {container} has no log in CloudWatch",
                      why=f"its log driver is {driver.get('logDriver', 'none')}",
                      hint="check where that one keeps it")  # fmt: skip
    prefix = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container}/"
    return Log(options["awslogs-group"], prefix=prefix, start=start, processes=(names.process,))


@asking("reading the build")
def of_build(aws: Aws, build: str, start: int = 0) -> Log:
    """The log of one build, by the build's id. Raises Refused while it has none, or when it no longer exists."""
    with aws.uncached():
        found = aws.read(aws.codebuild.batch_get_builds, ids=[build])["builds"]
    where = found[0].get("logs", {}) if found else {}
    if not found or not where.get("groupName") or not where.get("streamName"):
        why = f"it is in phase {found[0].get('currentPhase', '?')}" if found else "CodeBuild no longer has it"
        raise Refused(f"build {build} has no log in CloudWatch", why=why, hint="try again in a few seconds")
    return Log(where["groupName"], where["streamName"], start, build=build)


@asking("reading the build")
def of_last_build(aws: Aws, app: str, start: int = 0) -> Log:
    """The log of the app's newest build or test, whatever started it. Raises Refused when there is none."""
    project = Names(app).project
    with aws.uncached():
        found = [build for one in (project, *_tests(aws, app)) if (build := newest_build(aws, one))]
    newest = max(found, key=lambda build: build["startTime"], default=None)
    if newest is None:
        raise Refused(
            f"{project} has not built anything yet, or does not exist", hint="ecsctl pipeline run, or ecsctl up"
        )
    return of_build(aws, newest["id"], start)


def _tests(aws: Aws, app: str) -> list[str]:
    """The projects of the app's test actions. Another app's may begin with the same letters, and carry its own tags."""
    listed = aws.read(aws.codebuild.list_projects)["projects"]
    names = [name for name in listed if name.startswith(Names(app).test_project())][:AT_ONCE]
    described = aws.read(aws.codebuild.batch_get_projects, names=names)["projects"] if names else []
    return [one["name"] for one in described if flat(one.get("tags")).get(APP) == app]


def lines(aws: Aws, log: Log, pattern: str = "") -> Iterator[Line]:
    """The lines that are in the log now, from its start, in the order of their times.

    Raises Refused when there is no such log, AwsError for a pattern that CloudWatch does not understand.
    """
    observed: set[str] = set()
    for page in _pages(aws, log, pattern, log.start):
        for line in page:
            if line.id not in observed:
                observed.add(line.id)
                yield line


def newest(aws: Aws, log: Log, count: int, pattern: str = "") -> tuple[list[Line], bool]:
    """The newest `count` lines since the log's start, in the order of their times, and whether there are older ones.

    The log is read from its end, so that a long one takes no longer than a short one. Raises what `lines` raises.
    """
    found: dict[str, Line] = {}
    for page in _pages(aws, log, pattern, log.start, newest=count + 1):
        found = {line.id: line for line in page} | found
        if len(found) > count:
            break
    ordered = sorted(found.values(), key=lambda line: line.at)
    return ordered[-count:], len(ordered) > count


def follow(
    aws: Aws, log: Log, pattern: str = "", *, tail: int | None = None, over: Callable[[], bool] | None = None
) -> Iterator[Line]:
    """The lines that are in the log, or its newest `tail`, and then those that are added, each once.

    A build's log ends with the build, the app's never. `over` says for any other log whether it has ended.

    A read is retried through throttling. In each read lines are in order; a line that CloudWatch shows late comes late.
    Raises Interrupted on a stop, and what `lines` raises.
    """
    start, observed = log.start, dict[str, int]()
    if tail:
        found, more = newest(aws, log, tail, pattern)
        yield from found
        observed = {line.id: _milliseconds(line.at) for line in found}
        start = _milliseconds(found[0].at) + 1 if more else start  # older ones are not late, but left out
    latest = max(observed.values(), default=start)
    while True:
        # Read before the lines, so that the last ones are not missed.
        ended = over() if over else bool(log.build) and not _is_building(aws, log.build)
        begin = max(start, latest - LATE)
        found = [line for page in _pages(aws, log, pattern, begin) for line in page if line.id not in observed]
        for line in sorted(found, key=lambda line: line.at):
            if line.id not in observed:
                at = _milliseconds(line.at)
                observed[line.id], latest = at, max(latest, at)
                yield line
        if ended:
            return
        observed = {one: at for one, at in observed.items() if at >= latest - LATE}
        aws.patience.check()
        aws.patience.clock.sleep(POLL)
        aws.patience.check()


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@asking("reading the build")
def _is_building(aws: Aws, build: str) -> bool:
    """Whether it still runs."""
    with aws.uncached():
        found = aws.read(aws.codebuild.batch_get_builds, ids=[build])["builds"]
    return bool(found) and is_running(found[0])


def _pages(aws: Aws, log: Log, pattern: str, begin: int, *, newest: int = 0) -> Iterator[list[Line]]:
    """Page by page, or those with the `newest` lines first; in each page lines are in the order of their times.

    A page may be empty and still not be the last (CloudWatch Logs API, FilterLogEvents).
    """
    asked: dict[str, Any] = {"logGroupName": log.group, "startTime": begin}
    if newest:
        asked |= {"startFromHead": False, "limit": min(newest, PAGE), "startTime": max(begin, BACKWARDS_SINCE)}
    if log.stream:
        asked["logStreamNames"] = [log.stream]
    if log.prefix:
        asked["logStreamNamePrefix"] = log.prefix
    if pattern:
        asked["filterPattern"] = pattern
    while True:
        aws.patience.check()
        try:
            answer = aws.logs.filter_log_events(**asked)
        except ClientError as error:
            if is_gone(error) and log.build:
                return  # the build has not written anything yet
            if is_gone(error):
                raise Refused(f"there is no log {log.group}", hint="ecsctl up creates it") from None
            raise explained(error, f"reading the log {log.group}") from error
        events = answer["events"][::-1] if newest else answer["events"]  # lines of the same time stay in their order
        yield sorted((_line(one, log) for one in events), key=lambda line: line.at)
        if not answer.get("nextToken"):
            return
        asked["nextToken"] = answer["nextToken"]


def _line(event: Any, log: Log) -> Line:
    at, stream = datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event.get("logStreamName", "")
    first = stream.partition("/")[0]
    process = log.processes[0] if len(log.processes) == 1 else WEB if first == "app" else first
    text = event.get("message", "").rstrip("\r\n")
    return Line(at, stream, text, event["eventId"], process if log.processes else "")
