"""The build that runs one ECS task with the built image, and succeeds or fails as the task does.

Such a build is recognized by its variables. Its AWS calls are simulated one by one, with the permissions of the build's
role, whether or not other builds really run: it does nothing but call AWS, which is the sandbox itself.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.logs.models import logs_backends

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.codebuild.state import Build, Commands, Failure, Step
from ecsctl.sandbox.aws.codebuild.time import PLAN
from ecsctl.sandbox.builds import artifacts
from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.core.principals import session

_FILE = "docker_image_definition.json"
_BEFORE = sum(seconds for _, seconds in PLAN[:3])
_EVERY = 5.0  # seconds between two checks of the task
DENIED = 254  # AWS CLI guide, "Return codes"
_OWN = ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt",
        "registeredBy", "deregisteredAt", "tags")  # fmt: skip


class EndsError(Exception):
    """The commands end with this exit code and a line in the log."""

    def __init__(self, line: str, code: int = 1) -> None:
        super().__init__(line)
        self.code = code


def is_release_command(build: Build) -> bool:
    """Whether a build runs a release command."""
    return "RELEASE_COMMAND" in variables(build) and "\n" in str(build.facts["source"].get("buildspec", ""))


def variables(build: Build) -> dict[str, str]:
    """The plain variables of its environment."""
    return {one["name"]: one["value"] for one in build.facts["environment"]["environmentVariables"]}


def built(account: str, build: Build, container: str) -> str:
    """The image of a container, from the file that the preceding build has produced."""
    where = build.facts.get("sourceVersion", "")
    text = artifacts.unpacked(artifacts.get(account, build.facts["serviceRole"], where)).get(_FILE)
    if text is None:
        raise EndsError(f"FileNotFoundError: [Errno 2] No such file or directory: '{_FILE}'")
    return str(next(one["imageUri"] for one in json.loads(text) if one["name"] == container))


@dataclass
class Releasing:
    """The progress of the build. `task` is the task's ARN, once it has been started."""

    account: str
    region: str
    partition: str
    task: str = ""
    definition: str = ""
    said: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, build: Build) -> None:
        """Set up the phases; everything else happens at the next request."""
        at, steps = build.started + _BEFORE, list[Step]()
        for name, seconds in (("DOWNLOAD_SOURCE", 3.0), ("INSTALL", 1.0), ("PRE_BUILD", 1.0)):
            steps.append(Step(name, at, at + seconds))
            at += seconds
        build.commands = Commands([*steps, Step("BUILD", at)])
        build.active = self

    def advance(self, build: Build, now: float) -> None:
        """Advance the release command to `now`, in seconds of sandbox time."""
        commands = build.commands
        if commands is None or commands.done or build.stopped is not None or now < commands.steps[-1].began:
            return
        began, given = commands.steps[-1].began, variables(build)
        ends = began + float(given["RELEASE_SECONDS"])
        try:
            if not self.task:
                self._start(build, given, began)
            at, code = self._ended(build, given, ends, now)
        except EndsError as error:
            self._say(build, now, str(error))
            at, code = min(now, ends), error.code
        if at:
            self._end(build, at, code)

    def _start(self, build: Build, given: dict[str, str], at: float) -> None:
        cluster, service = given["CLUSTER"], given["SERVICE"]
        image = built(self.account, build, given["CONTAINER_NAME"])
        try:
            self._may(build, "ecs:DescribeServices", f"service/{cluster}/{service}")
            live = ecs.describe_service(self.account, self.region, cluster, service)
            self._may(build, "ecs:DescribeTaskDefinition", "*")
            found = ecs.describe_task_definition(self.account, self.region, live["taskDefinition"])
            tags = [one for one in live.get("tags") or () if not one["key"].startswith("aws:")]
            tags = [{**one, "value": "release"} if one["key"] == "ecsctl:resource" else one for one in tags]
            self.definition = self._registered(build, found, given["CONTAINER_NAME"], image, tags)
            self.task = self._run(build, given, live, tags, at)
        except Refusal as refusal:
            raise EndsError(f"An error occurred ({refusal.code}): {refusal.message}", DENIED) from None
        self._say(
            build, at, f"task {self.task.rpartition('/')[2]} runs: {' '.join(json.loads(given['RELEASE_COMMAND']))}"
        )

    def _registered(self, build: Build, found: Any, container: str, image: str, tags: list[Any]) -> str:
        wanted = {name: value for name, value in found.items() if name not in _OWN}
        wanted["containerDefinitions"] = [
            {**one, "image": image} if one["name"] == container else one for one in wanted["containerDefinitions"]
        ]
        family = f"task-definition/{wanted['family']}:*"
        self._may(build, "ecs:RegisterTaskDefinition", family)
        self._may(build, "ecs:TagResource", family, {"ecs:CreateAction": ("RegisterTaskDefinition",)})
        self._hand_roles(build, wanted)
        by = session(build.facts["serviceRole"], build.id.replace(":", "-"))
        return ecs.register_task_definition(self.account, self.region, by, **wanted, tags=tags)

    def _run(self, build: Build, given: dict[str, str], live: Any, tags: list[Any], at: float) -> str:
        cluster = given["CLUSTER"]
        here = {"ecs:cluster": (self._arn(f"cluster/{cluster}"),)}
        self._may(build, "ecs:RunTask", self.definition, here)
        self._may(build, "ecs:TagResource", f"task/{cluster}/*", {"ecs:CreateAction": ("RunTask",)})
        self._hand_roles(build, ecs.describe_task_definition(self.account, self.region, self.definition))
        command = {"name": given["CONTAINER_NAME"], "command": json.loads(given["RELEASE_COMMAND"])}
        ran = ecs.run_task(
            self.account, self.region, at, cluster=cluster, taskDefinition=self.definition, launchType="FARGATE",
            networkConfiguration=live["networkConfiguration"], overrides={"containerOverrides": [command]},
            startedBy="ecsctl", group="ecsctl:release", clientToken=build.id.rpartition(":")[2], tags=tags,
        )  # fmt: skip
        if not ran["tasks"]:
            raise EndsError(f"ECS does not start the task: {json.dumps(ran['failures'])}")
        return str(ran["tasks"][0]["taskArn"])

    def _ended(self, build: Build, given: dict[str, str], ends: float, now: float) -> tuple[float, int]:
        """Returns when the task ended, and how; 0 if it has not ended."""
        cluster = given["CLUSTER"]
        self._may(build, "ecs:DescribeTasks", self.task)
        task = ecs.describe_task(self.account, self.region, cluster, self.task)
        own: dict[str, Any] = next(one for one in task["containers"] if one["name"] == given["CONTAINER_NAME"])
        over = task["executionStoppedAt"].timestamp() if "executionStoppedAt" in task else None
        if over is not None and over <= ends:
            self._log_of(build, own)
            message = "the release command did not run: " + str(task.get("stoppedReason", ""))
            code = own.get("exitCode")
            if code is not None and task.get("stopCode") != "EssentialContainerExited":
                message, code = f"the release command was stopped: {task.get('stoppedReason', '')}", None
            self._say(
                build, over + 1.0, message if code is None else f"the release command ended with exit code {code}"
            )
            return over + _EVERY, 1 if code is None else int(code)
        if now < ends:
            return 0.0, 0
        self._may(build, "ecs:StopTask", self.task)
        ecs.stop_task(self.account, self.region, cluster, self.task, "the release command took too long")
        minutes = float(given["RELEASE_SECONDS"]) / 60
        self._say(build, ends, f"the release command did not end within {minutes:g} minutes, and is stopped")
        return ends, 1

    def _log_of(self, build: Build, own: Any) -> None:
        """Copy the task's output into the build's log, if the role may read it."""
        found = ecs.describe_task_definition(self.account, self.region, self.definition)
        container = next(one for one in found["containerDefinitions"] if one["name"] == own["name"])
        options = (container.get("logConfiguration") or {}).get("options") or {}
        group, prefix = options.get("awslogs-group", ""), options.get("awslogs-stream-prefix", "ecs")
        held = logs_backends[self.account][self.region].groups.get(group)
        if held is None:
            return
        arn = f"arn:{self.partition}:logs:{self.region}:{self.account}:log-group:{group}:*"
        self._may(build, "logs:FilterLogEvents", arn)
        stream = held.streams.get(f"{prefix}/{own['name']}/{self.task.rpartition('/')[2]}")
        for event in stream.events if stream is not None else ():
            self._say(build, event.timestamp / 1000, event.message)

    def _end(self, build: Build, at: float, code: int) -> None:
        assert build.commands is not None  # noqa: S101 - checked by the caller
        steps = build.commands.steps
        steps[-1].ended = at
        if code:
            message = f"Error while executing command: python3 - <<'PROGRAM'. Reason: exit status {code}"
            steps[-1].failure = Failure("BUILD", "COMMAND_EXECUTION_ERROR", message)
        else:
            steps += [Step("POST_BUILD", at, at + 1.0), Step("UPLOAD_ARTIFACTS", at + 1.0, at + 2.0)]
        build.commands.done = True
        if self.definition and permissions.is_allowed(
            self.account, build.facts["serviceRole"], "ecs:DeregisterTaskDefinition", "*"
        ):
            ecs.deregister_task_definition(self.account, self.region, self.definition)

    def _hand_roles(self, build: Build, definition: Any) -> None:
        for name in ("executionRoleArn", "taskRoleArn"):
            if role := definition.get(name):
                self._may(build, "iam:PassRole", role, {"iam:PassedToService": ("ecs-tasks.amazonaws.com",)})

    def _may(self, build: Build, action: str, resource: str, about: Any = None) -> None:
        role = build.facts["serviceRole"]
        whole = resource if resource == "*" or resource.startswith("arn:") else self._arn(resource)
        if not permissions.is_allowed(self.account, role, action, whole, about or {}):
            message = f"User: {session(role, 'build')} is not authorized to perform: {action} on resource: {whole}"
            raise EndsError(f"An error occurred (AccessDeniedException): {message}", DENIED)

    def _arn(self, resource: str) -> str:
        return f"arn:{self.partition}:ecs:{self.region}:{self.account}:{resource}"

    def _say(self, build: Build, at: float, line: str) -> None:
        logs = build.facts["logs"]
        region: Any = logs_backends[self.account][self.region]
        if logs.get("groupName") in region.groups:
            region.ensure_log_stream(logs["groupName"], logs["streamName"])
            event = {"timestamp": int(at * 1000), "message": f"{line}\n"}
            region.groups[logs["groupName"]].streams[logs["streamName"]].put_log_events([event])
