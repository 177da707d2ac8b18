"""Tasks that really run: containers created from a task definition, and their state.

A task runs in containers if this machine has an engine, its images are available (built here, or public), and no script
sets another outcome. All other parts of its life cycle are simulated, as for any other task.
"""

import contextlib
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.elbv2.models import elbv2_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from ecsctl.sandbox.aws import efs
from ecsctl.sandbox.aws.ecs import images, scripts, streams
from ecsctl.sandbox.aws.ecs.definition_checks import is_ecr
from ecsctl.sandbox.aws.ecs.outside import Facts
from ecsctl.sandbox.aws.ecs.state import Task, Wire, balancers, memory, services
from ecsctl.sandbox.aws.secretsmanager import secret_value
from ecsctl.sandbox.aws.ssm.parameters import parameter_value
from ecsctl.sandbox.containers import machine, probing
from ecsctl.sandbox.containers.engine import EngineError
from ecsctl.sandbox.containers.fleet import TaskRun
from ecsctl.sandbox.containers.specs import Restart, Spec, Volume
from ecsctl.sandbox.core import clock, overlay

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
_PACE = 0.1  # real seconds between two checks of a container


def task_run(task: Task) -> TaskRun | None:
    """The containers of a task, if it has any."""
    return machine.current.fleet.task_runs.get(task.id) if machine.current else None


def prepare(backend: EC2ContainerServiceBackend, task: Task) -> None:
    """Create the containers of a task, if it will really run."""
    here = machine.current
    kind = scripts.scripted(backend, task.definition).kind
    if here is None or not (kind == "ok" or (kind == "command" and task.served)):
        return
    images = {one["name"]: _image(task, one["image"]) for one in task.definition.containers}
    if not all(images.values()):
        return
    endpoint = ""
    with contextlib.suppress(EngineError):
        endpoint = here.endpoint()  # even without permissions: it must not reach more of this machine than other tasks
    common = _credentials(backend, task, endpoint)
    specs = [_spec(backend, task, one, str(images[one["name"]]), common) for one in task.definition.containers]
    here.hold(f"start {task.id}")
    here.fleet.prepare(task.id, specs, ["host.docker.internal:host-gateway"])


def _image(task: Task, reference: str) -> str | None:
    """The name under which the engine has an image, or can pull it; None for one that exists only in the sandbox's
    ECR.
    """
    if not is_ecr(reference):
        return reference
    found = images.pulled(reference, task.digests.get(reference))
    return found.built if found is not None else None


def _credentials(backend: EC2ContainerServiceBackend, task: Task, endpoint: str) -> dict[str, str]:
    """Environment variables for AWS's SDKs: the endpoint, and the task role's credentials if it has one (ECS guide)."""
    region = backend.region_name
    found = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}
    role = task.definition.document.get("taskRoleArn")
    if not role or not endpoint:
        return found
    found["AWS_ENDPOINT_URL"] = endpoint
    sts: Any = sts_backends[backend.account_id][get_partition(region)]
    session = sts.assume_role(region, task.id, role, None, 3600, None)
    return found | {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
    }


def _spec(backend: EC2ContainerServiceBackend, task: Task, one: Wire, image: str, common: dict[str, str]) -> Spec:
    document = task.definition.document
    overridden = task.overridden(one["name"])
    environment = common | {each["name"]: each["value"] for each in one.get("environment") or ()}
    environment |= {each["name"]: _secret(each["valueFrom"]) for each in one.get("secrets") or ()}
    environment |= {each["name"]: each["value"] for each in overridden.get("environment") or ()}
    command = overridden.get("command") or one.get("command")
    limits, check = one.get("linuxParameters") or {}, one.get("healthCheck")
    return Spec(
        name=one["name"],
        image=image,
        essential=one["essential"],
        environment=tuple(environment.items()),
        command=tuple(command) if command else None,
        entrypoint=tuple(one["entryPoint"]) if one.get("entryPoint") else None,
        user=one.get("user") or "",
        directory=one.get("workingDirectory") or "",
        ports=_ports(task, one),
        memory=int(one.get("memory") or task.overrides.get("memory") or document.get("memory") or 0),
        reserved=int(one.get("memoryReservation") or 0),
        cpu=int(one.get("cpu") or task.overrides.get("cpu") or document.get("cpu") or 0),
        ulimits=tuple((u["name"], int(u["softLimit"]), int(u["hardLimit"])) for u in one.get("ulimits") or ()),
        read_only=bool(one.get("readonlyRootFilesystem")),
        init=bool(limits.get("initProcessEnabled")),
        stop_timeout=int(one.get("stopTimeout") or 30),
        volumes=tuple(_volume(backend, document, mount) for mount in one.get("mountPoints") or ()),
        tmpfs=tuple((t["containerPath"], f"size={t['size']}m") for t in limits.get("tmpfs") or ()),
        after=tuple((each["containerName"], each["condition"]) for each in one.get("dependsOn") or ()),
        reference=one["image"],
        check=_words(check) if check else (),
        patience=check["interval"] * check["retries"] + (check.get("startPeriod") or 0) if check else 0,
        start_timeout=float(one.get("startTimeout") or 0),
        restart=_restart(one.get("restartPolicy") or {}),
    )


def _restart(policy: Wire) -> Restart | None:
    if not policy.get("enabled"):
        return None
    return Restart(float(policy.get("restartAttemptPeriod") or 300), tuple(policy.get("ignoredExitCodes") or ()))


def _ports(task: Task, one: Wire) -> tuple[int, ...]:
    """The ports that a container declares, and those that the load balancer uses."""
    asked = {int(each["containerPort"]) for each in balancers(task) if each["containerName"] == one["name"]}
    mapped = {int(each["containerPort"]) for each in one.get("portMappings") or () if each.get("protocol") != "udp"}
    return tuple(sorted(asked | mapped))


def _volume(backend: EC2ContainerServiceBackend, document: Wire, mount: Wire) -> Volume:
    """The volume of a mount: folders of EFS file systems are shared by all tasks, other volumes belong to one task."""
    known: Wire = next((one for one in document.get("volumes") or () if one["name"] == mount["sourceVolume"]), {})
    shared: Wire | None = known.get("efsVolumeConfiguration")
    path, read_only = mount["containerPath"], bool(mount.get("readOnly"))
    if not shared:
        return Volume(mount["sourceVolume"], path, read_only)
    folder, owner = efs.folder(backend.account_id, backend.region_name, shared)
    return Volume(folder.strip("/"), path, read_only, shared["fileSystemId"], owner)


def _secret(reference: str) -> str:
    """The current value of a secret or parameter; `task_outcomes` has checked that the secret exists."""
    parts = reference.split(":")
    if len(parts) >= 7 and parts[2] == "secretsmanager":
        key, stage, version = (*parts[7:10], "", "", "")[:3]
        whole = secret_value(secretsmanager_backends[parts[4]][parts[3]], ":".join(parts[:7]), stage, version) or ""
        value = json.loads(whole)[key] if key else whole
        return value if isinstance(value, str) else json.dumps(value)
    if len(parts) >= 6 and parts[2] == "ssm":
        return parameter_value(parts[4], parts[3], parts[5].removeprefix("parameter")) or ""
    return ""


def launch(task: Task) -> None:
    """Start the containers."""
    if machine.current and (found := task_run(task)) is not None and found.phase == "ready":
        machine.current.fleet.start(task.id)


def halt(task: Task, seconds: float) -> None:
    """Stop the containers once no request is in progress; requests have `seconds` real seconds to end."""
    here, found = machine.current, task_run(task)
    if here is None or found is None or found.phase in ("stopping", "over"):
        return
    here.hold(f"stop {task.id}")
    here.release(f"start {task.id}")
    ports = set(found.ports.values())

    def first() -> None:
        with overlay.lock:  # wait until the caller has configured the front
            pass
        here.front.drained(ports, seconds)

    here.fleet.stop(task.id, first, partial(here.release, f"stop {task.id}"))


def facts(backend: EC2ContainerServiceBackend, task: Task) -> Facts | None:
    """The current state of the containers; None for a simulated task."""
    here, found = machine.current, task_run(task)
    if here is None or found is None:
        return None
    if found.failure:
        here.release(f"start {task.id}")
    ended: dict[str, tuple[int | None, str | None]] = {
        name: (code, OUT_OF_MEMORY if killed else None) for name, (code, killed) in found.endings.items()
    }
    probes = here.probes.get(task.id, [])
    if found.phase == "running" and not probes:
        probes = here.probes[task.id] = _probes(backend, task, found)
    if found.dead:
        here.release(f"start {task.id}")
    outer = [probe.result for probe in probes if probe.name == ""]
    inner = [probe.result for probe in probes if probe.name]
    worst = next((one for one in outer if one.state != "healthy"), outer[0] if outer else probing.Result())
    within = next((one.state for one in inner if one.state != "healthy"), "healthy")
    return Facts(found.phase, found.failure, ended, found.dead, worst.state, worst.reason, worst.text, within)


def _probes(backend: EC2ContainerServiceBackend, task: Task, found: TaskRun) -> list[probing.Probe]:
    """The health checks of the task's targets and of its containers."""
    here = machine.current
    assert here is not None  # noqa: S101 - checked by the caller
    made, awake = list[probing.Probe](), partial(here.release, f"start {task.id}")
    grace = float(task.terms.get("healthCheckGracePeriodSeconds") or 0)
    sleep = clock.current().sleep
    for balancer in balancers(task):
        port = found.ports.get(int(balancer["containerPort"]))
        if port is None or task.interface is None:
            continue
        here.places[task.interface.address, int(balancer["containerPort"])] = port
        asks = probing.Target(port, partial(_check, backend, balancer["targetGroupArn"]))
        made.append(probing.Probe("", asks, partial(here.fleet.cpu, task.id), sleep, awake, grace))
    for one in task.definition.containers:
        if (check := one.get("healthCheck")) and one["essential"]:

            def run(
                name: str = one["name"], words: tuple[str, ...] = _words(check), seconds: float = check["timeout"]
            ) -> int:
                return here.fleet.run(task.id, name, words, seconds)

            inside = probing.Inside(run, check["interval"], check["retries"], check.get("startPeriod") or 0)
            made.append(probing.Probe(one["name"], inside, partial(here.fleet.cpu, task.id), sleep, awake, grace))
    if not made:
        awake()
    return made


def _words(check: Wire) -> tuple[str, ...]:
    """The command of a container's health check."""
    kind, *words = check["command"]
    return ("/bin/sh", "-c", words[0]) if kind == "CMD-SHELL" else tuple(words)


def _check(backend: EC2ContainerServiceBackend, arn: str) -> probing.Check | None:
    group: Any = elbv2_backends[backend.account_id][backend.region_name].target_groups.get(arn)
    if group is None:
        return None
    return probing.Check(
        group.health_check_protocol if (group.protocol_version or "HTTP1") == "HTTP1" else "HTTP2",
        group.health_check_path or "/",
        group.matcher.get("HttpCode", "200") if group.matcher else "200",
        float(group.health_check_interval_seconds),
        float(group.health_check_timeout_seconds),
        int(group.healthy_threshold_count),
        int(group.unhealthy_threshold_count),
    )


def pace() -> float:
    """Seconds of sandbox time between two checks of a container."""
    return _PACE * max(1.0, clock.current().speed)


def write_output(ident: str, container: str, lines: list[str]) -> None:
    """Write a container's output into its log stream."""
    with overlay.lock:
        for backend, task in tasks():
            if task.id != ident:
                continue
            for one in task.definition.containers:
                if one["name"] == container:
                    streams.write(backend, task, one, clock.now(), lines)


def tasks() -> Iterator[tuple[EC2ContainerServiceBackend, Task]]:
    """All known tasks, with the backend of each."""
    for account in list(ecs_backends.values()):
        for backend in list(account.values()):
            for owner in [*services(backend), *memory(backend).standalone.values()]:
                for task in owner.known:
                    yield backend, task


def sweep() -> None:
    """Remove containers that no longer belong to a task."""
    here = machine.current
    if here is None or not here.fleet.task_runs:
        return
    known = {task.id for _, task in tasks() if task.status != "STOPPED"}
    for ident in [ident for ident in here.fleet.task_runs if ident not in known]:
        here.forget(ident)
