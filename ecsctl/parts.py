"""The names of the parts of the stack, as used in it and in their tags, where several packages need them."""

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
"""The process that the load balancer sends requests to, as people name it: `[service]` of ecsctl.toml."""
RELEASE = "release"
"""The process of the release command, and the parts that run it in the pipeline."""
RUN = "run"
"""The process of a single task started by `ecsctl run`."""
REPORTS = "release-events"
"""The rule whose events notify GitHub of a release, and the role that starts the build which does it."""
JOBS = "jobs"
"""The parts that give the jobs the image that the pipeline has deployed."""

TIMER, GUARD = "ecsctl-timeout", "ecsctl-overlap"
"""The containers beside a job's own that end it after its time, and that let it run only while no other run does."""

SECOND = "second"
"""The suffix of whatever exists twice if requests are shifted from one target group to another."""

MEASURED = (ERRORS, LATENCY) = ("errors", "latency")
ALARMED = (*MEASURED, *(f"{one}-{SECOND}" for one in MEASURED))
"""The alarms on which a release is given up: what each measures, and for which target group."""

FAILED_RUNS, APPROVALS, FAILED_DEPLOYMENTS = "failed-runs", "approvals", "failed-deployments"
FAILED_JOBS, PAUSED_RELEASES = "failed-jobs", "paused-releases"
NOTIFIED = (FAILED_RUNS, APPROVALS, FAILED_DEPLOYMENTS, FAILED_JOBS, PAUSED_RELEASES)
"""The rules of the notifications: what each is about."""


def of_process(part: str, process: str) -> str:
    """A part of a process: the web's has the plain name, and another's also the process's name."""
    return part if process == WEB else f"{part} {process}"


PLACES = "ab"  # the last letter of a subnet's name: one for each availability zone


def public_subnet(place: str) -> str:
    """The load balancer's subnet in one of the `PLACES`."""
    return f"public-{place}"


def private_subnet(place: str) -> str:
    """The tasks' subnet in one of the `PLACES`."""
    return f"private-{place}"


def target_group(version: str) -> str:
    """Returns where the load balancer finds the tasks, by AWS's word for their protocol: AWS cannot change that of
    an existing one.
    """
    return "target-group" if version == "HTTP1" else f"target-group {version}"


def volume(name: str) -> str:
    """The file system of a volume that ecsctl creates."""
    return f"volume {name}"


def targets(volume: str) -> str:
    """The mount targets of a file system, by its part: they carry no tags, and are recognized by its."""
    return f"targets {volume.removeprefix('volume ')}"


def access(name: str, uid: int, gid: int) -> str:
    """The access point of a volume that ecsctl creates. Another user needs another one: AWS cannot change it."""
    return f"access {name} {uid}:{gid}"
