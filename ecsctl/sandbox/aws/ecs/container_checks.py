"""What of a task definition's containers, taken together, ECS refuses to register.

API reference, ContainerDefinition (dependsOn, startTimeout, cpu, memory), ContainerDependency and
ContainerRestartPolicy; ECS guide, "Amazon ECS service quotas". The wordings are assumptions.
"""

from graphlib import CycleError, TopologicalSorter

from ecsctl.sandbox.aws.ecs.state import Wire, denied

_MOST = 10
_CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


def check(ask: Wire) -> None:
    """Raise ClientException for what could not run in one task."""
    containers = ask["containerDefinitions"]
    if len(containers) > _MOST:
        raise denied(f"Too many containers: the most is {_MOST}.")
    _check_dependencies({one["name"]: one for one in containers})
    for one in containers:
        _check_one(one)
    if "FARGATE" in (ask.get("requiresCompatibilities") or []):
        _check_fargate(ask, containers)


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


def _check_fargate(ask: Wire, containers: list[Wire]) -> None:
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
