"""Who owns what of a task definition: the image is the pipeline's, the rest of our container ecsctl's. Pure functions.

Everything else in the revision that runs (sidecars, volumes, settings we do not know) is nobody's business here and is
carried over as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecsctl.ids import LogGroupName

if TYPE_CHECKING:
    from ecsctl.engine.label import Label
    from ecsctl.resources.task_definition import TaskDefinition

Definition = dict[str, Any]  # what RegisterTaskDefinition takes, without tags
DIGEST = "ecsctl:digest"


@dataclass(frozen=True)
class Revision:
    """One revision of a family as AWS tells it; `by` is the ARN of whoever registered it."""

    arn: str
    definition: Definition
    tags: Mapping[str, str]
    active: bool = True
    since: datetime | None = None
    by: str = ""


def registrable(described: Mapping[str, Any], accepted: Collection[str]) -> Definition:
    """What of a described task definition can be registered again: `accepted` are the members that the call takes.

    The list comes from the SDK's model of RegisterTaskDefinition, so that a member which AWS adds to the answer is
    not sent by mistake, and one which it adds to both is not lost.
    """
    return {name: value for name, value in described.items() if name in accepted and name != "tags" and _said(value)}


def container_of(definition: Definition, name: str) -> dict[str, Any]:
    """Our container: the one of that name, or the first, if it has been renamed."""
    containers: list[dict[str, Any]] = definition.get("containerDefinitions") or [{}]
    return next((container for container in containers if container.get("name") == name), containers[0])


def image_for(wish: TaskDefinition, running: str | None = None, good: str | None = None) -> str | None:
    """The image to register: the one the wish names, the last good one, the one that runs, or one to begin with."""
    begin = wish.seed or wish.placeholder
    kept = begin if running == wish.placeholder else running
    return wish.image or good or kept or begin


def laid(wish: TaskDefinition, over: Definition, image: str | None, region: str) -> Definition:
    """The wish laid over the revision that runs (`{}` if none does), with that image in our container."""
    ours = container_of(over, wish.container)
    merged = _container(wish, ours, image, region)
    containers = [merged if one is ours else one for one in over.get("containerDefinitions") or [ours]]
    platform = over.get("runtimePlatform", {})
    return {
        **over,
        "family": wish.family,
        "cpu": str(wish.cpu),
        "memory": str(wish.memory),
        "networkMode": "awsvpc",
        "requiresCompatibilities": sorted({*over.get("requiresCompatibilities", ()), "FARGATE"}),
        "runtimePlatform": {**platform, "cpuArchitecture": wish.architecture, "operatingSystemFamily": "LINUX"},
        "executionRoleArn": wish.execution_role,
        "taskRoleArn": wish.task_role,
        "containerDefinitions": containers,
    }


def _container(wish: TaskDefinition, ours: dict[str, Any], image: str | None, region: str) -> dict[str, Any]:
    ports = ours.get("portMappings") or []
    mapped = _mapping(ours, wish.port)
    ours_only = {"containerPort": wish.port, "hostPort": wish.port, "protocol": "tcp"}
    others = [port for port in ports if port is not mapped and port.get("containerPort") != wish.port]
    log = ours.get("logConfiguration", {})
    log = log if log.get("logDriver") == "awslogs" else {}
    options = {
        "awslogs-group": wish.log_group,
        "awslogs-region": region,
        "awslogs-stream-prefix": wish.log_prefix,
        "mode": wish.log_mode,
        "max-buffer-size": wish.log_buffer,
    }
    options = {name: value for name, value in {**log.get("options", {}), **options}.items() if value}
    check = wish.health_check
    merged = {
        **ours,
        "name": wish.container,
        "image": image,
        "essential": True,
        "portMappings": [{**mapped, **ours_only}, *others],
        "environment": [{"name": name, "value": value} for name, value in wish.environment],
        "secrets": [{"name": name, "valueFrom": source} for name, source in wish.secrets],
        "command": list(wish.command),
        "logConfiguration": {**log, "logDriver": "awslogs", "options": options},
        "linuxParameters": {**ours.get("linuxParameters", {}), "initProcessEnabled": wish.init_process},
        "stopTimeout": wish.stop_timeout,
        "readonlyRootFilesystem": wish.read_only,
        "healthCheck": {
            "command": list(check.command),
            "interval": check.interval,
            "timeout": check.timeout,
            "retries": check.retries,
            "startPeriod": check.start_period,
        }
        if check.command
        else None,
    }
    return {name: value for name, value in merged.items() if _said(value)}


def _mapping(ours: Mapping[str, Any], port: int) -> dict[str, Any]:
    """The mapping of our port, or the first: in which order AWS tells them is its own affair."""
    ports: list[dict[str, Any]] = ours.get("portMappings") or [{}]
    return next((one for one in ports if one.get("containerPort") == port), ports[0])


def told(revision: Revision, like: TaskDefinition, region: str) -> TaskDefinition:
    """What a revision says of the wish's fields, with what AWS leaves out or fills in brought to one spelling."""
    definition, ours = revision.definition, container_of(revision.definition, like.container)
    platform = definition.get("runtimePlatform", {})
    port = _mapping(ours, like.port)
    log = ours.get("logConfiguration", {})
    options = log.get("options", {}) if log.get("logDriver") == "awslogs" else {}
    check = ours.get("healthCheck", {})
    checked = check.get("command", []) if check.get("command") != ["NONE"] else []
    unsound = _unsound(revision, like)
    return replace(
        like,
        container=ours.get("name", ""),
        image=ours.get("image", ""),
        port=port.get("containerPort", 0) if port.get("protocol", "tcp") == "tcp" else 0,
        cpu=int(definition.get("cpu", 0)),
        memory=int(definition.get("memory", 0)),
        architecture=platform.get("cpuArchitecture", "X86_64"),
        execution_role=definition.get("executionRoleArn", ""),
        task_role=definition.get("taskRoleArn", ""),
        log_group=LogGroupName(options.get("awslogs-group", "") if options.get("awslogs-region") == region else ""),
        log_prefix=options.get("awslogs-stream-prefix", ""),
        log_mode=options.get("mode", ""),
        log_buffer=options.get("max-buffer-size", ""),
        environment=tuple((pair["name"], pair.get("value", "")) for pair in ours.get("environment", ())),
        secrets=tuple((pair["name"], pair["valueFrom"]) for pair in ours.get("secrets", ())),
        command=tuple(ours.get("command", ())),
        health_check=replace(
            like.health_check,
            command=tuple(checked),
            interval=check.get("interval", 30),
            timeout=check.get("timeout", 5),
            retries=check.get("retries", 3),
            start_period=check.get("startPeriod") or 0,
        ),
        init_process=bool(ours.get("linuxParameters", {}).get("initProcessEnabled")),
        stop_timeout=ours.get("stopTimeout", 30),
        read_only=bool(ours.get("readonlyRootFilesystem")),
        sound=not unsound,
        unsound=unsound,
    )


def _unsound(revision: Revision, like: TaskDefinition) -> str:
    """Why a revision cannot be used as it is; empty if it can."""
    definition, ours = revision.definition, container_of(revision.definition, like.container)
    system = definition.get("runtimePlatform", {}).get("operatingSystemFamily", "LINUX")
    why = (
        (not revision.active, "the revision was deregistered"),
        (like.seed is not None and ours.get("image") == like.placeholder, "there is an image now, and it names none"),
        (definition.get("networkMode") != "awsvpc", f"its network mode is {definition.get('networkMode')}, not awsvpc"),
        ("FARGATE" not in definition.get("requiresCompatibilities", ()), "it is not made for Fargate"),
        (system != "LINUX", f"it is for {system}, not for Linux"),
        (not ours.get("essential", True), f"its container {like.container} is not essential"),
    )
    told = ", ".join(text for wrong, text in why if wrong)
    return f"{told}: a new revision is made" if told else ""


@dataclass(frozen=True)
class Judgement:
    """The live revision, what should be registered, and the revision that is as wished already, if there is one."""

    live: Revision
    wanted: Definition
    right: Revision | None
    note: str = ""

    @property
    def shown(self) -> Revision:
        """The revision to compare with the wish."""
        return self.right or self.live


def judge(wish: TaskDefinition, live: Revision, later: Iterable[Revision], good: str | None, me: Label) -> Judgement:
    """Compare the wish with what runs.

    `later` are the ACTIVE revisions registered after the live one, the newest first. One of ours among them that says
    what is wanted was registered by a run that was interrupted before the service was told: it is right, and nothing
    is registered twice. `good` is the image to go on with when the live one was given up.
    """
    running = container_of(live.definition, wish.container).get("image")
    wanted = laid(wish, live.definition, image_for(wish, running, good), me.region)
    note = "the newest deployment was given up: the image of the last good one is kept" if good else ""
    actual = told(live, wish, me.region)
    if replace(wish, image=wish.image or actual.image) == actual:
        return Judgement(live, wanted, live, note)
    goal, mark = told(Revision("", wanted, {}), wish, me.region), digest(wanted)
    for found in later:
        # The pipeline's copy of a revision may carry its tags, digest and all, and yet another image.
        if me.marks(found.tags) and found.tags.get(DIGEST) == mark and told(found, wish, me.region) == goal:
            return Judgement(live, wanted, found, note)
    return Judgement(live, wanted, None, note)


def digest(definition: Definition) -> str:
    """16 hex digits that tell two definitions apart, whatever the order of their environment and with no empty parts.

    It stands in a tag of each revision that we register: a run that finds it did not get to use it knows it again,
    whatever AWS has filled in meanwhile.
    """
    document = json.dumps(_settled(definition), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(document.encode()).hexdigest()[:16]


def good_image(
    service: Mapping[str, Any],
    deployments: Sequence[Mapping[str, Any]],
    revisions: Sequence[Mapping[str, Any]],
    container: str,
) -> str | None:
    """The image of the last deployment that succeeded, if the service's newest one was given up; None otherwise.

    A deployment that the circuit breaker ends without a rollback leaves the service on a task definition whose image
    never ran. `deployments` are the service's deployments and `revisions` their target revisions, as AWS lists them.
    """
    newest: Mapping[str, Any] = next(
        (one for one in service.get("deployments", ()) if one.get("status") == "PRIMARY"), {}
    )
    if newest.get("rolloutState") != "FAILED":
        return None
    good = [one for one in deployments if one.get("status") == "SUCCESSFUL"]
    last = max(good, key=lambda one: one["createdAt"], default={}).get("targetServiceRevisionArn")
    images = next((one.get("containerImages", ()) for one in revisions if one.get("serviceRevisionArn") == last), ())
    return next((one.get("image") for one in images if one.get("containerName") == container), None)


def _said(value: Any) -> bool:
    """Whether a value says anything: AWS fills in empty lists for what was not given."""
    return value is not None and value != [] and value != {}


def _settled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _settled(part) for name, part in value.items() if _said(part)}
    if isinstance(value, list):
        parts = [_settled(part) for part in value]
        return sorted(parts, key=json.dumps) if all(isinstance(part, dict) for part in parts) else parts
    return value
