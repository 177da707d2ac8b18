"""What ECS refuses to register: task definitions whose containers or size are invalid.

API reference, ContainerDefinition (dependsOn, startTimeout, cpu, memory), ContainerDependency and
ContainerRestartPolicy; ECS guide, "Amazon ECS service quotas". The wordings are assumptions.
"""

import json
from graphlib import CycleError, TopologicalSorter

from ecsctl.sandbox.aws.ecs.state import Wire, denied

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
_MOST_BYTES = 64 * 1024  # bytes of a task definition (ECS guide, "Amazon ECS service quotas")

_MOST_CONTAINERS = 10
_CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


def _check_containers(ask: Wire) -> None:
    """Raise ClientException for containers that could not run together in one task."""
    containers = ask["containerDefinitions"]
    if len(containers) > _MOST_CONTAINERS:
        raise denied(f"Too many containers: the most is {_MOST_CONTAINERS}.")
    _check_dependencies({one["name"]: one for one in containers})
    for one in containers:
        _check_one(one)
    if "FARGATE" in (ask.get("requiresCompatibilities") or []):
        _check_shares(ask, containers)


def _check_dependencies(containers: dict[str, Wire]) -> None:
    for name, one in containers.items():
        for need in one.get("dependsOn") or []:
            other, condition = containers.get(need["containerName"]), need["condition"]
            if other is None:
                raise denied(
                    f"Container '{name}' depends on '{need['containerName']}', which is not in the task definition."
                )
            if condition not in _CONDITIONS:
                raise denied(f"condition should be one of [{','.join(_CONDITIONS)}]")
            if condition in ("COMPLETE", "SUCCESS") and other.get("essential", True):
                raise denied(
                    f"A container dependency cannot be {condition} on an essential container '{other['name']}'."
                )
            if condition == "HEALTHY" and not other.get("healthCheck"):
                raise denied(f"Container '{other['name']}' must have a health check to be depended on with HEALTHY.")
    graph = {name: [need["containerName"] for need in one.get("dependsOn") or []] for name, one in containers.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        raise denied("Container dependencies must not have a cycle.") from None


def _check_one(container: Wire) -> None:
    restart = container.get("restartPolicy") or {}
    period = restart.get("restartAttemptPeriod", 300)
    if not 60 <= period <= 1800 or len(restart.get("ignoredExitCodes") or ()) > 50:
        raise denied(f"Invalid restart policy of container '{container['name']}'.")
    if restart and "enabled" not in restart:
        raise denied("RestartPolicy.enabled should not be null.")


def _check_shares(ask: Wire, containers: list[Wire]) -> None:
    ports: set[tuple[int, str]] = set()
    for one in containers:
        if not 2 <= one.get("startTimeout", 2) <= 120:
            raise denied("Fargate requires startTimeout to be between 2 and 120 seconds.")
        for port in one.get("portMappings") or ():
            mapped = (port["containerPort"], port.get("protocol", "tcp"))
            if mapped in ports:
                raise denied(f"Container port {mapped[0]} is used by more than one container of the task.")
            ports.add(mapped)
    for size, given in (("cpu", ask["cpu"]), ("memory", ask["memory"])):
        total = sum(one.get("memoryReservation") or one.get(size) or 0 if size == "memory" else one.get(size) or 0
                    for one in containers)  # fmt: skip
        if given.isdigit() and total > int(given):
            raise denied(f"The total {size} of the containers, {total}, is more than the task's {given}.")
        if size == "memory" and given.isdigit() and any((one.get("memory") or 0) > int(given) for one in containers):
            raise denied("Invalid setting for container: its 'memory' is more than the task's.")


def is_ecr(image: str) -> bool:
    """Whether an image is pulled from a private ECR repository."""
    return ".dkr.ecr." in image.split("/", 1)[0]


def check(ask: Wire) -> None:
    """Raise ClientException for a definition that AWS does not register."""
    if (size := len(json.dumps(ask, default=str).encode())) > _MOST_BYTES:
        raise denied(f"Actual length: '{size}'. Max allowed length is '{_MOST_BYTES}' bytes.")
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
    _check_containers(ask)
    _check_volumes(ask)
    if ask.get("networkMode") == "awsvpc":
        for container in containers:
            for port in container.get("portMappings") or []:
                if port.get("hostPort", port["containerPort"]) != port["containerPort"]:
                    raise denied(
                        "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
                    )


def _check_volumes(ask: Wire) -> None:
    """Check volumes: API reference, MountPoint and EFSVolumeConfiguration; the last two messages are assumptions."""
    known = {volume["name"]: volume for volume in ask.get("volumes") or ()}
    for container in ask["containerDefinitions"]:
        for mount in container.get("mountPoints") or ():
            if mount.get("sourceVolume") not in known:
                raise denied(f"Unknown volume '{mount.get('sourceVolume')}'.")
    for volume in known.values():
        configuration = volume.get("efsVolumeConfiguration") or {}
        access = configuration.get("authorizationConfig") or {}
        if access.get("accessPointId") and configuration.get("rootDirectory", "/") != "/":
            raise denied("Root directory must either be omitted or set to / when using EFS Access Point.")
        if access and configuration.get("transitEncryption") != "ENABLED":
            raise denied("EFS transit encryption must be enabled when using an access point or IAM authorization.")


def _check_fargate(ask: Wire) -> None:
    """Check what Fargate requires. The messages are AWS's own, as quoted in public reports of failed registrations."""
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
    """Raise ClientException for a size that Fargate does not have."""
    count, size = units(cpu, "vcpu"), units(memory, "gb")
    if size not in _SIZES.get(count, set()):
        raise denied(
            f"No Fargate configuration exists for given values: {count} CPU, {size} memory. "
            "See the Amazon ECS documentation for the valid values."
        )


def units(value: str, unit: str) -> int:
    """Parse CPU units or MiB: "256", ".25 vCPU", "1 vcpu", "512", "1GB" or "1 gb" (API reference, TaskDefinition)."""
    text = value.strip().lower()
    try:
        if text.endswith(unit):
            return int(float(text.removesuffix(unit)) * 1024)
        return int(text)
    except ValueError:
        raise denied(f"Invalid setting '{value}'.") from None  # the wording is an assumption
