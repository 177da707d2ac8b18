"""Chooses the task to enter, and checks that it can be entered: for a command, a shell, or a tunnel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.aws.asking import asking
from ecsctl.aws.codes import code, text
from ecsctl.errors import Refused, TimedOut
from ecsctl.names import Names
from ecsctl.releases import reading
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.deployments import Snapshot
from ecsctl.resources.support.ecs import groups_of, service_of, tasks_in, tasks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_ecs.type_defs import ContainerTypeDef, ServiceTypeDef, TaskTypeDef

    from ecsctl.aws.clients import Aws

AGENT = 60.0  # seconds that the agent in a new task may take; it is usually up within twenty


@dataclass(frozen=True)
class Target:
    """The container of a task in which a command will run. `others` counts the tasks that could have been chosen
    too.
    """

    cluster: str
    task: str
    container: str
    runtime: str
    others: int = 0
    besides: tuple[str, ...] = ()  # the task's other containers

    @property
    def id(self) -> str:
        """The task's id."""
        return self.task.rsplit("/", 1)[-1]

    @property
    def name(self) -> str:
        """The container as Session Manager names it (aws/aws-cli, customizations/ecs/executecommand.py)."""
        return f"ecs:{self.cluster}_{self.id}_{self.runtime}"


@asking("reading the tasks")
def find(aws: Aws, app: str, task: str = "", container: str = "", process: str = "") -> Target:
    """The task and container to enter: the named ones, or the newest healthy task and the app's own container.

    `task` is an id, its beginning, or an ARN; without `process` it may belong to any, and if no task is named either,
    the web's are meant, or the first worker's if there is no web. Raises Refused, with what to do, if there is none
    that can be entered. Waits a minute for the agent of a task that has only just started, and then raises TimedOut.
    """
    try:
        names = reading.names_of(aws, Names(app), process or (_whose(aws, Names(app), task) if task else ""))
    except Refused as refused:
        jobs = f"a job's tasks are not entered: ecsctl jobs run {process} runs one, and prints what it writes"
        raise Refused(
            refused.message, why=refused.why, hint=f"{refused.hint}; {jobs}" if process else refused.hint
        ) from None
    with aws.uncached():
        service = service_of(aws, names.cluster, names.service)
    if service is None or service["status"] != "ACTIVE":
        raise Refused(f"there is no service {names.service}", hint="ecsctl up creates it")
    running = _running(aws, names)
    fitting = [one for one in running if _fits(one, task)]
    if not fitting:
        raise _nowhere(aws, names, service, task)
    if task and len(fitting) > 1:
        ids = ", ".join(sorted(_id(one) for one in fitting))
        raise Refused(f"{len(fitting)} tasks begin with {task}", why=ids, hint="give more of the id")
    healthy = _healthy_addresses(aws, service) if len(fitting) > 1 else set()
    chosen = max(fitting, key=lambda one: _rank(one, healthy))
    if not chosen.get("enableExecuteCommand"):
        raise _not_enabled(service, chosen)
    chosen = _with_agent(aws, names, chosen)
    into = _container(chosen, names.container, container)
    others = tuple(one["name"] for one in chosen["containers"] if one["name"] != into["name"])
    return Target(names.cluster, chosen["taskArn"], into["name"], into.get("runtimeId", ""), len(fitting) - 1, others)


def opened(aws: Aws, target: Target, call: Callable[[], Any]) -> Any:
    """The answer of the call that opens a session in the task. Raises Refused or TimedOut in the user's terms.

    A refusal has no effect, so for a minute the call is repeated while an agent is up and not connected yet.
    """
    refused = ""

    def ask() -> Any:
        nonlocal refused
        try:
            return call()
        except Exception as error:
            refused = text(error)
            if code(error) in ("TargetNotConnectedException", "TargetNotConnected"):  # of ECS, and of Systems Manager
                return None
            if code(error) == "InvalidParameterException":
                raise Refused(
                    f"ECS does not open a session in task {target.id}",
                    why=refused,
                    hint="ecsctl status says whether the task still runs; run the same command again",
                ) from None
            raise

    with asking("opening a session"):
        try:
            return aws.patience.until(ask, what=f"the connection to task {target.id}", limit=AGENT)
        except TimedOut as error:
            raise _unconnected(error, refused) from None


def _whose(aws: Aws, names: Names, task: str) -> str:
    """The process that the named task belongs to; empty if none matches, or several do."""
    with aws.uncached():
        found = tasks_in(aws, names.cluster, "RUNNING", "STOPPED")
    groups = {str(one.get("group", "")) for one in found if _fits(one, task)}
    kept = {names.process_of(group.removeprefix("service:")) for group in groups if group.startswith("service:")}
    return next(iter(kept)) if len(kept) == 1 else ""


def _running(aws: Aws, names: Names, status: Any = "RUNNING") -> list[TaskTypeDef]:
    """The service's tasks that should run, or those that have stopped within the last hour."""
    with aws.uncached():
        return tasks_of(aws, names.cluster, names.service, status)


def _id(task: TaskTypeDef) -> str:
    return task["taskArn"].rsplit("/", 1)[-1]


def _fits(task: TaskTypeDef, configured: str) -> bool:
    """Whether it is the named task. If none is named, any that has started."""
    if not configured:
        return task["lastStatus"] == "RUNNING"
    return task["taskArn"] == configured or _id(task).startswith(configured)


def _agent(task: TaskTypeDef) -> str:
    """The status of ECS Exec's agent: the lowest of all containers'; empty if it has none."""
    states = {
        agent.get("lastStatus", "")
        for one in task["containers"]
        for agent in one.get("managedAgents", [])
        if agent.get("name") == "ExecuteCommandAgent"
    }
    return next((state for state in ("STOPPED", "PENDING", "RUNNING") if state in states), "")


def _rank(task: TaskTypeDef, healthy: set[str]) -> tuple[bool, bool, bool, float]:
    """Rank a task: enabled and with its agent up first, then healthy, then the newest."""
    at = task.get("startedAt")
    addresses = {
        one.get("privateIpv4Address", "") for c in task["containers"] for one in c.get("networkInterfaces", [])
    }
    well = task.get("healthStatus") != "UNHEALTHY" and (not healthy or bool(addresses & healthy))
    return bool(task.get("enableExecuteCommand")), _agent(task) == "RUNNING", well, at.timestamp() if at else 0.0


def _healthy_addresses(aws: Aws, service: ServiceTypeDef) -> set[str]:
    """The addresses that the load balancer considers healthy."""
    found: set[str] = set()
    for arn in groups_of(service):
        answer = none_if_gone(lambda arn=arn: aws.read(aws.elbv2.describe_target_health, TargetGroupArn=arn))  # type: ignore[misc]  # mypy cannot type a lambda's default
        for one in answer["TargetHealthDescriptions"] if answer else ():
            if one.get("TargetHealth", {}).get("State") == "healthy":
                found.add(one["Target"]["Id"])
    return found


def _nowhere(aws: Aws, names: Names, service: ServiceTypeDef, configured: str) -> Refused:
    """The error if no task can be entered: the named one has stopped or never existed, or none runs."""
    if configured:
        for one in _running(aws, names, "STOPPED"):
            if _fits(one, configured):
                return Refused(
                    f"task {_id(one)} is gone",
                    why=one.get("stoppedReason", ""),
                    hint="without --task the newest is taken",
                )
        return Refused(
            f"the service {names.service} has no task {configured}",
            why="ECS forgets a task an hour after it stopped",
            hint="without --task the newest is taken",
        )
    wanted = service.get("desiredCount", 0)
    pending = service.get("pendingCount", 0)
    why = f"{pending} of {wanted} desired tasks are starting" if wanted else "its desired count is 0"
    hint = "ecsctl why says what keeps it from running" if wanted else f"ecsctl scale {names.process}=1 starts one"
    return Refused(f"no task of the service {names.service} runs", why=why, hint=hint)


def _not_enabled(service: ServiceTypeDef, task: TaskTypeDef) -> Refused:
    """ECS Exec is off; or it is on, and the task is older than that (ECS guide, "Using ECS Exec")."""
    if not service.get("enableExecuteCommand"):
        return Refused(
            "ECS Exec is not enabled on the service",
            hint="exec = true in [service] of ecsctl.toml, then ecsctl up, which replaces the tasks",
        )
    rolling = Snapshot(service).rolling
    return Refused(
        f"task {_id(task)} is older than the switch that enables ECS Exec",
        why="only tasks that start after it can be entered",
        hint="new ones are rolling out: wait for them, then run the same command again"
        if rolling
        else "ecsctl deploy --restart replaces the tasks",
    )


def _with_agent(aws: Aws, names: Names, task: TaskTypeDef) -> TaskTypeDef:
    """The task, once its agent runs. Raises Refused when the task or the agent has stopped."""
    observed = task

    def up() -> TaskTypeDef | None:
        nonlocal observed
        if _agent(observed) != "RUNNING":
            with aws.uncached():
                answer = aws.read(aws.ecs.describe_tasks, cluster=names.cluster, tasks=[task["taskArn"]])
            observed = answer["tasks"][0] if answer["tasks"] else {**observed, "desiredStatus": "STOPPED"}
        if observed["desiredStatus"] == "STOPPED":
            why = observed.get("stoppedReason", "")
            raise Refused(f"task {_id(task)} is gone", why=why, hint="run the same command again")
        if _agent(observed) == "STOPPED":
            raise _unconnected(None, "the agent has stopped")
        return observed if _agent(observed) == "RUNNING" else None

    try:
        return aws.patience.until(up, what=f"ECS Exec's agent in task {_id(task)}", limit=AGENT)
    except TimedOut as error:
        raise _unconnected(error, f"its agent is {_agent(observed) or 'missing'}") from None


def _unconnected(error: TimedOut | None, why: str) -> TimedOut | Refused:
    """ECS guide, "Troubleshooting issues with ECS Exec": what keeps an agent from connecting."""
    hint = (
        "the task role needs ssmmessages:* as ecsctl up gives it, and the tasks a way out to ssmmessages: "
        "ecsctl status says whether both are as desired; a container with a read-only file system has no agent"
    )
    if error is None:
        return Refused("ECS Exec cannot reach the task", why=why, hint=hint)
    return TimedOut(error.message, why=why, hint=hint)


def _container(task: TaskTypeDef, own: str, configured: str) -> ContainerTypeDef:
    """The named container, the only one, or the app's own."""
    by_name = {one["name"]: one for one in task["containers"]}
    names = ", ".join(sorted(by_name))
    if configured and configured not in by_name:
        raise Refused(f"task {_id(task)} has no container {configured}", why=f"it has {names}")
    chosen = configured or (next(iter(by_name)) if len(by_name) == 1 else own)
    if chosen not in by_name:
        raise Refused(f"task {_id(task)} has {len(by_name)} containers", why=names, hint="--container NAME")
    found = by_name[chosen]
    if found.get("lastStatus") != "RUNNING":
        why = f"it is {found.get('lastStatus', 'gone')}"
        if found.get("exitCode") is not None:
            why += f", exit code {found['exitCode']}"
        raise Refused(f"the container {chosen} of task {_id(task)} does not run", why=why, hint="ecsctl logs")
    return found
