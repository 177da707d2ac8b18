"""What a failure that really happened left in AWS's answers, beside the recorded failure of the same kind."""

import json
import re
from typing import Any

import boto3

from ecsctl.sandbox.server import process
from tests.containers.conftest import DOCKERFILE, LIGHT, Project
from tests.why.recorded_failures import recorded

RECORDED = {one.name: one for one in recorded()}
_NAMES = (
    (r"arn:aws:elasticloadbalancing:\S*?:targetgroup/[\w-]+/\w+", "TARGET-GROUP"),
    (r"arn:aws:secretsmanager:[\w:-]*:secret:[\w/-]+", "SECRET"),
    (r"\(task \w+\)", "(task ID)"),
    (r"\(service [\w-]+\)", "(service APP)"),
    (r"retried \d+ time", "retried N time"),
    (r"operation error [\w ]+: \w+, https response error StatusCode: \d+, ", ""),  # newer agents say that, too
)

Told = dict[str, Any]


def common(text: str) -> str:
    """A sentence of AWS without what is the one app's own."""
    for pattern, name in _NAMES:
        text = re.sub(pattern, name, text)
    return text


def ending(task: Told) -> Told:
    """Returns how a task ended. What an app that is stopped answers SIGTERM with is its own affair."""
    box = task["containers"][0]
    reason, own = task.get("stoppedReason", ""), box.get("reason") or ""
    if own.startswith("OutOfMemoryError"):  # AWS's page on stopped tasks shows the container's in place of the task's
        reason = own
    code = box.get("exitCode") if task.get("stopCode") != "ServiceSchedulerInitiated" else "its own"
    return {
        "stopCode": task.get("stopCode"),
        "stoppedReason": common(reason),
        "exitCode": code,
        "reason": common(own),
    }


def recorded_ending(name: str) -> Told:
    """Returns how the tasks of a recorded failure ended, which they all did alike."""
    [ended] = {str(ending(one)): ending(one) for one in RECORDED[name].facts.stopped}.values()
    return ended


def failed_phases(build: Told) -> list[tuple[str, str, str]]:
    """The phases of a build in which something failed: with the code, and the message without the command itself."""
    return [
        (
            one["phaseType"],
            context["statusCode"],
            re.sub(r"(?s)command: .*\. Reason", "command: C. Reason", context["message"]),
        )
        for one in build["phases"]
        if one.get("phaseStatus") == "FAILED"
        for context in one.get("contexts", ())
        if context.get("statusCode")
    ]


class Account:
    """The sandbox's AWS, asked directly."""

    def __init__(self, project: Project) -> None:
        running = process.status(project.record)
        assert running is not None
        self._made = {"endpoint_url": running.url, "region_name": "eu-central-1", "aws_access_key_id": running.key,
                      "aws_secret_access_key": "none", "config": None}  # fmt: skip
        self.name = project.name

    def client(self, service: str) -> Any:
        """A client of a service."""
        return boto3.client(service, **self._made)

    def stopped(self, group: str = "") -> list[Told]:
        """The stopped tasks of the service, or of a group; of the newest task definition that any has."""
        ecs = self.client("ecs")
        arns = ecs.list_tasks(cluster=self.name, desiredStatus="STOPPED")["taskArns"]
        tasks = ecs.describe_tasks(cluster=self.name, tasks=arns)["tasks"] if arns else []
        return [one for one in tasks if one["group"] == (group or f"service:{self.name}")]

    def events(self) -> list[str]:
        """Returns what the service has said."""
        [service] = self.client("ecs").describe_services(cluster=self.name, services=[self.name])["services"]
        return [common(one["message"]) for one in service["events"]]

    def build(self) -> Told:
        """The newest build."""
        codebuild = self.client("codebuild")
        ids = codebuild.list_builds_for_project(projectName=f"{self.name}-build")["ids"]
        return dict(codebuild.batch_get_builds(ids=ids[:1])["builds"][0])


def agrees(account: Account, name: str) -> None:
    """That what AWS answers now is what was recorded of that failure, as far as it is the failure's own."""
    facts = RECORDED[name].facts
    if facts.build:
        assert set(failed_phases(facts.build)) <= set(failed_phases(account.build()))
        return
    assert recorded_ending(name) in [ending(one) for one in account.stopped()]
    unhealthy = [common(one["message"]) for one in (facts.service or {})["events"] if "unhealthy" in one["message"]]
    assert set(unhealthy) <= set(account.events())


def pushed(project: Project, record: str, *, app: str = LIGHT, dockerfile: str = DOCKERFILE) -> str:
    """Push a version that fails, see that the old one is served, and return what `why` says.

    What AWS answers then is what stands in the recorded failure of that name, and so is the cause.
    """
    served = project.get()[1]["version"]
    project.write(app=app, dockerfile=dockerfile)
    ran = project.ecsctl("sandbox", "push", "--watch", check=False)
    assert ran.code in (1, 6), ran.err
    assert project.get()[1]["version"] == served
    agrees(Account(project), record)
    document = json.loads(project.ecsctl("why", "--sandbox", "--output", "json", check=False).out)
    # A failed build is reported with what came of the deployment before it.
    found = {one["name"]: one for one in document["causes"][: None if RECORDED[record].facts.build else 1]}
    assert RECORDED[record].cause in found
    return json.dumps(found[RECORDED[record].cause])
