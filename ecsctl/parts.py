"""What the parts of the stack are called in it and in their tags, where more than one room speaks of them."""

from __future__ import annotations

ACCESS_LOGS = "access-logs"
BACKLOG_ALARM = "backlog-alarm"
BALANCING_ROLE = "balancing-role"
BUILD = "build"
BUILD_ROLE = "build-role"
EXECUTION_ROLE = "execution-role"
FLOW_LOGS = "flow-logs"
GITHUB_CREDENTIALS = "github-credentials"
GITHUB_TOKEN = "github-token"  # noqa: S105 - the secret that `creds` makes; no part of the stack, but tagged like one
HTTPS = "https"
IMAGE = "image"
LOAD_BALANCER = "load-balancer"
PIPELINE = "pipeline"
PIPELINE_ROLE = "pipeline-role"
PIPELINE_WEBHOOK = "pipeline-webhook"
SCALING = "scaling"
SCHEDULER_ROLE = "scheduler-role"
SCHEDULES = "schedules"
SERVICE = "service"
SIGNING = "signing"
TASK_DEFINITION = "task-definition"
TASK_ROLE = "task-role"
TOPIC = "topic"
WEBHOOK = "webhook"
NOTIFY_ROLE = "notify-role"

WEB = "web"
"""The process that the load balancer asks, as people name it: `[service]` of ecsctl.toml."""
RELEASE = "release"
"""The process of the release command, and the parts that run it in the pipeline."""
RUN = "run"
"""The process of one task by `ecsctl run`."""
REPORTS = "release-events"
"""The rule by whose events GitHub is notified of a release, and the role that starts the build which does it."""
JOBS = "jobs"
"""The parts that give the jobs the image that the pipeline has deployed."""

TIMER, GUARD = "ecsctl-timeout", "ecsctl-overlap"
"""The containers beside a job's own that end it after its time, and that let it run only if no other run is on."""

SECOND = "second"
"""What exists a second time, where requests are shifted from one target group to another, is called so beside it."""

MEASURED = (ERRORS, LATENCY) = ("errors", "latency")
ALARMED = (*MEASURED, *(f"{one}-{SECOND}" for one in MEASURED))
"""The alarms by which a release is given up: what each measures, and of which target group."""

FAILED_RUNS, APPROVALS, FAILED_DEPLOYMENTS = "failed-runs", "approvals", "failed-deployments"
FAILED_JOBS, PAUSED_RELEASES = "failed-jobs", "paused-releases"
NOTIFIED = (FAILED_RUNS, APPROVALS, FAILED_DEPLOYMENTS, FAILED_JOBS, PAUSED_RELEASES)
"""The rules of the notifications: what each is about."""


def of_process(part: str, process: str) -> str:
    """A part of a process: the web's has its plain name, and that of another bears its name."""
    return part if process == WEB else f"{part} {process}"


PLACES = "ab"  # the last letter of a subnet's name: one for each availability zone


def public_subnet(place: str) -> str:
    """The subnet that the load balancer stands in, in one of the `PLACES`."""
    return f"public-{place}"


def private_subnet(place: str) -> str:
    """The subnet of the tasks, in one of the `PLACES`."""
    return f"private-{place}"


def target_group(version: str) -> str:
    """Where the load balancer finds the tasks, by AWS's word for what they speak: AWS cannot change that of one."""
    return "target-group" if version == "HTTP1" else f"target-group {version}"


def volume(name: str) -> str:
    """The file system of a volume that is made."""
    return f"volume {name}"


def targets(volume: str) -> str:
    """The mount targets of a file system, by what part that is: they carry no tags, and are known by its."""
    return f"targets {volume.removeprefix('volume ')}"


def access(name: str, uid: int, gid: int) -> str:
    """The access point of a volume that is made. For another user there is another: AWS cannot change it."""
    return f"access {name} {uid}:{gid}"
