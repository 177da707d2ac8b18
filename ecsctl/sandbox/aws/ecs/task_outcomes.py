"""The outcome of a task, derived from its image and from its account, with AWS's messages as reasons.

Whatever can be derived is: whether the image is in the repository and for the right processor, whether the subnet has
a route to AWS, whether secrets, log groups and roles exist, whether the load balancer reaches the task. Everything else
is scripted with `script_tasks`.
"""

from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend
from moto.logs.models import logs_backends

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.ecs import (
    apps,
    container_states,
    execution_role,
    helper_containers,
    images,
    mounts,
    network,
    scripts,
    secret_reading,
    simulated_commands,
    storage,
    streams,
)
from ecsctl.sandbox.aws.ecs.container_states import Outcome
from ecsctl.sandbox.aws.ecs.definition_checks import is_ecr
from ecsctl.sandbox.aws.ecs.outside import Run, Start
from ecsctl.sandbox.aws.ecs.state import Definition, Script, Task, Wire, arn_of, balancers

_TIMED_OUT = 150.0  # three attempts that time out; an assumption
_ADDRESS = "203.0.113.10"  # in messages, in place of an address of AWS


def beside(backend: EC2ContainerServiceBackend, task: Task) -> dict[str, Outcome]:
    """The known outcomes of the containers beside the main one: scripted for their images, or derived from their
    commands.
    """
    others = [one for one in task.definition.containers if one is not container_states.own(task)]
    simulated = {one["name"]: known for one in others if (known := helper_containers.outcome(backend, task, one))}
    found = ((one, scripts.of(backend, one)) for one in others)
    scripted = {one["name"]: _outcome(script, one) for one, script in found if script.fragment and script.kind != "ok"}
    return simulated | scripted


def _outcome(script: Script, container: Wire) -> Outcome:
    after, lines = float(script.options.get("seconds", 5.0)), (f"{container['name']}: starting",)
    if script.kind == "crash":
        error = str(script.options.get("reason", f"{container['name']}: fatal: it could not start"))
        code = int(script.options.get("code", 1))
        return Outcome("ends", after, code, lines=lines, last=(error,) if code else ())
    if script.kind == "oom":
        return Outcome("ends", after, 137, apps.KILLED, lines=lines)
    if script.kind == "exec-format":
        return Outcome("ends", 1.0, 1, last=("exec /agent: exec format error",))
    return Outcome("sick" if script.kind == "sick" else "on", lines=lines)


def refusal(backend: EC2ContainerServiceBackend, definition: Definition) -> str | None:
    """Returns why no task can be launched, as in the service's event (ECS guide, "Service event messages"); None if one
    can.
    """
    script = scripts.scripted(backend, definition)
    kind = script.kind
    if kind == "quota":
        reason = script.options.get(
            "reason", "You've reached the limit on the number of vCPUs you can run concurrently."
        )
        return f"was unable to place a task. Reason: {reason}"
    for name in ("executionRoleArn", "taskRoleArn"):
        role = definition.document.get(name)
        if role is None:
            continue
        source = arn_of(backend, "task/any")
        if kind == "role" or not iam.can_be_assumed(role.split(":")[4], role, "ecs-tasks.amazonaws.com", source):
            return (
                f"failed to launch a task with (error ECS was unable to assume the role '{role}' that was provided for "
                "this task. Please verify that the role being passed has the proper trust relationship and permissions "
                "and that your IAM user has permissions to pass this role.)."
            )
    return None


def prepare(backend: EC2ContainerServiceBackend, task: Task) -> Start:
    """The outcome of a task's preparation: storage, registry login, secrets, log streams and images, in this order."""
    script = scripts.scripted(backend, task.definition)
    kind = script.kind
    if kind == "stopped":
        return Start(images.AT_ONCE, str(script.options["reason"]))
    seconds, failure = images.AT_ONCE, storage.trouble(backend, task)
    if failure:
        return Start(seconds, _cut(failure, script))
    if failure := _no_way_out(backend, task, kind):
        seconds = _TIMED_OUT
    elif failure := (
        execution_role.lacking(backend.account_id, backend.region_name, task)
        or secret_reading.trouble(task, script)
        or _missing_log_group(backend, task, kind)
    ):
        seconds = images.AT_ONCE
    elif found := mounts.trouble(backend.account_id, backend.region_name, task):
        seconds, failure = (_TIMED_OUT if found[0] else images.AT_ONCE), found[1]
    if failure is not None:
        return Start(seconds, _cut(failure, script))
    digests: dict[str, str] = {}
    for container in task.definition.containers:
        reference = container["image"]
        seconds, failure = images.pull(task, reference, digests, kind if scripts.fits(script, container) else "ok")
        if failure is not None:
            return Start(seconds, _cut(failure, script), container["name"])
    return Start(digests=digests)


def _cut(reason: str, script: Script) -> str:
    """A reason, truncated as ECS does it (aws/copilot-cli#2095, docker-archive/compose-cli#1510)."""
    length = int(script.options.get("length", len(reason)))
    return reason if length >= len(reason) else f"{reason[:length]}..."


def _place(task: Task) -> tuple[str, list[str], bool]:
    """The task's subnet, its security groups, and whether it has a public address."""
    public = task.terms["networkConfiguration"]["awsvpcConfiguration"].get("assignPublicIp") == "ENABLED"
    return (task.interface.subnet, list(task.interface.groups), public) if task.interface else ("", [], public)


def _no_way_out(backend: EC2ContainerServiceBackend, task: Task, kind: str) -> str | None:
    """ECS guide, "Troubleshoot Amazon ECS ResourceInitializationError errors" and "CannotPullContainer task errors"."""
    account, region = backend.account_id, backend.region_name
    subnet, groups, public = _place(task)
    online = network.has_internet(account, region, subnet, groups, public) and kind != "egress"
    private = [c["image"] for c in task.definition.containers if is_ecr(c["image"])]
    if not online and private and not network.has_endpoints(account, region, subnet, "ecr.api", "ecr.dkr", "s3"):
        return (
            "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth "
            "from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network "
            "configuration. operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https "
            "response error StatusCode: 0, RequestID: , request send failed, Post "
            f'"https://api.ecr.{region}.amazonaws.com/": dial tcp {_ADDRESS}:443: i/o timeout'
        )
    secret = next((s["valueFrom"] for c in task.definition.containers for s in c.get("secrets") or []), None)
    if not online and secret and not network.has_endpoints(account, region, subnet, "secretsmanager"):
        return (
            "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: "
            "There is a connection issue between the task and AWS Secrets Manager. Check your task network "
            f"configuration. failed to fetch secret {secret} from secrets manager: operation error Secrets Manager: "
            "GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded"
        )
    elsewhere = next((c["image"] for c in task.definition.containers if not is_ecr(c["image"])), None)
    if not online and elsewhere:
        host = elsewhere.split("/", 1)[0] if "." in elsewhere.split("/", 1)[0] else "docker.io"
        return (
            f"CannotPullContainerError: The task cannot pull {elsewhere} from the registry {host}. There is a "
            "connection issue between the task and the registry. Check your task network configuration. : failed to do "
            f'request: Head "https://{host}/v2/": dial tcp {_ADDRESS}:443: i/o timeout'
        )
    return None


def _missing_log_group(backend: EC2ContainerServiceBackend, task: Task, kind: str) -> str | None:
    for container in task.definition.containers:
        options = streams.options(container)
        if options is None:
            continue
        region = options.get("awslogs-region", backend.region_name)
        groups = logs_backends[backend.account_id][region].groups
        made = options.get("awslogs-create-group") == "true"
        if kind == "log-group" or (options.get("awslogs-group") not in groups and not made):
            return (
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
                "failed to create Cloudwatch log stream: operation error CloudWatch Logs: CreateLogStream, https "
                "response error StatusCode: 400, ResourceNotFoundException: The specified log group does not exist. : "
                "exit status 1"
            )
    return None


_BOOT = ("INFO:     Started server process [1]", "INFO:     Waiting for application startup.")
_UP = (*_BOOT, "INFO:     Application startup complete.", "INFO:     Uvicorn running on http://0.0.0.0 (Press CTRL+C)")


def go_on(backend: EC2ContainerServiceBackend, task: Task) -> Run:
    """What happens to a task after its start: as scripted for the main container's image, or as derived."""
    script = scripts.of(backend, container_states.own(task))
    options, command = script.options, _command(task)
    if command and script.kind not in ("command", "exec-format"):  # the app's script does not apply to another command
        return simulated_commands.simulated(command)
    if script.kind == "crash":
        error = str(options.get("reason", "RuntimeError: the application could not start"))
        trace = ("Traceback (most recent call last):", '  File "/app/main.py", line 1, in <module>', error)
        code = int(options.get("code", 1))
        return Run("exit", float(options.get("seconds", 5.0)), code, lines=_BOOT, last=trace if code else ())
    if script.kind == "oom":
        killed = "OutOfMemoryError: Container killed due to memory usage"
        return Run("exit", float(options.get("seconds", 30.0)), 137, killed, lines=_UP)
    if script.kind == "exec-format":
        return Run("exit", 1.0, 1, last=("exec /usr/local/bin/python: exec format error",))
    if script.kind == "sick":
        return Run("sick", lines=_UP)
    if script.kind == "unhealthy":
        text = str(options.get("reason", "Health checks failed with these codes: [503]"))
        failed = ('INFO:     "GET /health HTTP/1.1" 503 Service Unavailable',)
        return Run(
            "unhealthy",
            5.0,
            target_reason="Target.ResponseCodeMismatch",
            target_description=text,
            lines=_UP,
            last=failed,
        )
    if script.kind == "command" and not task.served:
        error = str(options.get("reason", "RuntimeError: the command failed"))
        trace = ("Traceback (most recent call last):", '  File "/app/manage.py", line 1, in <module>', error)
        return Run("exit", float(options.get("seconds", 5.0)), int(options.get("code", 1)), last=trace)
    if script.kind == "app" and (run := apps.failed_app(backend, task, options, words(task))):
        return run
    if run := blocked(backend, task):
        return run
    if run := apps.failed_app(backend, task, options if script.kind == "app" else {"lines": _UP}, words(task)):
        return run
    if script.kind == "slow":
        return Run("healthy", float(options.get("seconds", 90.0)), lines=_BOOT, ready=_UP[len(_BOOT) :])
    return Run("healthy", lines=_UP)


def _command(task: Task) -> list[str]:
    """The command of a standalone task; empty for a service's task, which is assumed to run the app."""
    own = container_states.own(task)
    given: list[str] = task.overridden(own["name"]).get("command") or []
    return given if task.served else given or own.get("command") or []


def words(task: Task) -> frozenset[str] | None:
    """The words in the sources of the container behind the load balancer; None if they are unknown."""
    wanted = {balancer.get("containerName") for balancer in balancers(task)}
    for container in task.definition.containers:
        if container["name"] in wanted:
            found = images.pulled(container["image"], task.digests.get(container["image"]))
            return found.words if found else None
    return None


def blocked(backend: EC2ContainerServiceBackend, task: Task) -> Run | None:
    """What happens to a task that its load balancer cannot reach; None if it can."""
    subnet, groups, _ = _place(task)
    account, region = backend.account_id, backend.region_name
    for balancer in balancers(task):
        address, port = task.interface.address if task.interface else "", balancer["containerPort"]
        arn = balancer["targetGroupArn"]
        found: Any = network.trouble(account, region, arn, subnet, address, groups, port)
        if found:
            return Run(str(found[0]), target_reason=str(found[1]), target_description=str(found[2]), lines=_UP)
    return None
