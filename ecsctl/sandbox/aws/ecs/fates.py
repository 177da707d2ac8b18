"""What becomes of a task, decided by its image and by the account it runs in, with the reasons in AWS's words.

Everything that can be derived is: whether the image is in the repository and for the right processor, whether the
subnet has a way out, whether secrets, log groups and roles are there, whether the load balancer gets through. The
rest is scripted with `behave`.
"""

import json
import re
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend
from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox.aws import ecr, iam, secretsmanager
from ecsctl.sandbox.aws.ecs import apps, boxes, commands, mounts, network, rights, streams
from ecsctl.sandbox.aws.ecs.boxes import Fate
from ecsctl.sandbox.aws.ecs.definitions import is_ecr
from ecsctl.sandbox.aws.ecs.lives import balancers
from ecsctl.sandbox.aws.ecs.outside import Run, Start
from ecsctl.sandbox.aws.ecs.state import Behaviour, Definition, Task, Wire, arn_of, backend_of, memory
from ecsctl.sandbox.core import principals, script

KINDS = (
    "ok",
    "crash",
    "oom",
    "exec-format",
    "unhealthy",
    "slow",
    "sick",
    "missing-image",
    "architecture",
    "pull-denied",
    "secret",
    "secret-denied",
    "egress",
    "log-group",
    "role",
    "quota",
    "stopped",
    "app",
)
_RETRIED = 110.0  # a manifest that is not there is asked for seven times; public logs show two minutes to give up
_TIMED_OUT = 150.0  # three attempts that time out; an assumption
_AT_ONCE = 5.0
_ADDRESS = "203.0.113.10"  # stands for an address of AWS's in the messages
_ECR = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]+))?$")
_WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NORMAL = re.compile(
    rf"(?:[\w.-]+(?::\d+)?/)?{_WORD}(?:/{_WORD})*(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?", re.ASCII
)
"""What can be the name of an image (distribution/reference, "grammar")."""


@script.switch
def behave(account: str, image_fragment: str, kind: str, **options: Any) -> None:
    """Let tasks whose image contains `image_fragment` (with "" all tasks) go the way of `kind`, one of KINDS.

    A fragment is looked for in the reference, in the digest it stands for and in that image's tags; the last call that
    fits counts, "ok" takes scripts back. `seconds` says when: a crash's moment after the start, or how long "slow"
    boots. `reason` is the health check's answer for "unhealthy", ECS's own for "stopped" and "quota", and the log's
    last line for "crash", which ends with `code`. "app" is told in apps. Raises ValueError for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}; there are: {', '.join(KINDS)}")
    memory(backend_of(account or DEFAULT_ACCOUNT_ID, _HOME)).behaviours.append(Behaviour(image_fragment, kind, options))


_HOME = "us-east-1"  # scripts hold for an account, in whichever region its tasks run


def _script(backend: EC2ContainerServiceBackend, *containers: Wire) -> Behaviour:
    """The last script that fits one of the containers."""
    every = reversed(memory(backend_of(backend.account_id, _HOME)).behaviours)
    fitting = (one for one in every if any(_fits(one, container) for container in containers))
    return next(fitting, Behaviour("", "ok", {}))


def _fits(behaviour: Behaviour, container: Wire) -> bool:
    return behaviour.fragment in f"{container['image']} {_known_as(container['image'])}"


def beside(backend: EC2ContainerServiceBackend, task: Task) -> dict[str, Fate]:
    """How the containers beside the one that serves go, where someone has scripted it for their own images."""
    others = (one for one in task.definition.containers if one is not boxes.own(task))
    scripts = ((one, _script(backend, one)) for one in others)
    return {one["name"]: _fate(script, one) for one, script in scripts if script.fragment and script.kind != "ok"}


def _fate(script: Behaviour, container: Wire) -> Fate:
    after, lines = float(script.options.get("seconds", 5.0)), (f"{container['name']}: starting",)
    if script.kind == "crash":
        error = str(script.options.get("reason", f"{container['name']}: fatal: it could not start"))
        code = int(script.options.get("code", 1))
        return Fate("ends", after, code, lines=lines, last=(error,) if code else ())
    if script.kind == "oom":
        return Fate("ends", after, 137, apps.KILLED, lines=lines)
    if script.kind == "exec-format":
        return Fate("ends", 1.0, 1, last=("exec /agent: exec format error",))
    return Fate("sick" if script.kind == "sick" else "on", lines=lines)


def scripted(backend: EC2ContainerServiceBackend, definition: Definition) -> Behaviour:
    """What someone has scripted for tasks of a definition."""
    return _script(backend, *definition.containers)


def _known_as(image: str) -> str:
    found = _image(image)
    return f"{found.digest} {' '.join(found.tags)}" if found is not None else ""


def _image(reference: str) -> ecr.ImageFacts | None:
    """The image in the sandbox's ECR that a reference stands for, or None."""
    match = _ECR.match(reference)
    if not match:
        return None
    account, region, name, tag, digest = match.groups()
    return ecr.find_image(account, region, name, digest or tag or "latest")


def image(reference: str, digest: str | None) -> ecr.ImageFacts | None:
    """The image in the sandbox's ECR that a task has pulled by a reference, whose digest it then was; or None."""
    return _image(f"{reference.rsplit(':', 1)[0]}@{digest}" if digest and "@" not in reference else reference)


def refusal(backend: EC2ContainerServiceBackend, definition: Definition) -> str | None:
    """Why no task can be launched, as the service's event says it (ECS guide, "Service event messages"); or None."""
    script = scripted(backend, definition)
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
        if kind == "role" or not iam.assumable(role.split(":")[4], role, "ecs-tasks.amazonaws.com", source):
            return (
                f"failed to launch a task with (error ECS was unable to assume the role '{role}' that was provided for "
                "this task. Please verify that the role being passed has the proper trust relationship and permissions "
                "and that your IAM user has permissions to pass this role.)."
            )
    return None


def prepare(backend: EC2ContainerServiceBackend, task: Task) -> Start:
    """How a task's preparation goes: registry login, secrets, log streams, images, in this order."""
    script = scripted(backend, task.definition)
    kind = script.kind
    if kind == "stopped":
        return Start(_AT_ONCE, str(script.options["reason"]))
    seconds, failure = _AT_ONCE, None
    if failure := _no_way_out(backend, task, kind):
        seconds = _TIMED_OUT
    elif failure := (
        rights.lacking(backend.account_id, backend.region_name, task)
        or _missing_secret(task, kind)
        or _missing_log_group(backend, task, kind)
    ):
        seconds = _AT_ONCE
    elif found := mounts.trouble(backend.account_id, backend.region_name, task):
        seconds, failure = (_TIMED_OUT if found[0] else _AT_ONCE), found[1]
    if failure is not None:
        return Start(seconds, failure)
    digests: dict[str, str] = {}
    for container in task.definition.containers:
        reference = container["image"]
        seconds, failure = _pull(task, reference, digests, kind if _fits(script, container) else "ok")
        if failure is not None:
            return Start(seconds, failure, container["name"])
    return Start(digests=digests)


def _place(task: Task) -> tuple[str, list[str], bool]:
    """The task's subnet, its security groups, and whether it has a public address."""
    public = task.terms["networkConfiguration"]["awsvpcConfiguration"].get("assignPublicIp") == "ENABLED"
    return (task.interface.subnet, list(task.interface.groups), public) if task.interface else ("", [], public)


def _no_way_out(backend: EC2ContainerServiceBackend, task: Task, kind: str) -> str | None:
    """ECS guide, "Troubleshoot Amazon ECS ResourceInitializationError errors" and "CannotPullContainer task errors"."""
    account, region = backend.account_id, backend.region_name
    subnet, groups, public = _place(task)
    online = network.internet(account, region, subnet, groups, public) and kind != "egress"
    private = [c["image"] for c in task.definition.containers if is_ecr(c["image"])]
    if not online and private and not network.endpoint(account, region, subnet, "ecr.api", "ecr.dkr", "s3"):
        return (
            "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth "
            "from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network "
            "configuration. operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https "
            "response error StatusCode: 0, RequestID: , request send failed, Post "
            f'"https://api.ecr.{region}.amazonaws.com/": dial tcp {_ADDRESS}:443: i/o timeout'
        )
    secret = next((s["valueFrom"] for c in task.definition.containers for s in c.get("secrets") or []), None)
    if not online and secret and not network.endpoint(account, region, subnet, "secretsmanager"):
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


def _missing_secret(task: Task, kind: str) -> str | None:
    for container in task.definition.containers:
        for secret in container.get("secrets") or []:
            arn = secret["valueFrom"]
            if kind == "secret-denied":
                return _secret_trouble(arn, _denied(task, "secretsmanager:GetSecretValue", arn))
            if kind == "secret" or not _secret_there(arn):
                return _secret_trouble(arn, _NO_SECRET)
            if trouble := _unusable(arn):
                return _secret_trouble(arn, trouble)
    scripted = {"secret": _NO_SECRET, "secret-denied": _denied(task, "secretsmanager:GetSecretValue", "*")}
    return _secret_trouble("arn:aws:secretsmanager:scripted", scripted[kind]) if kind in scripted else None


_NO_SECRET = "ResourceNotFoundException: Secrets Manager can't find the specified secret."  # noqa: S105 - a message


def _denied(task: Task, action: str, resource: str) -> str:
    role = task.definition.document.get("executionRoleArn", "arn:aws:iam::000000000000:role/none")
    user = principals.session(role, task.id)
    return (
        f"api error AccessDeniedException: User: {user} is not authorized to perform: {action} on resource: "
        f"{resource} because no identity-based policy allows the {action} action"
    )


def _secret_trouble(arn: str, why: str) -> str:
    return (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
        "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret "
        f"{arn} from secrets manager: operation error Secrets Manager: GetSecretValue, https response error "
        f"StatusCode: 400, {why}"
    )


def _secret_there(reference: str) -> bool:
    """`arn:aws:secretsmanager:region:account:secret:name-suffix:key:stage:version`; others are taken for granted."""
    parts = reference.split(":")
    if len(parts) < 7 or parts[2] != "secretsmanager":
        return True
    store: Any = secretsmanager_backends[parts[4]][parts[3]].secrets
    arn = ":".join(parts[:7])
    if arn not in store:
        return False
    found = store.get(arn)
    return not found.is_deleted()


def _unusable(reference: str) -> str:
    """What is wrong with the value that a reference asks for, in the words of public threads; empty if nothing.

    ansible/ansible#69710 has a secret without a value, aws/containers-roadmap#385 the key that is not in it.
    """
    parts = reference.split(":")
    if len(parts) < 7 or parts[2] != "secretsmanager":
        return ""
    key, stage, version = (*parts[7:10], "", "", "")[:3]
    backend = secretsmanager_backends[parts[4]][parts[3]]
    value = secretsmanager.secret_value(backend, ":".join(parts[:7]), stage, version)
    if value is None:
        told = f"can't find the specified secret value for staging label: {stage or 'AWSCURRENT'}"
        return f"ResourceNotFoundException: Secrets Manager {told}"
    if not key:
        return ""
    try:
        keys = json.loads(value)
    except ValueError:
        return f"invalid character '{value[:1]}' looking for beginning of value"
    return "" if key in keys else f"retrieved secret from Secrets Manager did not contain json key {key}"


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


def _pull(task: Task, reference: str, digests: dict[str, str], kind: str) -> tuple[float, str | None]:
    """One of ECR must be there, for the task's processor. A public image is taken for granted if its name can be one:
    whether it exists, only its registry knows, and nothing is asked outside this machine.

    A tag is resolved once for a deployment (ECS guide, "Container image resolution"): later tasks pull that digest.
    """
    wanted = reference
    if reference in task.resolved and "@" not in reference:
        wanted = f"{reference.rsplit(':', 1)[0]}@{task.resolved[reference]}"
    if not _NORMAL.fullmatch(reference):
        return _AT_ONCE, f'CannotPullContainerError: failed to normalize image reference "{reference}"'
    found = _image(wanted)
    missing = is_ecr(reference) and found is None
    if missing or kind == "missing-image":
        return _RETRIED, (
            "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref "
            f"{wanted}: {wanted}: not found"
        )
    if kind == "pull-denied":
        return _AT_ONCE, (
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
            f"{wanted}: unexpected status from HEAD request to https://{wanted}: 403 Forbidden"
        )
    platform = (task.definition.document.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
    needed = {"ARM64": "arm64", "X86_64": "amd64"}[platform]
    offered = found.architectures if found is not None else ()
    if (offered and needed not in offered) or kind == "architecture":
        return _AT_ONCE, (
            f"CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/{needed}'"
        )
    if found is not None:
        digests[reference] = found.digest
    return 0.0, None


_BOOT = ("INFO:     Started server process [1]", "INFO:     Waiting for application startup.")
_UP = (*_BOOT, "INFO:     Application startup complete.", "INFO:     Uvicorn running on http://0.0.0.0 (Press CTRL+C)")


def go_on(backend: EC2ContainerServiceBackend, task: Task) -> Run:
    """How a task that has started goes on: by what is scripted for the image of the container that serves."""
    script = _script(backend, boxes.own(task))
    options = script.options
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
    if command := task.overridden(boxes.own(task)["name"]).get("command"):
        return commands.played(command)
    if script.kind == "app" and (run := apps.misfit(backend, task, options, words(task))):
        return run
    if run := blocked(backend, task):
        return run
    if run := apps.misfit(backend, task, options if script.kind == "app" else {"lines": _UP}, words(task)):
        return run
    return Run("healthy", float(options.get("seconds", 90.0)) if script.kind == "slow" else 5.0, lines=_UP)


def words(task: Task) -> frozenset[str] | None:
    """The words of the sources of what answers in a task; None where nothing is known of it."""
    wanted = {balancer.get("containerName") for balancer in balancers(task)}
    for container in task.definition.containers:
        if container["name"] in wanted:
            found = image(container["image"], task.digests.get(container["image"]))
            return found.words if found else None
    return None


def blocked(backend: EC2ContainerServiceBackend, task: Task) -> Run | None:
    """How a task goes on whose load balancer does not get through to it; None if it does."""
    subnet, groups, _ = _place(task)
    account, region = backend.account_id, backend.region_name
    zone = ec2_backends[account][region].get_subnet(subnet).availability_zone
    for balancer in balancers(task):
        address, port = task.interface.address if task.interface else "", balancer["containerPort"]
        arn = balancer["targetGroupArn"]
        found: Any = network.trouble(account, region, arn, zone, address, groups, port)
        if found:
            return Run(str(found[0]), target_reason=str(found[1]), target_description=str(found[2]), lines=_UP)
    return None
