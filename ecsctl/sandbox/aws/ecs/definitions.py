"""ECS task definitions: what is refused, what AWS fills in, and revisions that never restart."""

import json
import zlib
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecsctl.sandbox.aws.ecs import container_checks
from ecsctl.sandbox.aws.ecs.state import Definition, Wire, arn_of, denied, invalid, memory, services
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.principals import caller

# ECS guide, "Fargate task definition differences", task CPU and memory: memory in MiB by CPU units.
_GIB = 1024
_SIZES: dict[int, set[int]] = {
    256: {512, 1024, 2048},
    512: {n * _GIB for n in range(1, 5)},
    1024: {n * _GIB for n in range(2, 9)},
    2048: {n * _GIB for n in range(4, 17)},
    4096: {n * _GIB for n in range(8, 31)},
    8192: {n * _GIB for n in range(16, 61, 4)},
    16384: {n * _GIB for n in range(32, 121, 8)},
}
_ARCHITECTURES = ("X86_64", "ARM64")
_MOST = 64 * 1024  # bytes of a task definition (ECS guide, "Amazon ECS service quotas")
_FORGOTTEN_AFTER = 3600.0  # DELETE_IN_PROGRESS without anything that refers to it; AWS gives no number
_UNKNOWN = "Unable to describe task definition."
_MISSING = "The specified task definition does not exist. Specify a valid account, family, revision and try again."
_ACTIVE = "The specified task definition is still in ACTIVE status. Please deregister the target and try again."


def is_ecr(image: str) -> bool:
    """Whether an image is pulled from a private ECR repository."""
    return ".dkr.ecr." in image.split("/", 1)[0]


def find(backend: EC2ContainerServiceBackend, reference: str) -> Definition | None:
    """The revision named by an ARN, `family:revision`, or a family (its latest ACTIVE revision), or None."""
    _forget(backend)
    family, _, revision = reference.rsplit("/", 1)[-1].partition(":")
    known: dict[int, Any] = backend.task_definitions.get(family, {})
    if revision:
        return known.get(int(revision)) if revision.isdigit() else None
    return max((d for d in known.values() if d.status == "ACTIVE"), key=lambda d: d.revision, default=None)


def usable(backend: EC2ContainerServiceBackend, reference: str) -> Definition:
    """The revision, to start something new from it.

    Raises ClientException "TaskDefinition not found." or, once it is deregistered, "TaskDefinition is inactive": the
    texts and, for CreateService and UpdateService, the code are those of many public reports.
    """
    found = find(backend, reference)
    if found is None:
        raise denied("TaskDefinition not found.")
    if found.status != "ACTIVE":
        raise denied("TaskDefinition is inactive")
    return found


def register(backend: EC2ContainerServiceBackend, ask: Wire, by: str) -> Definition:
    """Register a revision of `ask["family"]`, as register_task_definition takes it; `by` is the ARN of who does.

    Each call makes one more revision, also an identical one, and a number is never used twice: not after
    deregistering and not after deleting (API reference, DeleteTaskDefinitions). Raises ClientException.
    """
    _check(ask)
    state = memory(backend)
    revision = state.revisions.get(ask["family"], 0) + 1
    state.revisions[ask["family"]] = revision
    arn = arn_of(backend, f"task-definition/{ask['family']}:{revision}")
    document = _filled(ask) | {
        "taskDefinitionArn": arn,
        "family": ask["family"],
        "revision": revision,
        "status": "ACTIVE",
        "registeredAt": clock.today(),
        "registeredBy": by,
    }
    made = Definition(arn, ask["family"], revision, document, list(ask.get("tags") or []))
    known: dict[int, Any] = backend.task_definitions.setdefault(ask["family"], {})
    known[revision] = made
    return made


def _check(ask: Wire) -> None:
    if (size := len(json.dumps(ask, default=str).encode())) > _MOST:
        raise denied(f"Actual length: '{size}'. Max allowed length is '{_MOST}' bytes.")
    containers = ask.get("containerDefinitions") or []
    names = [container.get("name") for container in containers]
    if not containers:
        raise denied("Container list cannot be empty.")
    for container in containers:
        for needed in ("name", "image"):
            if not container.get(needed):
                raise denied(f"Container.{needed} should not be null or empty.")
    if len(set(names)) < len(names):
        raise denied("Container.name should be unique within a task definition.")  # the wording is an assumption
    if not any(container.get("essential", True) for container in containers):
        raise denied("A TaskDefinition must have at least one essential container.")
    if any(container.get("secrets") for container in containers) and not ask.get("executionRoleArn"):
        raise denied("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
    for role in ("executionRoleArn", "taskRoleArn"):
        if ask.get(role, "arn:").startswith("arn:") is False:
            raise denied("Role is not valid")
    architecture = (ask.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
    if architecture not in _ARCHITECTURES:  # the wording is an assumption
        raise denied(f"cpuArchitecture should be one of [{','.join(_ARCHITECTURES)}]")
    if "FARGATE" in (ask.get("requiresCompatibilities") or []):
        _check_fargate(ask)
    elif not ask.get("memory"):
        for container in containers:
            if not container.get("memory") and not container.get("memoryReservation"):
                raise denied(
                    f"Invalid setting for container '{container['name']}'. "
                    "At least one of 'memory' or 'memoryReservation' must be specified."
                )
    container_checks.check(ask)
    _check_volumes(ask)
    if ask.get("networkMode") == "awsvpc":
        for container in containers:
            for port in container.get("portMappings") or []:
                if port.get("hostPort", port["containerPort"]) != port["containerPort"]:
                    raise denied(
                        "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
                    )


def _check_volumes(ask: Wire) -> None:
    """API reference, MountPoint and EFSVolumeConfiguration; the wording of the last two is an assumption."""
    known = {volume["name"]: volume for volume in ask.get("volumes") or ()}
    for container in ask["containerDefinitions"]:
        for mount in container.get("mountPoints") or ():
            if mount.get("sourceVolume") not in known:
                raise denied(f"Unknown volume '{mount.get('sourceVolume')}'.")
    for volume in known.values():
        said = volume.get("efsVolumeConfiguration") or {}
        access = said.get("authorizationConfig") or {}
        if access.get("accessPointId") and said.get("rootDirectory", "/") != "/":
            raise denied("Root directory must either be omitted or set to / when using EFS Access Point.")
        if access and said.get("transitEncryption") != "ENABLED":
            raise denied("EFS transit encryption must be enabled when using an access point or IAM authorization.")


def _check_fargate(ask: Wire) -> None:
    """The messages are AWS's own, as public reports of failed registrations quote them."""
    if ask.get("networkMode") != "awsvpc":
        raise denied("Fargate only supports network mode ‘awsvpc’.")  # noqa: RUF001 - AWS writes these quotes
    for needed in ("cpu", "memory"):
        if not ask.get(needed):
            raise denied(f"Fargate requires that '{needed}' be defined at the task level.")
    check_size(ask["cpu"], ask["memory"])
    size_of = (ask.get("ephemeralStorage") or {}).get("sizeInGiB", 21)
    if not 21 <= size_of <= 200:  # API reference, EphemeralStorage; the wording is an assumption
        raise denied("Invalid ephemeral storage size: it must be between 21 and 200 GiB.")
    for container in ask["containerDefinitions"]:  # ECS guide, "Fargate task definition differences", resource limits
        if any(one["name"] != "nofile" for one in container.get("ulimits") or []):
            raise denied("The only ulimit that Fargate supports is nofile.")  # the wording is an assumption
    if ask.get("executionRoleArn"):
        return
    for container in ask["containerDefinitions"]:
        if is_ecr(container["image"]):
            raise denied("Fargate requires task definition to have execution role ARN to support ECR images.")
        if (container.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            raise denied("Fargate requires task definition to have execution role ARN to support log driver awslogs.")


def check_size(cpu: str, memory: str) -> None:
    """Refuse a size that Fargate does not have."""
    units, size = _units(cpu, "vcpu"), _units(memory, "gb")
    if size not in _SIZES.get(units, set()):
        raise denied(
            f"No Fargate configuration exists for given values: {units} CPU, {size} memory. "
            "See the Amazon ECS documentation for the valid values."
        )


def _units(value: str, unit: str) -> int:
    """CPU units or MiB out of "256", ".25 vCPU", "1 vcpu", "512", "1GB" or "1 gb" (API reference, TaskDefinition)."""
    text = value.strip().lower()
    try:
        if text.endswith(unit):
            return int(float(text.removesuffix(unit)) * 1024)
        return int(text)
    except ValueError:
        raise denied(f"Invalid setting '{value}'.") from None  # the wording is an assumption


def _filled(ask: Wire) -> Wire:
    """What AWS makes of a request: its defaults where nothing was said (API reference, ContainerDefinition)."""
    kept = {key: value for key, value in ask.items() if key != "tags"}
    fargate = "FARGATE" in (ask.get("requiresCompatibilities") or [])
    same_ports = ask.get("networkMode") in ("awsvpc", "host")
    kept["containerDefinitions"] = [_container(container, same_ports) for container in ask["containerDefinitions"]]
    kept["volumes"] = [volume if len(volume) > 1 else {"host": {}} | volume for volume in ask.get("volumes") or []]
    kept.setdefault("placementConstraints", [])
    kept.setdefault("networkMode", "bridge")
    kept["compatibilities"] = ["EC2", "FARGATE"] if fargate else ["EC2"]
    kept["requiresAttributes"] = [{"name": name} for name in sorted(_attributes(ask))]
    for size, unit in (("cpu", "vcpu"), ("memory", "gb")):
        if ask.get(size):
            kept[size] = str(_units(ask[size], unit))
    if fargate and "runtimePlatform" in ask:
        kept["runtimePlatform"] = {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"} | ask[
            "runtimePlatform"
        ]
    return kept


def _container(container: Wire, same_ports: bool) -> Wire:
    """A container as AWS shows it. What a task gets by name comes back in an order of AWS's own.

    Recorded by go-to-k/cdk-real-drift (commit c00ed982): six variables came back neither as sent nor sorted.
    """
    empty = ("environment", "mountPoints", "volumesFrom", "systemControls")
    filled: Wire = {"cpu": 0, "essential": True} | {name: [] for name in empty} | container
    filled["portMappings"] = [
        {"protocol": "tcp", "hostPort": port["containerPort"] if same_ports else 0} | port
        for port in container.get("portMappings") or []
    ]
    for name in ("environment", "secrets"):
        if name in filled:
            filled[name] = sorted(filled[name], key=lambda one: zlib.crc32(str(one.get("name")).encode()))
    if "healthCheck" in container:
        filled["healthCheck"] = {"interval": 30, "timeout": 5, "retries": 3} | container["healthCheck"]
    return filled


def _attributes(ask: Wire) -> set[str]:
    found = {"com.amazonaws.ecs.capability.docker-remote-api.1.18"}
    if ask.get("taskRoleArn"):
        found.add("com.amazonaws.ecs.capability.task-iam-role")
    if ask.get("networkMode") == "awsvpc":
        found.add("ecs.capability.task-eni")
    for container in ask["containerDefinitions"]:
        if (container.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            found |= {"com.amazonaws.ecs.capability.logging-driver.awslogs", "ecs.capability.execution-role-awslogs"}
        if is_ecr(container["image"]):
            found |= {"com.amazonaws.ecs.capability.ecr-auth", "ecs.capability.execution-role-ecr-pull"}
        if container.get("secrets"):
            found.add("ecs.capability.secrets.asm.environment-variables")
    return found


def _forget(backend: EC2ContainerServiceBackend) -> None:
    """Drop deleted revisions that no service and no task refers to any more (API reference, DeleteTaskDefinitions)."""
    inactive = [d for known in backend.task_definitions.values() for d in known.values() if d.status != "ACTIVE"]
    if not inactive:
        return
    used = {task.definition.arn for service in services(backend) for task in service.known}
    used |= {task.definition.arn for owner in memory(backend).standalone.values() for task in owner.known}
    used |= {d.definition.arn for s in services(backend) if s.status != "INACTIVE" for d in s.deployments}
    for definition in inactive:
        gone: Any = definition
        if gone.deleted_at is not None and clock.now() >= gone.deleted_at + _FORGOTTEN_AFTER and gone.arn not in used:
            del backend.task_definitions[gone.family][gone.revision]
            if not backend.task_definitions[gone.family]:
                del backend.task_definitions[gone.family]


def _named(backend: EC2ContainerServiceBackend, reference: str) -> Definition:
    """The revision; a family alone is not enough."""
    if ":" not in reference.rsplit("/", 1)[-1]:
        raise denied("Revision is missing.")
    found = find(backend, reference)
    if found is None:
        raise denied(
            "The specified task definition does not exist. Specify a valid account, family, revision and try again."
        )
    return found


def _status(definition: Definition, status: str) -> None:
    definition.status = definition.document["status"] = status


@overlay.wraps(EC2ContainerServiceResponse)
def register_task_definition(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Register a revision, and answer it with its tags."""
    made = register(response.ecs_backend, response._get_params(), caller(response))
    return ActionResult({"taskDefinition": made.document, "tags": made.tags})


@overlay.wraps(EC2ContainerServiceResponse)
def describe_task_definition(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Describe a revision; its tags only with include TAGS."""
    ask = response._get_params()
    found = find(response.ecs_backend, ask["taskDefinition"])
    if found is None:
        raise denied(_UNKNOWN)
    answer: Wire = {"taskDefinition": found.document}
    if "TAGS" in (ask.get("include") or []):
        answer["tags"] = found.tags
    return ActionResult(answer)


def page(items: list[str], ask: Wire, size: int = 100) -> tuple[list[str], str | None]:
    """The part of a list that a request asks for with maxResults and nextToken, and the token of the next part."""
    start = int(ask.get("nextToken") or 0)
    end = start + int(ask.get("maxResults") or size)
    return items[start:end], str(end) if end < len(items) else None


@overlay.wraps(EC2ContainerServiceResponse)
def list_task_definitions(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """List ARNs by family and revision, ascending unless asked otherwise; only ACTIVE ones unless a status is named."""
    backend, ask = response.ecs_backend, response._get_params()
    _forget(backend)
    wanted, prefix = ask.get("status") or "ACTIVE", ask.get("familyPrefix")
    found: list[Any] = [d for known in backend.task_definitions.values() for d in known.values()]
    found = [d for d in found if d.status == wanted and (prefix is None or d.family == prefix)]
    found.sort(key=lambda d: (d.family, d.revision), reverse=ask.get("sort") == "DESC")
    arns, token = page([d.arn for d in found], ask)
    return ActionResult({"taskDefinitionArns": arns} | ({"nextToken": token} if token else {}))


@overlay.wraps(EC2ContainerServiceResponse)
def list_task_definition_families(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """List families; with a status only those that have (ACTIVE), or have only (INACTIVE), such revisions."""
    backend, ask = response.ecs_backend, response._get_params()
    _forget(backend)
    wanted, prefix = ask.get("status") or "ALL", ask.get("familyPrefix") or ""
    found = []
    for family, known in sorted(backend.task_definitions.items()):
        active = any(d.status == "ACTIVE" for d in known.values())
        if family.startswith(prefix) and wanted in ("ALL", "ACTIVE" if active else "INACTIVE"):
            found.append(family)
    families, token = page(found, ask)
    return ActionResult({"families": families} | ({"nextToken": token} if token else {}))


@overlay.wraps(EC2ContainerServiceResponse)
def deregister_task_definition(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Make a revision INACTIVE. Services that run it go on; nothing new can start from it."""
    found = deregister(response.ecs_backend, response._get_params()["taskDefinition"])
    return ActionResult({"taskDefinition": found.document})


def deregister(backend: EC2ContainerServiceBackend, reference: str) -> Definition:
    """The revision, which nothing new can start from now. Raises ClientException for one that does not exist."""
    found = _named(backend, reference)
    if found.status == "ACTIVE":
        _status(found, "INACTIVE")
        now: datetime = clock.today()
        found.document["deregisteredAt"] = now
    return found


@overlay.wraps(EC2ContainerServiceResponse)
def delete_task_definitions(_original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    """Move up to 10 INACTIVE revisions to DELETE_IN_PROGRESS; an ACTIVE or unknown one is a failure in the answer."""
    backend, references = response.ecs_backend, response._get_params().get("taskDefinitions") or []
    if not references:
        raise invalid("size of TaskDefinition references list must be greater than 0")
    if len(references) > 10:
        raise invalid("Size of TaskDefinition references list cannot exceed 10")
    done, failures = [], []
    for reference in references:
        found = find(backend, reference) if ":" in reference.rsplit("/", 1)[-1] else None
        if found is None:
            failures.append({"arn": reference, "reason": _MISSING})
        elif found.status == "ACTIVE":
            reason = (
                "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
            )
            failures.append({"arn": reference, "reason": reason})
        else:
            if found.status == "INACTIVE":
                found.deleted_at = clock.now()
                found.document["deleteRequestedAt"] = clock.today()
            _status(found, "DELETE_IN_PROGRESS")
            done.append(found.document)
    return ActionResult({"taskDefinitions": done, "failures": failures})
