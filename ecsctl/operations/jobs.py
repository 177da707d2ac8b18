"""Jobs: what they are, when each has run and will run, running one now, and pausing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecsctl import due
from ecsctl.aws.asking import asking
from ecsctl.engine.label import APP
from ecsctl.errors import Refused
from ecsctl.names import Names
from ecsctl.operations.one_off import Started, log_of, started
from ecsctl.resources.schedule import SENT
from ecsctl.resources.support import ecr
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.ecs import BY, cluster_of
from ecsctl.resources.support.job_runs import Run, group_of, missed, run_of, runs
from ecsctl.resources.support.revisions import container_of, revision
from ecsctl.resources.support.schedules import schedule, schedules_in, tags_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label

TIMED_OUT = 124
"""The exit code of a run that took too long and ended with 0 when it was stopped: the same as `timeout`'s
(coreutils).
"""


@dataclass(frozen=True)
class Job:
    """One job: its schedule, and its last run as far as AWS remembers it."""

    name: str
    schedule: str
    time_zone: str
    paused: bool
    next_run: datetime | None
    last: Run | None  # while ECS knows it
    last_written: datetime | None  # when it last wrote a line, if ECS has forgotten the run
    missed: datetime | None = None  # when it was due recently, and nothing has started


@asking("reading the jobs")
def read(aws: Aws, me: Label) -> list[Job]:
    """All jobs of the app, by name."""
    names = Names.of(me)
    with aws.uncached():
        schedules = _all(aws, me, names)
        known = runs(aws, names.cluster, names.container) if schedules and cluster_of(aws, names.cluster) else []
        last = {one["Name"]: next((run for run in known if run.job == one["Name"]), None) for one in schedules}
        written = _written(aws, names) if not all(last.values()) else {}
    now = aws.now()
    return [
        Job(
            name=one["Name"],
            schedule=one["ScheduleExpression"],
            time_zone=one.get("ScheduleExpressionTimezone", "UTC"),
            paused=one.get("State") == "DISABLED",
            next_run=None if one.get("State") == "DISABLED" else _next(one, now),
            last=last[one["Name"]],
            last_written=None if last[one["Name"]] else written.get(one["Name"]),
            missed=missed(one, known, now),
        )
        for one in schedules
    ]


def _next(schedule: dict[str, Any], now: datetime) -> datetime | None:
    """The time at which it is due; None if the expression is not understood here."""
    since = schedule.get("StartDate") or schedule.get("CreationDate") or now
    try:
        found = due.after(schedule["ScheduleExpression"], schedule.get("ScheduleExpressionTimezone", "UTC"), now, since)
    except due.Invalid:
        return None
    return None if found and schedule.get("EndDate") and found > schedule["EndDate"] else found


def _written(aws: Aws, names: Names) -> dict[str, datetime]:
    """The time at which each process last wrote a line, by the newest log streams: ECS forgets a task an hour after
    its end.
    """
    asked: dict[str, Any] = {"logGroupName": names.app_logs, "orderBy": "LastEventTime", "descending": True}
    answer: Any = none_if_gone(lambda: aws.first_page(aws.logs.describe_log_streams, **asked))
    found: dict[str, datetime] = {}
    for stream in answer["logStreams"] if answer else ():
        if at := stream.get("lastEventTimestamp"):
            process = stream["logStreamName"].partition("/")[0]
            found.setdefault(process, datetime.fromtimestamp(at / 1000, aws.now().tzinfo))
    return found


def begin(aws: Aws, me: Label, name: str) -> Started:
    """Start a run now, as its schedule would, and return at once. Raises Refused in the user's words."""
    names = Names.of(me)
    with asking("reading the job"), aws.uncached():
        schedule = _known(aws, me, name)
        parameters = schedule["Target"]["EcsParameters"]
        latest = revision(aws, parameters["TaskDefinitionArn"].rpartition("/")[2])
        image = latest.image(names.container)
        if not ecr.has_image(aws, image, image):
            raise Refused("there is no image to run", why=f"what the job names, {image}, is not in the repository",
                          hint="a push through the pipeline brings one, and so does ecsctl deploy")  # fmt: skip
    network = parameters["NetworkConfiguration"]["awsvpcConfiguration"]
    asked = {
        "cluster": names.cluster,
        "taskDefinition": latest.arn,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {one[0].lower() + one[1:]: network[one] for one in network}},
        "enableExecuteCommand": bool(parameters.get("EnableExecuteCommand")),
        "enableECSManagedTags": bool(parameters.get("EnableECSManagedTags")),
        "startedBy": BY,
        "group": group_of(name),
        "tags": parameters.get("Tags", []),
    }
    with asking("starting the job"):
        arn = started(aws, "job", asked)
    container = container_of(latest.definition, names.container)
    return Started(names.cluster, arn, container["name"], container["image"], log_of(container, arn))


@asking("reading the task")
def ended(aws: Aws, me: Label, started: Started) -> Run | None:
    """Say how a run has ended; None once ECS has forgotten it."""
    with aws.uncached():
        found = aws.read(aws.ecs.describe_tasks, cluster=started.cluster, tasks=[started.arn])["tasks"]
    return run_of(found[0], Names.of(me).container) if found else None


def pause(aws: Aws, me: Label, name: str, *, paused: bool) -> bool:
    """Pause its schedule, or resume it. False if that is its state already."""
    with asking("reading the job"), aws.uncached():
        schedule = _known(aws, me, name)
    state = "DISABLED" if paused else "ENABLED"
    if schedule.get("State") == state:
        return False
    sent = {one: schedule[one] for one in SENT if one in schedule}
    with asking("pausing the job" if paused else "resuming the job"):
        aws.scheduler.update_schedule(GroupName=schedule["GroupName"], Name=name, **{**sent, "State": state})
    return True


def _all(aws: Aws, me: Label, names: Names) -> list[dict[str, Any]]:
    """The jobs by the app's tag, and not by the deployment's id, which is in a state file that may be lost."""
    return [one for one in schedules_in(aws, names.schedule_group) if tags_of(one).get(APP) == me.app]


def _known(aws: Aws, me: Label, name: str) -> dict[str, Any]:
    names = Names.of(me)
    found = schedule(aws, names.schedule_group, name)
    if found is None or tags_of(found).get(APP) != me.app:
        others = [one["Name"] for one in _all(aws, me, names)]
        raise Refused(f"{me.app} has no job {name}", why=f"its jobs are: {', '.join(others)}" if others else "",
                      hint=f"[jobs.{name}] in ecsctl.toml, then ecsctl up, creates it")  # fmt: skip
    return found
