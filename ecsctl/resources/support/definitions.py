"""The content of a task definition, and the decision what to register, as pure functions of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ecsctl.engine.resource import Fixed
from ecsctl.ids import ImageUri, LogGroupName, RoleArn
from ecsctl.resources.support.additions import Additions, added, with_additions
from ecsctl.resources.support.containers import HealthCheck, Sidecar, merged_containers, sidecars_of
from ecsctl.resources.support.revisions import DIGEST, Architecture, Definition, Revision, container_of, digest, is_set
from ecsctl.resources.support.volumes import Mount, Volume, in_order, mounted, mounts_of, ordered, read, written

if TYPE_CHECKING:
    from ecsctl.engine.label import Label


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The content of a family's task definition: the fields of the resource type."""

    family: Fixed[str]
    container_name: str
    container_port: int
    execution_role: RoleArn
    task_role: RoleArn
    log_group: LogGroupName
    image: ImageUri | None
    cpu: int  # units: 1024 are one vCPU
    memory: int  # MiB
    cpu_architecture: Architecture
    log_stream_prefix: str
    log_mode: str  # non-blocking or blocking; empty on AWS: the account's default
    log_max_buffer_size: str  # its size; lines that do not fit are lost; empty: no buffer
    environment: tuple[tuple[str, str], ...]
    secrets: tuple[tuple[str, str], ...]  # name in the environment, ARN in Secrets Manager or Parameter Store
    command: tuple[str, ...]  # empty: the image's own
    health_check: HealthCheck
    init_process_enabled: bool  # reaps zombies of ECS Exec and of the app's own children
    stop_timeout: int  # seconds between SIGTERM and SIGKILL
    readonly_root_filesystem: bool  # the root file system; ECS Exec needs it writable
    more: Additions  # further settings, by path
    sidecars: tuple[Sidecar, ...]
    volumes: tuple[Volume, ...]
    mount_points: tuple[Mount, ...]  # of the volumes, in the app's container
    usable: bool  # false: deregistered, no longer for Fargate on Linux, or its image gives way to the seed
    unusable_because: str = field(default="", compare=False)  # the reason, if not sound
    seed: ImageUri | None = field(default=None, compare=False)
    placeholder: ImageUri | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", tuple(sorted(self.environment)))
        object.__setattr__(self, "secrets", tuple(sorted(self.secrets)))
        object.__setattr__(self, "sidecars", tuple(sorted(self.sidecars, key=lambda one: one.name)))
        object.__setattr__(self, "volumes", in_order(self.volumes))
        object.__setattr__(self, "mount_points", ordered(self.mount_points))
        if self.log_mode == "blocking":  # Docker refuses a buffer then ("only supported with 'mode=non-blocking'")
            object.__setattr__(self, "log_max_buffer_size", "")


AnyContents = TypeVar("AnyContents", bound=Contents)


def image_for(desired: Contents, running: str | None = None, good: str | None = None) -> str | None:
    """The image to register: the configured, the last good, the running, or the initial one."""
    begin = desired.seed or desired.placeholder
    kept = begin if running == desired.placeholder else running
    return desired.image or good or kept or begin


def merged(desired: Contents, over: Definition, image: str | None, region: str) -> Definition:
    """The desired state merged into the running revision (`{}` if there is none), with that image in our container."""
    ours, platform = container_of(over, desired.container_name), over.get("runtimePlatform", {})
    merged = _container(desired, ours, image, region)
    its_containers = over.get("containerDefinitions") or [ours]
    containers = merged_containers(ours, merged, its_containers, desired.sidecars, _log(desired, region))
    made = {
        **over,
        "family": desired.family,
        "cpu": str(desired.cpu),
        "memory": str(desired.memory),
        "networkMode": "awsvpc",
        "requiresCompatibilities": sorted({*over.get("requiresCompatibilities", ()), "FARGATE"}),
        "runtimePlatform": {**platform, "cpuArchitecture": desired.cpu_architecture, "operatingSystemFamily": "LINUX"},
        "executionRoleArn": desired.execution_role,
        "taskRoleArn": desired.task_role,
        "containerDefinitions": containers,
    }
    if volumes := written(desired.volumes, over.get("volumes") or ()):
        made["volumes"] = volumes
    else:
        made.pop("volumes", None)
    return with_additions(made, merged, desired.more)


def _container(desired: Contents, ours: dict[str, Any], image: str | None, region: str) -> dict[str, Any]:
    mapped, ports = _mapping(ours, desired.container_port), ours.get("portMappings") or []
    ours_only = {"containerPort": desired.container_port, "hostPort": desired.container_port, "protocol": "tcp"}
    others = [port for port in ports if port is not mapped and port.get("containerPort") != desired.container_port]
    log, wanted = ours.get("logConfiguration", {}), _log(desired, region)
    log = log if log.get("logDriver") == "awslogs" else {}
    options = {name: value for name, value in log.get("options", {}).items() if name not in _LOGS}
    merged = {
        **ours,
        "name": desired.container_name,
        "image": image,
        "essential": True,
        "portMappings": [{**mapped, **ours_only}, *others] if desired.container_port else [],
        "environment": [{"name": name, "value": value} for name, value in desired.environment],
        "secrets": [{"name": name, "valueFrom": source} for name, source in desired.secrets],
        "command": list(desired.command),
        "logConfiguration": {**log, **wanted, "options": {**options, **wanted["options"]}},
        "linuxParameters": {**ours.get("linuxParameters", {}), "initProcessEnabled": desired.init_process_enabled},
        "stopTimeout": desired.stop_timeout,
        "readonlyRootFilesystem": desired.readonly_root_filesystem,
        "healthCheck": desired.health_check.sent,
        "mountPoints": mounted(desired.mount_points, ours.get("mountPoints") or ()),
    }
    return {name: value for name, value in merged.items() if is_set(value)}


_LOGS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix", "mode", "max-buffer-size")


def _log(desired: Contents, region: str) -> dict[str, Any]:
    """The log configuration of the app and its sidecars."""
    values = (desired.log_group, region, desired.log_stream_prefix, desired.log_mode, desired.log_max_buffer_size)
    options = {name: value for name, value in zip(_LOGS, values, strict=True) if value}
    return {"logDriver": "awslogs", "options": options}


def _mapping(ours: Mapping[str, Any], port: int) -> dict[str, Any]:
    """The mapping of our port, or the first: the order in which AWS returns them does not matter."""
    ports: list[dict[str, Any]] = ours.get("portMappings") or [{}]
    return next((one for one in ports if one.get("containerPort") == port), ports[0])


def actual_of(revision: Revision, like: AnyContents, region: str) -> AnyContents:
    """A revision's values of the resource's fields, with what AWS omits or fills in normalized."""
    definition, ours = revision.definition, container_of(revision.definition, like.container_name)
    port = _mapping(ours, like.container_port)
    log = ours.get("logConfiguration", {})
    options = log.get("options", {}) if log.get("logDriver") == "awslogs" else {}
    unsound = _unusable_because(revision, like)
    found = Contents(  # all fields: a forgotten one is a type error
        family=like.family,
        container_name=ours.get("name", ""),
        image=ours.get("image", ""),
        container_port=port.get("containerPort", 0) if port.get("protocol", "tcp") == "tcp" else 0,
        cpu=int(definition.get("cpu", 0)),
        memory=int(definition.get("memory", 0)),
        cpu_architecture=revision.architecture,
        execution_role=definition.get("executionRoleArn", ""),
        task_role=definition.get("taskRoleArn", ""),
        log_group=LogGroupName(options.get("awslogs-group", "") if options.get("awslogs-region") == region else ""),
        log_stream_prefix=options.get("awslogs-stream-prefix", ""),
        log_mode=options.get("mode", ""),
        log_max_buffer_size=options.get("max-buffer-size", ""),
        environment=tuple((pair["name"], pair.get("value", "")) for pair in ours.get("environment", ())),
        secrets=tuple((pair["name"], pair["valueFrom"]) for pair in ours.get("secrets", ())),
        command=tuple(ours.get("command", ())),
        health_check=HealthCheck.of(ours),
        init_process_enabled=bool(ours.get("linuxParameters", {}).get("initProcessEnabled")),
        stop_timeout=ours.get("stopTimeout", 30),
        readonly_root_filesystem=bool(ours.get("readonlyRootFilesystem")),
        more=added(definition, ours, like.more),
        sidecars=sidecars_of(definition, ours, like.sidecars, _log(like, region)),
        volumes=read(definition),
        mount_points=mounts_of(ours),
        usable=not unsound,
        unusable_because=unsound,
        seed=like.seed,
        placeholder=like.placeholder,
    )
    return replace(like, **{item.name: getattr(found, item.name) for item in fields(found)})


def _unusable_because(revision: Revision, like: Contents) -> str:
    """Returns why a revision cannot be used; empty if it can."""
    definition, ours = revision.definition, container_of(revision.definition, like.container_name)
    system = definition.get("runtimePlatform", {}).get("operatingSystemFamily", "LINUX")
    why = (
        (not revision.active, "the revision was deregistered"),
        (like.seed is not None and ours.get("image") == like.placeholder, "there is an image now, and it names none"),
        (definition.get("networkMode") != "awsvpc", f"its network mode is {definition.get('networkMode')}, not awsvpc"),
        ("FARGATE" not in definition.get("requiresCompatibilities", ()), "it is not made for Fargate"),
        (system != "LINUX", f"it is for {system}, not for Linux"),
        (not ours.get("essential", True), f"its container {like.container_name} is not essential"),
    )
    reasons = ", ".join(text for wrong, text in why if wrong)
    return f"{reasons}: a new revision is made" if reasons else ""


@dataclass(frozen=True)
class Decision:
    """The live revision, what should be registered, and the revision that is already as desired, if there is one."""

    live: Revision
    definition: Definition
    right: Revision | None
    note: str = ""

    @property
    def shown(self) -> Revision:
        """The revision to compare with the desired state."""
        return self.right or self.live


def decide(desired: Contents, live: Revision, later: Iterable[Revision], good: str | None, me: Label) -> Decision:
    """Compare the desired state with what runs.

    `later` are the ACTIVE revisions registered after the live one, the newest first. If one of ours is as desired, an
    interrupted run registered it before updating the service: it is used, and none is registered again. `good` is the
    image to continue with if ECS gave up the live one.
    """
    running = container_of(live.definition, desired.container_name).get("image")
    definition = merged(desired, live.definition, image_for(desired, running, good), me.region)
    note = "the newest deployment was given up: the image of the last good one is kept" if good else ""
    actual = actual_of(live, desired, me.region)
    if replace(desired, image=desired.image or actual.image) == actual:
        return Decision(live, definition, live, note)
    goal, its_digest = actual_of(Revision("", definition, {}), desired, me.region), digest(definition)
    for found in later:
        # The pipeline's copy of a revision may carry its tags, digest and all, and still have another image.
        if (
            me.matches(found.tags)
            and found.tags.get(DIGEST) == its_digest
            and actual_of(found, desired, me.region) == goal
        ):
            return Decision(live, definition, found, note)
    return Decision(live, definition, None, note)
