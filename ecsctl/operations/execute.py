"""A command in a running task: ECS Exec opens a session, and the session-manager plugin carries it to the terminal.

In a sandbox that runs the app the container engine does both.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from ecsctl.asking import asking
from ecsctl.engine.errors import Refused, TimedOut, code, text
from ecsctl.names import Names
from ecsctl.resources.support.common import there
from ecsctl.resources.support.deployments import Snapshot
from ecsctl.resources.support.ecs import groups_of, service_of, tasks_of

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ContainerTypeDef, ServiceTypeDef, TaskTypeDef

    from ecsctl.aws import Aws

PLUGIN = "session-manager-plugin"
INSTALL = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
)
# The AWS CLI gives any newer plugin the session in the environment (aws/aws-cli, customizations/sessionmanager.py);
# Systems Manager User Guide, "Session Manager plugin latest version and release history": 1.2.536.0 is the first.
TOO_OLD = (1, 2, 497, 0)
VARIABLE = "AWS_SSM_START_SESSION_RESPONSE"
SHELL = "/bin/sh"
AGENT = 60.0  # seconds that the agent in a fresh task may take; it is usually up within twenty


@dataclass(frozen=True)
class Target:
    """Where a command is to run: a container of a task. `others` counts the tasks that could have been taken too."""

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


@dataclass(frozen=True)
class Opened:
    """A session that a plugin may take over. It holds a token: never shown, and not part of the repr."""

    target: Target
    region: str
    endpoint: str
    session: dict[str, Any] = field(repr=False)


def plugin() -> str:
    """The path of the session-manager plugin. Raises Refused when it is missing or too old.

    An older one takes the session's token as an argument only, where every process of the machine can read it.
    """
    path = shutil.which(PLUGIN)
    if path is None:
        raise Refused(
            f"{PLUGIN} is not installed, and ECS Exec needs it on this machine",
            hint=f"install it as {INSTALL} tells, then run the same command again",
        )
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - the plugin, found on PATH as by the AWS CLI
        version = told.stdout.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{path} does not run", why=str(error), hint=f"reinstall it: {INSTALL}") from None
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9}){0,3}", version):
        raise Refused(f"{path} does not tell its version", why=version[:80], hint=f"reinstall it: {INSTALL}")
    if tuple(map(int, version.split("."))) <= TOO_OLD:
        raise Refused(
            f"{PLUGIN} {version} is too old",
            why="it takes the session's token as an argument only, where other processes can read it",
            hint=f"install 1.2.536.0 or newer, as {INSTALL} tells",
        )
    return path


def spoken(words: Sequence[str]) -> str:
    """The command as ECS takes it, one text: a single word as it is, several so that each stays one word."""
    return words[0] if len(words) == 1 else shlex.join(words) or SHELL


@asking("looking at the tasks")
def find(aws: Aws, app: str, task: str = "", container: str = "") -> Target:
    """The task and container to enter: as named, or the newest healthy task and the app's own container.

    `task` is an id, its beginning, or an ARN. Raises Refused, with what to do, when there is none that can be entered.
    Waits a minute for the agent of a task that has only just started, and raises TimedOut then.
    """
    names = Names(app)
    with aws.fresh():
        service = service_of(aws, names.cluster, names.service)
    if service is None or service["status"] != "ACTIVE":
        raise Refused(f"there is no service {app}", hint="ecsctl up makes it")
    running = _running(aws, app)
    fitting = [one for one in running if _fits(one, task)]
    if not fitting:
        raise _nowhere(aws, app, service, task)
    if task and len(fitting) > 1:
        ids = ", ".join(sorted(_id(one) for one in fitting))
        raise Refused(f"{len(fitting)} tasks begin with {task}", why=ids, hint="give more of the id")
    healthy = _healthy_addresses(aws, service) if len(fitting) > 1 else set()
    chosen = max(fitting, key=lambda one: _worth(one, healthy))
    if not chosen.get("enableExecuteCommand"):
        raise _not_enabled(service, chosen)
    chosen = _with_agent(aws, app, chosen)
    into = _container(chosen, names.container, container)
    others = tuple(one["name"] for one in chosen["containers"] if one["name"] != into["name"])
    return Target(names.cluster, chosen["taskArn"], into["name"], into.get("runtimeId", ""), len(fitting) - 1, others)


def begin(aws: Aws, target: Target, command: str) -> Opened:
    """Open the session in which the command runs. Raises Refused or TimedOut in the user's words.

    A refusal has no effect, so that an agent that is up and not connected yet is asked again for a minute.
    """
    refused = ""

    def ask() -> Any:
        nonlocal refused
        try:
            return aws.ecs.execute_command(
                cluster=target.cluster, task=target.task, container=target.container, command=command, interactive=True
            )
        except Exception as error:
            refused = text(error)
            if code(error) == "TargetNotConnectedException":
                return None
            if code(error) == "InvalidParameterException":
                raise Refused(
                    f"ECS does not open a session in task {target.id}",
                    why=refused,
                    hint="ecsctl status tells whether the task still runs; run the same command again",
                ) from None
            raise

    with asking("opening a session"):
        try:
            answer = aws.patience.until(ask, what=f"the connection to task {target.id}", limit=AGENT)
        except TimedOut as error:
            raise _unconnected(error, refused) from None
        # Where the plugin resumes a session: at Systems Manager, as for a session of its own.
        endpoint = aws.client("ssm").meta.endpoint_url
    return Opened(target, str(aws.session.region_name), endpoint, dict(answer["session"]))


def carry(path: str, opened: Opened, profile: str = "") -> int:
    """Run the plugin on this terminal until the session ends, and return its exit code, as a shell would tell it.

    The session stands in the plugin's environment, not among its arguments: these every process can read. While it
    runs, what the keyboard sends belongs to the far end.
    """
    words = [path, VARIABLE, opened.region, "StartSession", profile,
             json.dumps({"Target": opened.target.name}), opened.endpoint]  # fmt: skip
    environment = {**os.environ, VARIABLE: json.dumps(opened.session)}
    return _ended(words, environment)


def engine(folder: Path) -> bool:
    """Whether the sandbox of the folder runs tasks in containers, which need no plugin to be entered."""
    from ecsctl.sandbox.server import process

    return bool(process.play(folder, "engine", {}))


def enter(folder: Path, target: Target, command: str, *, terminal: bool) -> int | None:
    """Run a command in a container of the sandbox, and return its exit code; None where the task is simulated.

    As root, whatever the container's user: so does ECS Exec (ECS guide, "Considerations for using Amazon ECS Exec").
    """
    from ecsctl.sandbox.server import process

    found = process.play(folder, "container_of", {"task": target.task, "container": target.container})
    if found is None:
        return None
    tool = shutil.which("docker") or shutil.which("podman")
    if tool is None:
        raise Refused("neither docker nor podman is installed", why="one of them opens the container's shell",
                      hint="install one, then run the same command again")  # fmt: skip
    try:
        asked = shlex.split(command) or [SHELL]
    except ValueError as error:
        hint = "close its quotes, or give each word by itself: ecsctl exec -- CMD ARGUMENT"
        raise Refused(f"the command cannot be split into words: {error}", why=command, hint=hint) from None
    keyboard = ["--interactive", "--tty"] if terminal else ["--interactive"]
    socket = f"unix://{found['socket']}"
    # A context that is named in the environment would come before the host.
    environment = {name: value for name, value in os.environ.items() if name != "DOCKER_CONTEXT"}
    return _ended(
        [tool, "exec", *keyboard, "--user", "0", found["id"], *asked],
        environment | {"DOCKER_HOST": socket, "CONTAINER_HOST": socket},
    )


def _ended(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program on this terminal, to which the keyboard belongs, and return its exit code as a shell tells it."""
    with _keyboard_elsewhere() as ending:
        process = subprocess.Popen(words, env=environment)  # noqa: S603 - a program that was found; no shell
        ending.append(process)
        ended = process.wait()
    return ended if ended >= 0 else 128 - ended


@contextmanager
def _keyboard_elsewhere() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Within it, signals of the keyboard do nothing here, and those that end a process end the plugins in the list.

    A handler that does nothing, and not SIG_IGN: that one the plugin would inherit.
    """
    plugins: list[subprocess.Popen[bytes]] = []

    def nothing(_number: int, _frame: FrameType | None) -> None:
        """Leave it to the plugin, which hears it too."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for one in plugins:
            one.terminate()

    handlers = {"SIGINT": nothing, "SIGQUIT": nothing, "SIGTSTP": nothing, "SIGTERM": end, "SIGHUP": end}
    there = {getattr(signal, name): handler for name, handler in handlers.items() if hasattr(signal, name)}
    before = {number: signal.signal(number, handler) for number, handler in there.items()}
    try:
        yield plugins
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _running(aws: Aws, app: str, status: Any = "RUNNING") -> list[TaskTypeDef]:
    """The service's tasks that are to run, or those that have stopped within the last hour."""
    with aws.fresh():
        return tasks_of(aws, Names(app).cluster, Names(app).service, status)


def _id(task: TaskTypeDef) -> str:
    return task["taskArn"].rsplit("/", 1)[-1]


def _fits(task: TaskTypeDef, configured: str) -> bool:
    """Whether it is the task that is meant. Where none is named, one that has started."""
    if not configured:
        return task["lastStatus"] == "RUNNING"
    return task["taskArn"] == configured or _id(task).startswith(configured)


def _agent(task: TaskTypeDef) -> str:
    """The status of ECS Exec's agent: the least of all containers'; empty where it has none."""
    states = {
        agent.get("lastStatus", "")
        for one in task["containers"]
        for agent in one.get("managedAgents", [])
        if agent.get("name") == "ExecuteCommandAgent"
    }
    return next((state for state in ("STOPPED", "PENDING", "RUNNING") if state in states), "")


def _worth(task: TaskTypeDef, healthy: set[str]) -> tuple[bool, bool, bool, float]:
    """How good it is to enter: enabled and with its agent up, healthy, and then the newest."""
    at = task.get("startedAt")
    addresses = {
        one.get("privateIpv4Address", "") for c in task["containers"] for one in c.get("networkInterfaces", [])
    }
    well = task.get("healthStatus") != "UNHEALTHY" and (not healthy or bool(addresses & healthy))
    return bool(task.get("enableExecuteCommand")), _agent(task) == "RUNNING", well, at.timestamp() if at else 0.0


def _healthy_addresses(aws: Aws, service: ServiceTypeDef) -> set[str]:
    """The addresses that the load balancer takes for healthy."""
    found: set[str] = set()
    for arn in groups_of(service):
        answer = there(lambda arn=arn: aws.look(aws.elbv2.describe_target_health, TargetGroupArn=arn))  # type: ignore[misc]  # mypy cannot type a lambda's default
        for one in answer["TargetHealthDescriptions"] if answer else ():
            if one.get("TargetHealth", {}).get("State") == "healthy":
                found.add(one["Target"]["Id"])
    return found


def _nowhere(aws: Aws, app: str, service: ServiceTypeDef, configured: str) -> Refused:
    """Why no task can be entered: the one that is named has stopped or never was, or none runs at all."""
    if configured:
        for one in _running(aws, app, "STOPPED"):
            if _fits(one, configured):
                return Refused(
                    f"task {_id(one)} is gone", why=one.get("stoppedReason", ""), hint="ecsctl exec takes the newest"
                )
        return Refused(
            f"the service {app} has no task {configured}",
            why="ECS forgets a task an hour after it stopped",
            hint="ecsctl exec takes the newest",
        )
    wanted = service.get("desiredCount", 0)
    why = f"{service.get('pendingCount', 0)} of {wanted} wanted are starting" if wanted else "it wants no tasks"
    hint = "ecsctl why tells what keeps it from running" if wanted else "service.desired_count, then ecsctl up"
    return Refused(f"no task of the service {app} runs", why=why, hint=hint)


def _not_enabled(service: ServiceTypeDef, task: TaskTypeDef) -> Refused:
    """The switch is off; or it is on, and the task is older than it (ECS guide, "Using ECS Exec")."""
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


def _with_agent(aws: Aws, app: str, task: TaskTypeDef) -> TaskTypeDef:
    """The task as it is once its agent runs. Raises Refused when the task or the agent has stopped."""
    observed = task

    def up() -> TaskTypeDef | None:
        nonlocal observed
        if _agent(observed) != "RUNNING":
            with aws.fresh():
                answer = aws.look(aws.ecs.describe_tasks, cluster=Names(app).cluster, tasks=[task["taskArn"]])
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
        raise _unconnected(error, f"its agent is {_agent(observed) or 'not there'}") from None


def _unconnected(error: TimedOut | None, why: str) -> TimedOut | Refused:
    """ECS guide, "Troubleshooting issues with ECS Exec": what keeps an agent from connecting."""
    hint = (
        "the task role needs ssmmessages:* as ecsctl up gives it, and the tasks a way out to ssmmessages: "
        "ecsctl status tells whether both are as they were made; a container with a read-only file system has no agent"
    )
    if error is None:
        return Refused("ECS Exec cannot reach the task", why=why, hint=hint)
    return TimedOut(error.message, why=why, hint=hint)


def _container(task: TaskTypeDef, own: str, configured: str) -> ContainerTypeDef:
    """The container that is named, the only one, or the app's own."""
    by_name = {one["name"]: one for one in task["containers"]}
    names = ", ".join(sorted(by_name))
    if configured and configured not in by_name:
        raise Refused(f"task {_id(task)} has no container {configured}", why=f"it has {names}")
    chosen = configured or (next(iter(by_name)) if len(by_name) == 1 else own)
    if chosen not in by_name:
        raise Refused(f"task {_id(task)} has {len(by_name)} containers", why=names, hint="--container NAME")
    found = by_name[chosen]
    if found.get("lastStatus") != "RUNNING":
        why = f"it is {found.get('lastStatus', 'not there')}"
        if found.get("exitCode") is not None:
            why += f", exit code {found['exitCode']}"
        raise Refused(f"the container {chosen} of task {_id(task)} does not run", why=why, hint="ecsctl logs")
    return found
