"""One command in a task of its own: with the image, roles, environment and network of what serves."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsctl.aws.asking import asking
from ecsctl.aws.codes import code, status, text
from ecsctl.errors import EcsctlError, Refused, ReleaseFailed, ResourceFailed, UsageError
from ecsctl.fargate import fargate_pair
from ecsctl.names import Names
from ecsctl.operations.logs import Line, Log, follow
from ecsctl.parts import RELEASE, RUN
from ecsctl.releases import images, reading
from ecsctl.resources.support import ecr
from ecsctl.resources.support.ecs import BY, commands_of
from ecsctl.resources.support.revisions import container_of, revision

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label
    from ecsctl.resources.support.deployments import Snapshot
    from ecsctl.resources.support.revisions import Revision

LONGEST = 8192  # characters of a task's overrides (ECS API reference, RunTask)


@dataclass(frozen=True)
class Started:
    """A task that was started: where it is, where its lines go, and what runs in it."""

    cluster: str
    arn: str
    container: str
    image: str
    log: Log | None  # None: its log driver is not awslogs
    revision: str = ""  # registered only for this task, and can be deregistered once it has started

    @property
    def id(self) -> str:
        """The task's id."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Ended:
    """The end of a task: its command's exit code, if it came to run, and why it stopped."""

    code: int | None
    why: str
    by_itself: bool = True  # false: it was stopped, and may have ended with 0 anyway


class Task:
    """A task that is followed to its end."""

    def __init__(self, aws: Aws, started: Started, heard: Callable[[str], None] = lambda _: None) -> None:
        self.aws, self.started = aws, started
        self._heard = heard
        self._revision = started.revision
        self._gives_up = inf
        self.status = ""
        self.ended: Ended | None = None

    def lines(self, limit: float = inf) -> Iterator[Line]:
        """Its command's output, as it comes, until it has ended, or for this many seconds at most.

        Raises Interrupted on a stop.
        """
        self.deregister()
        self._gives_up = self.aws.patience.clock.now() + limit
        if self.started.log is not None:
            yield from follow(self.aws, self.started.log, over=self._has_ended)
            return
        while not self._has_ended():
            self.aws.patience.again(10.0)

    def stop(self) -> None:
        """Have ECS stop it: SIGTERM, and SIGKILL after the stop timeout."""
        with asking("stopping the task"):
            self.aws.ecs.stop_task(cluster=self.started.cluster, task=self.started.arn, reason="ecsctl run: Ctrl-C")

    def deregister(self) -> None:
        """Deregister its own revision: a running task does not need it (ECS guide, "Deregistering a task
        definition").
        """
        if self._revision:
            self.aws.ecs.deregister_task_definition(taskDefinition=self._revision)
            self._revision = ""

    def result(self) -> int:
        """The command's exit code. Raises ResourceFailed if it never ran, or ended without one."""
        ended = self.ended or Ended(None, "")
        if ended.code is not None:
            return ended.code
        hint = "ecsctl ps lists it for an hour"
        if "CannotPull" in ended.why or "ResourceInitialization" in ended.why:
            hint = "ecsctl why says what keeps the app's tasks from starting; " + hint
        raise ResourceFailed(
            f"the command did not run: task {self.started.id} stopped before", why=ended.why, hint=hint
        )

    @property
    def why(self) -> str:
        """ECS's own reason for the end, if it says more than that it has ended."""
        reasons = (self.ended.why if self.ended else "").split("; ")
        return "; ".join(one for one in reasons if one != "Essential container in task exited")

    def _has_ended(self) -> bool:
        """Whether it has ended, as of the previous read: its last lines appear a moment later."""
        if self.ended or self.aws.patience.clock.now() >= self._gives_up:
            return True
        with asking("reading the task"), self.aws.uncached():
            found = self.aws.read(self.aws.ecs.describe_tasks, cluster=self.started.cluster, tasks=[self.started.arn])
        if found["tasks"]:
            before, self.status = self.status, found["tasks"][0].get("lastStatus", "")
            if self.status != before:
                self._heard(self.status)
            self.ended = _ended(found["tasks"][0], self.started.container)
        elif self.status:  # it was read before: ECS forgets a task that stopped long ago
            self.ended = Ended(None, "ECS has forgotten the task")
        return False


def begin(
    aws: Aws,
    me: Label,
    command: Sequence[str],
    *,
    process: str = "",
    image: str = "",
    cpu: int = 0,
    memory: int = 0,
) -> Started:
    """Start a task that runs the command, and return at once. Raises Refused or UsageError in the user's words.

    `process` is that whose task it is like, if not the web; `image` another one than that which serves; `cpu` and
    `memory` other sizes.
    """
    names = reading.names_of(aws, Names.of(me), process)
    overrides = _overrides(names.container, command)
    with asking("reading the service"):
        observed = reading.read(aws, names)
        service = reading.active(observed, names)
        serves = _serving(aws, names, observed, image)
    _check_size(serves, cpu, memory)
    overrides |= {name: str(value) for name, value in (("cpu", cpu), ("memory", memory)) if value}
    ran = _with_image(aws, me, names, serves, image) if image else serves
    own = "" if ran is serves else ran.arn
    try:
        with asking("starting the task"):
            arn = _run(aws, me, names, service, ran, overrides)
    except EcsctlError:
        if own:
            with suppress(ClientError):  # what went wrong before is what counts
                aws.ecs.deregister_task_definition(taskDefinition=own)
        raise
    container = container_of(ran.definition, names.container)
    return Started(names.cluster, arn, container["name"], container["image"], log_of(container, arn), own)


def before_release(
    aws: Aws, me: Label, revision_arn: str, command: Sequence[str], limit: float, say: Callable[[str], None]
) -> None:
    """Run the release command with a revision that nothing runs yet, and show what it writes.

    Raises ReleaseFailed where it ends with anything but 0, does not come to run, or takes longer than `limit` seconds;
    Refused while another one runs. On a stop it goes on by itself, and nothing is deployed.
    """
    names = Names.of(me)
    if others := commands_of(aws, names.cluster):
        raise Refused(
            "a release command is running",
            why=f"task {others[0]['taskArn'].rpartition('/')[2]}, since {others[0]['createdAt']:%H:%M:%S} UTC",
            hint="wait for its end (ecsctl ps), or end it with ecsctl cancel; then run the same command again",
        )
    with asking("starting the release command"):
        service = reading.active(reading.read(aws, names), names)
        ran = revision(aws, revision_arn)
        arn = _run(aws, me, names, service, ran, _overrides(names.container, command), RELEASE)
    container = container_of(ran.definition, names.container)
    task = Task(aws, Started(names.cluster, arn, container["name"], container["image"], log_of(container, arn)))
    say(f"the release command runs in task {task.started.id}: {shlex.join(command)}")
    last, failed = "", "it did not run"
    for line in task.lines(limit):
        say(line.text)
        last = line.text or last
    if task.ended is None:
        with asking("stopping the task"):
            aws.ecs.stop_task(cluster=names.cluster, task=arn, reason="the release command took too long")
        failed = f"it did not end within {limit / 60:g} minutes, and is stopped"
    elif task.ended.code is not None:
        failed = f"it ended with exit code {task.ended.code}" if task.ended.by_itself else "it was stopped"
    if task.ended is None or task.ended.code != 0 or not task.ended.by_itself:
        raise ReleaseFailed(
            f"the release command failed, and nothing is deployed: {failed}",
            why="; ".join(filter(None, (task.why, last))),
            hint="ecsctl why shows what it wrote; what ran before runs on",
        )
    say("the release command ended with exit code 0")


def _overrides(container: str, command: Sequence[str]) -> dict[str, Any]:
    given = [{"name": container, "command": list(command)}]
    if len(json.dumps(given, separators=(",", ":"))) > LONGEST:
        raise UsageError(
            f"expected a command of at most {LONGEST} characters: ECS takes no more",
            hint="have the image hold a script, or the script fetch what it needs",
        )
    return {"containerOverrides": given}


def _serving(aws: Aws, names: Names, observed: Snapshot, image: str) -> Revision:
    """The revision that serves. Raises Refused where its image does not exist."""
    found = revision(aws, observed.serves)
    runs = found.image(names.container)
    if not image and not ecr.has_image(aws, runs, runs):
        raise Refused(
            "there is no image to run",
            why=f"what the service names, {runs}, is not in the repository",
            hint="ecsctl deploy --build, or --image URI",
        )
    return found


def _check_size(serves: Revision, cpu: int, memory: int) -> None:
    """Raises UsageError for what is not a Fargate size, or has no room for the other containers."""
    if not (cpu or memory):
        return
    definition = serves.definition
    try:
        fargate_pair(cpu or int(definition["cpu"]), memory or int(definition["memory"]))
    except ValueError as error:
        raise UsageError(str(error), hint="give --cpu and --memory together") from None


def _with_image(aws: Aws, me: Label, names: Names, serves: Revision, image: str) -> Revision:
    """A revision like the one that serves with another image: RunTask overrides none (aws/containers-roadmap#187)."""
    with asking("reading the image"):
        chosen = images.chosen(aws, names, image, serves.architecture)
    containers = [
        {**one, "image": chosen} if one is container_of(serves.definition, names.container) else one
        for one in serves.definition["containerDefinitions"]
    ]
    with asking("registering a revision for the image"):
        answer = aws.ecs.register_task_definition(
            **{**serves.definition, "containerDefinitions": containers}, tags=me.of(RUN).lower()
        )
    arn = answer["taskDefinition"]["taskDefinitionArn"]
    return revision(aws, arn)


def _run(
    aws: Aws,
    me: Label,
    names: Names,
    service: Mapping[str, Any],
    ran: Revision,
    overrides: dict[str, Any],
    process: str = RUN,
) -> str:
    """Start it, and return its ARN."""
    asked = {
        "cluster": names.cluster,
        "taskDefinition": ran.arn,
        "launchType": "FARGATE",  # never on Spot: a command is not begun again when AWS takes its place
        "networkConfiguration": service["networkConfiguration"],
        "overrides": overrides,
        "enableExecuteCommand": bool(service.get("enableExecuteCommand")),
        "enableECSManagedTags": True,
        "startedBy": BY,
        "group": f"{BY}:{process}",
        "tags": me.of(process).lower(),
    }
    return started(aws, "task", asked)


def started(aws: Aws, what: str, asked: dict[str, Any]) -> str:
    """Have ECS start the task, called `what` to the user, and return its ARN.

    After a lost answer the call is repeated: the token makes it the same task. Raises Refused in the user's words.
    """
    token = str(uuid.uuid4())
    try:
        answer = aws.patience.through(lambda: aws.ecs.run_task(**asked, clientToken=token), what=f"starting the {what}")
    except ClientError as error:  # the failures inside of a success have no status
        if status(error) and code(error) not in ("ClientException", "InvalidParameterException"):
            raise
        hint = "ecsctl status says what differs; what AWS is short of may be available in a moment"
        raise Refused(f"ECS does not start the {what}", why=text(error), hint=hint) from None
    return str(answer["tasks"][0]["taskArn"])


def log_of(container: Mapping[str, Any], arn: str) -> Log | None:
    """The log of a task's container; None if that is not in CloudWatch."""
    driver = container.get("logConfiguration") or {}
    options = driver.get("options") or {}
    if driver.get("logDriver") != "awslogs" or not options.get("awslogs-group"):
        return None
    stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/{arn.rpartition('/')[2]}"
    return Log(options["awslogs-group"], prefix=stream)


def _ended(task: Mapping[str, Any], container: str) -> Ended | None:
    """The end of the command, once its container has exited or the task has stopped without it; None before."""
    own: Mapping[str, Any] = next((one for one in task.get("containers", ()) if one["name"] == container), {})
    why = "; ".join(filter(None, dict.fromkeys((task.get("stoppedReason", ""), own.get("reason", "")))))
    if own.get("exitCode") is not None and task.get("stopCode"):
        return Ended(int(own["exitCode"]), why, task["stopCode"] == "EssentialContainerExited")
    return Ended(None, why) if task.get("lastStatus") == "STOPPED" else None
