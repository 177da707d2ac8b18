"""What a task of a process consists of. The pipeline deploys images through it, ecsctl everything else."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import RESOURCE, Label, flat
from ecsctl.engine.resource import Fixed, Found, Observed, Renewed, Resource
from ecsctl.ids import ImageUri, LogGroupName, RoleArn, TaskDefinitionArn
from ecsctl.names import Names
from ecsctl.resources.support import ecr
from ecsctl.resources.support.additions import Additions, added, with_additions
from ecsctl.resources.support.containers import HealthCheck, Sidecar, beside, sidecars_of
from ecsctl.resources.support.deployments import Snapshot, brief, gone_back
from ecsctl.resources.support.ecs import batches, families_of, family_of, newer, revision_of, service_of
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.revisions import (
    DIGEST,
    Architecture,
    Definition,
    Revision,
    container_of,
    digest,
    first_like,
    latest_of,
    marked,
    revision,
    revisions_of,
    said,
    since,
)
from ecsctl.resources.support.rights import anywhere, of, passes
from ecsctl.resources.support.volumes import Mount, Volume, in_order, mounted, mounts_of, ordered, read, written

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

    from ecsctl.aws import Aws
    from ecsctl.resources.support.rights import Scope, Uses

NO_PORT = 0  # of a process that nobody asks over the network
MOST = 64 * 1024  # bytes of a task definition (Amazon ECS developer guide, "Amazon ECS service quotas")


@dataclass(frozen=True)
class TaskDefinitionIds:
    """A family, the revision of it that is right now, and the image in it."""

    family: str
    arn: Renewed[TaskDefinitionArn]
    image: Renewed[str]


@dataclass(frozen=True, kw_only=True)
class TaskDefinition(Resource[TaskDefinitionIds]):
    """A family of task definitions. What counts is the revision that the service runs, not the newest.

    Without an image, the one that runs is kept: the pipeline owns it. `seed` is the image to begin with while
    nothing runs, or when what runs is not in the repository any more; `placeholder` stands in the definition while
    there is no image at all, and gives way to a seed.
    `cluster` and `service` are names to look at, not edges: the service needs this one first. Without a service of its
    own what counts is the latest ACTIVE revision, and its image is that which the one that it `follows` serves.
    """

    kind = "task-definition"
    title = "task definition"
    arns = "ecs"
    console = "{console}/ecs/v2/task-definitions/{family}?region={region}"

    family: Fixed[str]
    container: str
    port: int
    execution_role: RoleArn
    task_role: RoleArn
    log_group: LogGroupName
    image: ImageUri | None
    cpu: int  # units: 1024 are one vCPU
    memory: int  # MiB
    architecture: Architecture
    log_prefix: str
    log_mode: str  # or blocking; empty in what is there: the account's default, which others change
    log_buffer: str  # lines that do not fit into it are lost; empty: there is none
    environment: tuple[tuple[str, str], ...]
    secrets: tuple[tuple[str, str], ...]  # name in the environment, ARN in Secrets Manager or Parameter Store
    command: tuple[str, ...]  # empty: the image's own
    health_check: HealthCheck
    init_process: bool  # reaps what ECS Exec leaves behind
    stop_timeout: int  # seconds between SIGTERM and SIGKILL
    read_only: bool  # the root file system; ECS Exec needs it writable
    more: Additions  # what is said beyond that, by path
    sidecars: tuple[Sidecar, ...]
    volumes: tuple[Volume, ...]
    mounts: tuple[Mount, ...]  # of them in the app's container
    sound: bool  # untrue: deregistered, not for Fargate on Linux any more, or its image gives way to the seed
    unsound: str = field(default="", compare=False)  # in words, why it is not sound
    seed: ImageUri | None = field(default=None, compare=False)
    placeholder: ImageUri | None = field(default=None, compare=False)
    cluster: str = field(default="", compare=False)
    service: str = field(default="", compare=False)
    follows: str = field(default="", compare=False)  # the service whose image it has, where none of its own keeps one

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", tuple(sorted(self.environment)))
        object.__setattr__(self, "secrets", tuple(sorted(self.secrets)))
        object.__setattr__(self, "sidecars", tuple(sorted(self.sidecars, key=lambda one: one.name)))
        object.__setattr__(self, "volumes", in_order(self.volumes))
        object.__setattr__(self, "mounts", ordered(self.mounts))
        if self.log_mode == "blocking":  # Docker refuses a buffer then ("only supported with 'mode=non-blocking'")
            object.__setattr__(self, "log_buffer", "")

    def summary(self) -> str:
        """Sizes, and the names of what it is given: values may be long."""
        port = f", port {self.port}" if self.port else ""
        parts = [f"{self.cpu} CPU units, {self.memory} MiB, {self.architecture}{port}"]
        parts += [f"variables {', '.join(name for name, _ in self.environment)}"] if self.environment else []
        parts += [f"secrets {', '.join(name for name, _ in self.secrets)}"] if self.secrets else []
        parts += [f"command {' '.join(self.command)}"] if self.command else []
        parts += [f"{path.removeprefix('container.')} {value}" for path, value in self.more]
        parts += [f"sidecar {one.name} ({one.image})" for one in self.sidecars]
        parts += [f"volume {one.volume} at {one.path}" for one in self.mounts]
        return "; ".join(parts)

    def reason(self, field: str, actual: TaskDefinition) -> str:
        """Why the revision cannot stay."""
        return actual.unsound if field == "sound" else ""

    def beyond(self) -> str:
        """Its size as it would be registered for the first time; what others add to it comes on top."""
        size = len(json.dumps(laid(self, {}, image_for(self), "region")).encode())
        return f"the task definition has {size} bytes, expected at most {MOST}" if size > MOST else ""

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """What it takes to make it, look at it, change it and delete it."""
        looks = "DescribeTaskDefinition ListTaskDefinitionFamilies ListTaskDefinitions"
        yield anywhere("ecs", f"DeregisterTaskDefinition {looks}")
        yield anywhere("tag", "GetResources")
        actions = of("ecs", "DeleteTaskDefinitions RegisterTaskDefinition TagResource")
        yield Statement("Definitions", actions, scope.families)
        yield passes("PassRoles", (scope.role("*"),), "ecs-tasks")
        looks = "DescribeServiceDeployments DescribeServiceRevisions DescribeServices ListServiceDeployments"
        yield Statement("Service", of("ecs", looks), scope.service)

    def observe(self, aws: Aws, me: Label) -> Observed[TaskDefinition, TaskDefinitionIds] | None:
        """The live revision; or a later one of ours that says what is desired and is not in use yet."""
        judged = self._judge(aws, me)
        if judged is None:
            return None
        shown, actual = judged.shown, told(judged.shown, self, me.region)
        if self.follows:
            served = self.image or self._followed(aws) or self.seed
            if served and actual.image != served:
                actual = replace(actual, sound=False, unsound=f"the release that serves has the image {served}")
        elif self.seed and self._begins(aws) and actual.image != (self.image or self.seed):
            actual = replace(actual, sound=False, unsound="its image is not the one to begin with: a revision is made")
        back = "" if judged.right else self._gone_back(aws, judged.live)
        return Observed(_ids(shown, self.container), actual, shown.tags, note=judged.note, since=shown.since,
                    gone_back=back, released=frozenset(one.name for one in fields(self)))  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[TaskDefinitionIds]]:
        """By the families' names, which begin with the app's: one is ours if any revision of it carries our tags."""
        names = Names.of(me)
        for family in families_of(aws, names):
            yield from _found(aws, me, family)

    @classmethod
    def among(cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]) -> Iterator[Found[TaskDefinitionIds]]:
        """By the recorded families."""
        for ids in recorded:
            yield from _found(aws, me, ids["family"])

    @classmethod
    def ahead(cls, aws: Aws, me: Label, ids: TaskDefinitionIds) -> Iterator[Callable[[], object]]:
        """The revision that the last run left."""
        yield partial(revision, aws, ids.arn)

    def create(self, aws: Aws, me: Label) -> TaskDefinitionIds:
        """No token protects this call; the digest in its tags lets the next look know the revision again."""
        return self._register(aws, me, laid(self, {}, image_for(self), me.region))

    def update(self, aws: Aws, me: Label, ids: TaskDefinitionIds, changed: frozenset[str]) -> None:
        """Register the desired state laid over what is live at this very moment; used once the service has it."""
        with aws.fresh():
            judged = self._judge(aws, me)
        if judged is None:
            self.create(aws, me)
        elif judged.right is None:
            self._register(aws, me, judged.wanted)
        elif "tags" in changed:
            aws.ecs.tag_resource(resourceArn=judged.right.arn, tags=me.lower())

    @classmethod
    def delete(cls, aws: Aws, ids: TaskDefinitionIds) -> None:
        """Every revision since the first that carries the tags of `ids.arn`, the pipeline's too; the first one last.

        A revision older than that is someone else's, left from another time. AWS may keep them for a while as
        DELETE_IN_PROGRESS, which is harmless.
        """
        with aws.fresh():
            active, inactive = revisions_of(aws, ids.family, "ACTIVE"), revisions_of(aws, ids.family, "INACTIVE")
            arns = sorted({*active, *inactive}, key=revision_of)
            first = ids.arn if ids.arn not in arns else first_like(aws, revision(aws, ids.arn), arns)
        doomed = [arn for arn in reversed(arns) if not newer(first, arn)]
        for arn in doomed:
            if arn in active:
                aws.ecs.deregister_task_definition(taskDefinition=arn)
        for batch in batches(doomed, 10):
            aws.ecs.delete_task_definitions(taskDefinitions=batch)

    def _used_by(self, aws: Aws) -> ServiceTypeDef | None:
        return service_of(aws, self.cluster, self.service) if self.cluster and self.service else None

    def _judge(self, aws: Aws, me: Label) -> Judgement | None:
        service = self._used_by(aws)
        live = self._latest(aws, me) if self.follows else self._live(aws, me, service)
        if live is None:
            return None
        good = None  # the image to go on with when the service's newest deployment was given up
        if service and Snapshot(service).failed:
            good = brief(aws, self.cluster, self.service, "SUCCESSFUL").good_image(self.container)
        desired = replace(self, image=self.image or self.seed) if self._begins(aws) else self
        if self.follows:
            desired = replace(self, image=self.image or self._followed(aws) or self.seed)
        later = (revision(aws, arn) for arn in since(aws, self.family, live.arn))
        return judge(desired, live, later, good, me)

    def _gone_back(self, aws: Aws, live: Revision) -> str:
        service = self._used_by(aws)
        if service is None or service["status"] != "ACTIVE" or service.get("taskDefinition") != live.arn:
            return ""
        return gone_back(aws, self.cluster, service, live.tags)

    def _begins(self, aws: Aws) -> bool:
        """Whether no image that exists is in use: what a revision says of one then binds nobody."""
        if not (self.cluster and self.service and self.placeholder):
            return False
        service = self._used_by(aws)
        if service is None or service["status"] != "ACTIVE" or family_of(service["taskDefinition"]) != self.family:
            return True
        return not ecr.is_there(aws, revision(aws, service["taskDefinition"]).image(self.container), self.placeholder)

    def _followed(self, aws: Aws) -> ImageUri | None:
        """The image that the service serves which it follows, whatever is rolling out; None while there is none."""
        service = service_of(aws, self.cluster, self.follows)
        if service is None or service["status"] != "ACTIVE":
            return None
        serves = Snapshot(service).serves
        if Snapshot(service).failed:
            serves = brief(aws, self.cluster, self.follows, "SUCCESSFUL").serves
        image = revision(aws, serves).image(self.container) if serves else ""
        return ImageUri(image) if image and image != self.placeholder else None

    def _latest(self, aws: Aws, me: Label) -> Revision | None:
        """What a schedule runs. One that somebody has registered without our tags is ours if an older one has them."""
        if not (active := latest_of(aws, self.family)):
            return None
        latest = revision(aws, active[0])
        if me.owns(latest.tags):
            return latest
        before = marked(aws, me, active)
        return replace(latest, tags={**before.tags, RESOURCE: me.resource}) if before else latest

    def _live(self, aws: Aws, me: Label, service: ServiceTypeDef | None) -> Revision | None:
        """What the service runs or, while it is being replaced, ran; without a service the newest that is ours."""
        if service is not None and family_of(used := service.get("taskDefinition", "")) == self.family:
            tags = flat(service.get("tags"))
            if service["status"] == "ACTIVE" or (me.owns(tags) and used in revisions_of(aws, self.family, "ACTIVE")):
                live = revision(aws, used)
                if me.owns(tags) and not me.owns(live.tags):
                    # The pipeline made it, and whether its tags came along is AWS's choice: the service vouches for it.
                    return replace(live, tags={**tags, RESOURCE: me.resource})
                return live
        active = revisions_of(aws, self.family, "ACTIVE")
        return (marked(aws, me, active) or revision(aws, active[0])) if active else None

    def _register(self, aws: Aws, me: Label, definition: Definition) -> TaskDefinitionIds:
        answer = aws.ecs.register_task_definition(**definition, tags=me.lower(**{DIGEST: digest(definition)}))
        return _ids(Revision(answer["taskDefinition"]["taskDefinitionArn"], definition, {}), self.container)


def _found(aws: Aws, me: Label, family: str) -> Iterator[Found[TaskDefinitionIds]]:
    listed = (revisions_of(aws, family, status) for status in ("ACTIVE", "INACTIVE"))
    newest = latest_of(aws, family)[:1]  # as a rule it tells
    ours = next(filter(None, (marked(aws, me, arns) for arns in chain([newest], listed))), None)
    if ours:
        yield Found(_ids(ours, Names.of(me).container), ours.tags)


def _ids(revision: Revision, container: str) -> TaskDefinitionIds:
    family = revision.definition["family"]
    return TaskDefinitionIds(family=family, arn=TaskDefinitionArn(revision.arn), image=revision.image(container))


def image_for(desired: TaskDefinition, running: str | None = None, good: str | None = None) -> str | None:
    """The image to register: the one that is asked for, the last good one, the one that runs, or one to begin with."""
    begin = desired.seed or desired.placeholder
    kept = begin if running == desired.placeholder else running
    return desired.image or good or kept or begin


def laid(desired: TaskDefinition, over: Definition, image: str | None, region: str) -> Definition:
    """The desired state laid over the revision that runs (`{}` if none does), with that image in our container."""
    ours, platform = container_of(over, desired.container), over.get("runtimePlatform", {})
    merged = _container(desired, ours, image, region)
    there = over.get("containerDefinitions") or [ours]
    containers = beside(ours, merged, there, desired.sidecars, _log(desired, region))
    made = {
        **over,
        "family": desired.family,
        "cpu": str(desired.cpu),
        "memory": str(desired.memory),
        "networkMode": "awsvpc",
        "requiresCompatibilities": sorted({*over.get("requiresCompatibilities", ()), "FARGATE"}),
        "runtimePlatform": {**platform, "cpuArchitecture": desired.architecture, "operatingSystemFamily": "LINUX"},
        "executionRoleArn": desired.execution_role,
        "taskRoleArn": desired.task_role,
        "containerDefinitions": containers,
    }
    if volumes := written(desired.volumes, over.get("volumes") or ()):
        made["volumes"] = volumes
    else:
        made.pop("volumes", None)
    return with_additions(made, merged, desired.more)


def _container(desired: TaskDefinition, ours: dict[str, Any], image: str | None, region: str) -> dict[str, Any]:
    mapped, ports = _mapping(ours, desired.port), ours.get("portMappings") or []
    ours_only = {"containerPort": desired.port, "hostPort": desired.port, "protocol": "tcp"}
    others = [port for port in ports if port is not mapped and port.get("containerPort") != desired.port]
    log, wanted = ours.get("logConfiguration", {}), _log(desired, region)
    log = log if log.get("logDriver") == "awslogs" else {}
    options = {name: value for name, value in log.get("options", {}).items() if name not in _LOGS}
    merged = {
        **ours,
        "name": desired.container,
        "image": image,
        "essential": True,
        "portMappings": [{**mapped, **ours_only}, *others] if desired.port else [],
        "environment": [{"name": name, "value": value} for name, value in desired.environment],
        "secrets": [{"name": name, "valueFrom": source} for name, source in desired.secrets],
        "command": list(desired.command),
        "logConfiguration": {**log, **wanted, "options": {**options, **wanted["options"]}},
        "linuxParameters": {**ours.get("linuxParameters", {}), "initProcessEnabled": desired.init_process},
        "stopTimeout": desired.stop_timeout,
        "readonlyRootFilesystem": desired.read_only,
        "healthCheck": desired.health_check.sent,
        "mountPoints": mounted(desired.mounts, ours.get("mountPoints") or ()),
    }
    return {name: value for name, value in merged.items() if said(value)}


_LOGS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix", "mode", "max-buffer-size")


def _log(desired: TaskDefinition, region: str) -> dict[str, Any]:
    """Where the lines of the app and its sidecars go."""
    values = (desired.log_group, region, desired.log_prefix, desired.log_mode, desired.log_buffer)
    options = {name: value for name, value in zip(_LOGS, values, strict=True) if value}
    return {"logDriver": "awslogs", "options": options}


def _mapping(ours: Mapping[str, Any], port: int) -> dict[str, Any]:
    """The mapping of our port, or the first: in which order AWS tells them is its own affair."""
    ports: list[dict[str, Any]] = ours.get("portMappings") or [{}]
    return next((one for one in ports if one.get("containerPort") == port), ports[0])


def told(revision: Revision, like: TaskDefinition, region: str) -> TaskDefinition:
    """What a revision says of the resource's fields, with what AWS leaves out or fills in brought to one spelling."""
    definition, ours = revision.definition, container_of(revision.definition, like.container)
    port = _mapping(ours, like.port)
    log = ours.get("logConfiguration", {})
    options = log.get("options", {}) if log.get("logDriver") == "awslogs" else {}
    unsound = _unsound(revision, like)
    return replace(
        like,
        container=ours.get("name", ""),
        image=ours.get("image", ""),
        port=port.get("containerPort", 0) if port.get("protocol", "tcp") == "tcp" else 0,
        cpu=int(definition.get("cpu", 0)),
        memory=int(definition.get("memory", 0)),
        architecture=revision.architecture,
        execution_role=definition.get("executionRoleArn", ""),
        task_role=definition.get("taskRoleArn", ""),
        log_group=LogGroupName(options.get("awslogs-group", "") if options.get("awslogs-region") == region else ""),
        log_prefix=options.get("awslogs-stream-prefix", ""),
        log_mode=options.get("mode", ""),
        log_buffer=options.get("max-buffer-size", ""),
        environment=tuple((pair["name"], pair.get("value", "")) for pair in ours.get("environment", ())),
        secrets=tuple((pair["name"], pair["valueFrom"]) for pair in ours.get("secrets", ())),
        command=tuple(ours.get("command", ())),
        health_check=HealthCheck.of(ours),
        init_process=bool(ours.get("linuxParameters", {}).get("initProcessEnabled")),
        stop_timeout=ours.get("stopTimeout", 30),
        read_only=bool(ours.get("readonlyRootFilesystem")),
        more=added(definition, ours, like.more),
        sidecars=sidecars_of(definition, ours, like.sidecars, _log(like, region)),
        volumes=read(definition),
        mounts=mounts_of(ours),
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
    """The live revision, what should be registered, and the revision that is as desired already, if there is one."""

    live: Revision
    wanted: Definition
    right: Revision | None
    note: str = ""

    @property
    def shown(self) -> Revision:
        """The revision to compare with the desired state."""
        return self.right or self.live


def judge(desired: TaskDefinition, live: Revision, later: Iterable[Revision], good: str | None, me: Label) -> Judgement:
    """Compare the desired state with what runs.

    `later` are the ACTIVE revisions registered after the live one, the newest first. One of ours among them that says
    what is wanted was registered by a run that was interrupted before the service was told: it is right, and nothing
    is registered twice. `good` is the image to go on with when the live one was given up.
    """
    running = container_of(live.definition, desired.container).get("image")
    wanted = laid(desired, live.definition, image_for(desired, running, good), me.region)
    note = "the newest deployment was given up: the image of the last good one is kept" if good else ""
    actual = told(live, desired, me.region)
    if replace(desired, image=desired.image or actual.image) == actual:
        return Judgement(live, wanted, live, note)
    goal, mark = told(Revision("", wanted, {}), desired, me.region), digest(wanted)
    for found in later:
        # The pipeline's copy of a revision may carry its tags, digest and all, and yet another image.
        if me.matches(found.tags) and found.tags.get(DIGEST) == mark and told(found, desired, me.region) == goal:
            return Judgement(live, wanted, found, note)
    return Judgement(live, wanted, None, note)
