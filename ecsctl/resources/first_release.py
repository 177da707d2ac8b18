"""Runs the release command before the service starts with an image that `up` itself brings: the first one, or a named
one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label
from ecsctl.engine.resource import Found, Observed, Order, Resource
from ecsctl.ids import ClusterName, ImageUri, MountTargetsId, SecurityGroupId, SubnetId, TaskDefinitionArn
from ecsctl.names import Names
from ecsctl.parts import RELEASE
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.ecs import BY, has_succeeded, tasks_in
from ecsctl.resources.support.policy_document import Condition, Statement
from ecsctl.resources.support.revisions import container_of, revision
from ecsctl.resources.support.rights import of, pass_roles
from ecsctl.resources.support.running import running

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

STARTS = 300.0  # seconds on top of the command's own: the image is pulled, and the task is stopped


@dataclass(frozen=True)
class FirstReleaseIds:
    """The image that the command has run with, or need not run with."""

    image: ImageUri


@dataclass(frozen=True, kw_only=True)
class FirstRelease(Resource[FirstReleaseIds]):
    """The release command has run with an image, or the service already runs that image.

    Otherwise, creating it runs the command in a task of its own, and it is ready once that has ended with 0. The
    pipeline and `ecsctl deploy` run it themselves.
    """

    kind = "release"
    title = "release command"
    done = "completed"
    by_use = True  # a task
    within = ("cluster",)
    wait = True
    tagged = False
    repeats = ("list_tasks", "describe_tasks")
    usual_seconds = 60.0

    cluster: ClusterName
    task_definition: TaskDefinitionArn = field(compare=False)
    image: ImageUri = field(compare=False)
    subnets: frozenset[SubnetId] = field(compare=False)
    security_groups: frozenset[SecurityGroupId] = field(compare=False)
    assign_public_ip: bool = field(compare=False)
    command: tuple[str, ...] = field(compare=False)
    minutes: int = field(compare=False)
    container_name: str = field(compare=False)
    files: Order[tuple[MountTargetsId, ...]] = ()  # a task that cannot mount its volumes does not start
    past: tuple[str, ...] = field(default=(), compare=False)  # tasks that had ended before this run: not its result

    @property
    def ready_within(self) -> float:
        """As long as the command may take, in seconds."""
        return 60.0 * self.minutes + STARTS

    def summary(self) -> str:
        """Says what runs."""
        return " ".join(self.command)

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to start the task, and to read it."""
        here = Condition("ArnEquals", "ecs:cluster", (scope.cluster,))
        yield Statement("TaskList", ("ecs:ListTasks",), ("*",), (here,))
        yield Statement("RunTask", ("ecs:RunTask",), scope.families, (here,))
        tasks = (scope.arn("ecs", f"task/{scope.names.cluster}/*"),)
        yield Statement("Tasks", of("ecs", "DescribeTasks TagResource"), tasks)
        yield pass_roles("PassRoles", (scope.role("*"),), "ecs-tasks")

    def observe(self, aws: Aws, me: Label) -> Observed[FirstRelease, FirstReleaseIds] | None:
        """Read by what the service runs; otherwise by the newest task of the command with this image, for an hour."""
        ids = FirstReleaseIds(self.image)
        runs = running(aws, Names.of(me))
        if runs is not None and runs.image == self.image:
            return Observed(ids, self)
        tasks = [one for one in self._tasks(aws) if self._own(one).get("image") == self.image]
        if any(has_succeeded(one, self.container_name) for one in tasks):
            return Observed(ids, self)
        newest = next((one for one in tasks if one["taskArn"] not in self.past), None)
        if newest is None:
            return None
        number = newest["taskArn"].rpartition("/")[2][:8]
        if newest.get("lastStatus") != "STOPPED":
            return Observed(ids, self, ready=False, note=f"task {number}: {newest.get('lastStatus', '').lower()}")
        return Observed(ids, self, failed=f"{self._why(aws, newest)}\nfix it, then run the same command again")

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[FirstReleaseIds]]:
        """None: a task ends by itself."""
        yield from ()

    def create(self, aws: Aws, me: Label) -> FirstReleaseIds:
        """A token prevents duplicates; it changes after a task that ended."""
        network = {
            "subnets": sorted(self.subnets),
            "securityGroups": sorted(self.security_groups),
            "assignPublicIp": "ENABLED" if self.assign_public_ip else "DISABLED",
        }
        asked: dict[str, Any] = {
            "cluster": self.cluster,
            "taskDefinition": self.task_definition,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": network},
            "overrides": {"containerOverrides": [{"name": self.container_name, "command": list(self.command)}]},
            "startedBy": BY,
            "group": f"{BY}:{RELEASE}",
            "tags": me.of(RELEASE).lower(),
            "clientToken": me.of(me.resource, me.nonce + "".join(self.past[:1])).token(),
        }
        aws.ecs.run_task(**asked)
        return FirstReleaseIds(self.image)

    def _tasks(self, aws: Aws) -> list[Any]:
        """Tasks of the command, the newest first."""
        found = none_if_gone(lambda: tasks_in(aws, self.cluster, "RUNNING", "STOPPED")) or []
        ours = [one for one in found if one.get("group") == f"{BY}:{RELEASE}"]
        return sorted(ours, key=lambda one: one["createdAt"], reverse=True)

    def _own(self, task: Any) -> dict[str, Any]:
        return container_of({"containerDefinitions": task.get("containers")}, self.container_name)

    def _why(self, aws: Aws, task: Any) -> str:
        """Returns how it ended, and the last lines that it wrote."""
        code = self._own(task).get("exitCode")
        outcome = f"it ended with exit code {code}" if code is not None else task.get("stoppedReason", "it did not run")
        if code == 0:
            outcome = f"it was stopped: {task.get('stoppedReason', '')}"
        own = container_of(revision(aws, task["taskDefinitionArn"]).definition, self.container_name)
        options = (own.get("logConfiguration") or {}).get("options") or {}
        if not options.get("awslogs-group"):
            return str(outcome)
        stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{own['name']}/{task['taskArn'].rpartition('/')[2]}"
        answer = none_if_gone(lambda: aws.read(aws.logs.get_log_events, logGroupName=options["awslogs-group"],
                                        logStreamName=stream, limit=5, startFromHead=False))  # fmt: skip
        lines = [one["message"].rstrip() for one in answer["events"]] if answer else []
        return "\n".join([str(outcome), *lines])
