"""The containers of a task beside the app's own, and what all containers have in common.

A sidecar is recognized by a label of its container: the pipeline copies labels along with a revision, and tags not
always. A container without that label is not ours, and stays unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecsctl.resources.support.revisions import Definition, is_set
from ecsctl.resources.support.volumes import Mount, mounted, mounts_of, ordered

LABEL = "ecsctl.sidecar"
AGENT = "aws-guardduty-agent-"
"""The prefix of the container that GuardDuty's Runtime Monitoring adds to tasks. No task definition has it, and a task
runs without it: if the execution role may not pull its image, it is simply missing (aws/aws-cdk#32877).
"""
Pairs = tuple[tuple[str, str], ...]


def is_agent(name: str) -> bool:
    """Whether a container is GuardDuty's."""
    return name.startswith(AGENT)


@dataclass(frozen=True)
class HealthCheck:
    """A check that ECS runs inside the container. Without a command there is none. Times are in seconds."""

    command: tuple[str, ...] = ()
    interval: int = 30
    timeout: int = 5
    retries: int = 3
    start_period: int = 0

    def __post_init__(self) -> None:
        if not self.command:
            for name, value in (("interval", 30), ("timeout", 5), ("retries", 3), ("start_period", 0)):
                object.__setattr__(self, name, value)

    @classmethod
    def of(cls, container: Mapping[str, Any]) -> HealthCheck:
        """The check of a container as AWS returns it."""
        check = container.get("healthCheck") or {}
        command = check.get("command", []) if check.get("command") != ["NONE"] else []
        return cls(
            tuple(command),
            check.get("interval", 30),
            check.get("timeout", 5),
            check.get("retries", 3),
            check.get("startPeriod") or 0,
        )

    @property
    def sent(self) -> dict[str, Any] | None:
        """Returns it in the form that AWS accepts."""
        if not self.command:
            return None
        return {
            "command": list(self.command),
            "interval": self.interval,
            "timeout": self.timeout,
            "retries": self.retries,
            "startPeriod": self.start_period,
        }


@dataclass(frozen=True)
class Sidecar:
    """A container beside the app's own."""

    name: str
    image: str
    essential: bool
    command: tuple[str, ...]
    entry_point: tuple[str, ...]
    ports: tuple[int, ...]
    environment: Pairs
    secrets: Pairs  # name in the environment, ARN in Secrets Manager or Parameter Store
    depends_on: Pairs  # another container, and ECS's condition
    health_check: HealthCheck
    start_timeout: int  # seconds; 0: others wait forever
    restart_attempt_period: int  # seconds that it must have run; 0: it is not restarted
    ignored_exit_codes: tuple[int, ...]
    cpu: int  # units
    memory: int  # MiB; 0: all of the task's
    user: str
    readonly_root_filesystem: bool
    stop_timeout: int
    mount_points: tuple[Mount, ...] = ()
    logged: bool = True  # false on AWS: it logs elsewhere than the app

    def __post_init__(self) -> None:
        for name in ("environment", "secrets", "depends_on", "ignored_exit_codes"):
            object.__setattr__(self, name, tuple(sorted(getattr(self, name))))
        object.__setattr__(self, "mount_points", ordered(self.mount_points))
        if not self.restart_attempt_period:
            object.__setattr__(self, "ignored_exit_codes", ())


def written(sidecar: Sidecar, actual: Mapping[str, Any], log: Mapping[str, Any]) -> dict[str, Any]:
    """A sidecar merged into its container on AWS (`{}` if there is none); settings that others made there stay."""
    mapped = {port.get("containerPort"): port for port in actual.get("portMappings") or ()}
    restart = {
        "enabled": True,
        "restartAttemptPeriod": sidecar.restart_attempt_period,
        "ignoredExitCodes": list(sidecar.ignored_exit_codes),
    }
    merged = {
        **actual,
        "name": sidecar.name,
        "image": sidecar.image,
        "essential": sidecar.essential,
        "command": list(sidecar.command),
        "entryPoint": list(sidecar.entry_point),
        "portMappings": [
            {**mapped.get(port, {}), "containerPort": port, "hostPort": port, "protocol": "tcp"}
            for port in sidecar.ports
        ],
        "environment": [{"name": name, "value": value} for name, value in sidecar.environment],
        "secrets": [{"name": name, "valueFrom": source} for name, source in sidecar.secrets],
        "dependsOn": [{"containerName": name, "condition": condition} for name, condition in sidecar.depends_on],
        "healthCheck": sidecar.health_check.sent,
        "startTimeout": sidecar.start_timeout or None,
        "restartPolicy": _set_values(restart) if sidecar.restart_attempt_period else None,
        "cpu": sidecar.cpu,
        "memory": sidecar.memory or None,
        "user": sidecar.user or None,
        "readonlyRootFilesystem": sidecar.readonly_root_filesystem or None,
        "stopTimeout": sidecar.stop_timeout,
        "mountPoints": mounted(sidecar.mount_points, actual.get("mountPoints") or ()),
        "logConfiguration": {**log},
        "dockerLabels": {**(actual.get("dockerLabels") or {}), LABEL: "yes"},
    }
    return _set_values(merged)


def read(container: Mapping[str, Any], log: Mapping[str, Any]) -> Sidecar:
    """A container as a sidecar. `log` is where its output should go."""
    restart = container.get("restartPolicy") or {}
    return Sidecar(
        name=container.get("name", ""),
        image=container.get("image", ""),
        essential=container.get("essential", True),
        command=tuple(container.get("command") or ()),
        entry_point=tuple(container.get("entryPoint") or ()),
        ports=tuple(port.get("containerPort", 0) for port in container.get("portMappings") or ()),
        environment=tuple((pair["name"], pair.get("value", "")) for pair in container.get("environment") or ()),
        secrets=tuple((pair["name"], pair["valueFrom"]) for pair in container.get("secrets") or ()),
        depends_on=tuple((pair["containerName"], pair["condition"]) for pair in container.get("dependsOn") or ()),
        health_check=HealthCheck.of(container),
        start_timeout=container.get("startTimeout") or 0,
        restart_attempt_period=restart.get("restartAttemptPeriod", 300) if restart.get("enabled") else 0,
        ignored_exit_codes=tuple(restart.get("ignoredExitCodes") or ()),
        cpu=container.get("cpu") or 0,
        memory=container.get("memory") or 0,
        user=container.get("user") or "",
        readonly_root_filesystem=bool(container.get("readonlyRootFilesystem")),
        stop_timeout=container.get("stopTimeout", 30),
        mount_points=mounts_of(container),
        logged=_part(container.get("logConfiguration") or {}, log) == log,
    )


def sidecars_of(
    definition: Definition, own: Mapping[str, Any], wanted: Iterable[Sidecar], log: Mapping[str, Any]
) -> tuple[Sidecar, ...]:
    """The sidecars in a definition: those that ecsctl added, and the desired ones. `own` is the app's container."""
    names = {one.name for one in wanted}
    found = (one for one in definition.get("containerDefinitions", ()) if one is not own)
    return tuple(
        sorted(
            (read(one, log) for one in found if is_our_sidecar(one) or one.get("name") in names),
            key=lambda one: one.name,
        )
    )


def merged_containers(
    own: dict[str, Any],
    merged: dict[str, Any],
    existing: Iterable[dict[str, Any]],
    wanted: Iterable[Sidecar],
    log: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The containers of a task: `merged` in place of the app's `own`, the desired sidecars, and others' unchanged."""
    by_name = {one.name: one for one in wanted}
    made = []
    for one in existing:
        if one is own:
            made.append(merged)
        elif sidecar := by_name.pop(one.get("name", ""), None):
            made.append(written(sidecar, one, log))
        elif not is_our_sidecar(one):
            made.append(one)
    return [*made, *(written(sidecar, {}, log) for sidecar in by_name.values())]


def is_our_sidecar(container: Mapping[str, Any]) -> bool:
    """Whether a container was added as a sidecar of ecsctl.toml."""
    return LABEL in (container.get("dockerLabels") or {})


def _set_values(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if is_set(value)}


def _part(value: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a log configuration that `like` has: someone may have set further options."""
    options, wanted = value.get("options") or {}, like.get("options") or {}
    return {"logDriver": value.get("logDriver"), "options": {name: options.get(name) for name in wanted}}
