"""ECS Exec: sessions in tasks, and why one is refused."""

import hashlib

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws.ecs import clusters, tasks, views
from ecsctl.sandbox.aws.ecs.state import invalid, number, refusal
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.core import overlay, script

_NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or the execute command "
    "agent isn’t running. Wait and try again or run a new task with execute command enabled and try again."  # noqa: RUF001 - AWS writes it so
)
_NOT_CONNECTED = "The execute command failed due to an internal error. Try again later."
# Nothing listens here. AWS returns an ssmmessages address instead; an installed plugin must not carry the sandbox's
# session to AWS.
STREAM = "wss://127.0.0.1:9/v1/data-channel/{session}?role=publish_subscribe"


@script.switch
def has_container_engine() -> bool:
    """Whether this machine has a container engine that runs tasks."""
    return machine.current is not None


@script.switch
def container_of(task: str, container: str) -> dict[str, str] | None:
    """Where a container of a task really runs: the engine's socket, and the container's id; None if it is
    simulated.
    """
    here = machine.current
    task_run = here.fleet.task_runs.get(task.rpartition("/")[2]) if here else None
    ident = task_run.ids.get(container) if task_run else None
    return {"socket": here.engine.path, "id": ident} if here and ident else None


@overlay.adds(EC2ContainerServiceResponse)
def execute_command(response: EC2ContainerServiceResponse) -> ActionResult:
    """Open an ECS Exec session. Nothing serves its stream URL: the engine enters real containers (`container_of`).

    ECS guide, "Troubleshooting issues with ECS Exec": InvalidParameterException if the task was started without
    exec, TargetNotConnectedException while the agent in it is not up.
    """
    backend, ask = response.ecs_backend, response._get_params()
    cluster = clusters.find(backend, ask.get("cluster"))
    found = tasks.find(backend, cluster, ask["task"])
    if found is None:
        raise invalid("The referenced task was not found.")
    task = found[1]
    names = [container["name"] for container in task.definition.containers]
    container = ask.get("container")
    if container is None and len(names) > 1:  # the wording is an assumption
        raise invalid("The container name must be specified when the task has more than one container.")
    if container is not None and container not in names:  # the wording is an assumption
        raise invalid(f"The container {container} was not found in the task.")
    if not ask.get("interactive"):  # API reference, ExecuteCommand: only interactive commands
        raise invalid("Interactive is the only mode supported currently.")
    if not task.terms.get("enableExecuteCommand"):
        raise invalid(_NOT_ENABLED)
    if not views.is_agent_running(task):
        raise refusal("TargetNotConnectedException", _NOT_CONNECTED)
    serial = number(backend)
    session = f"ecs-execute-command-{hashlib.sha256(f'{task.arn} {serial}'.encode()).hexdigest()[:17]}"
    return ActionResult(
        {
            "clusterArn": cluster.arn,
            "taskArn": task.arn,
            "containerArn": views.task(task, cluster.arn)["containers"][names.index(container or names[0])][
                "containerArn"
            ],
            "containerName": container or names[0],
            "interactive": True,
            "session": {
                "sessionId": session,
                "streamUrl": STREAM.format(session=session),
                "tokenValue": hashlib.sha256(session.encode()).hexdigest(),
            },
        }
    )
