"""What a task of the service consists of. The pipeline deploys images through it, ecsctl everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal

from ecsctl.engine.label import APP, ID, RESOURCE, Label, flat
from ecsctl.engine.resource import Fixed, Found, Renewed, Resource, Seen
from ecsctl.ids import ImageUri, LogGroupName, RoleArn, TaskDefinitionArn
from ecsctl.resources.gone_back import gone_back
from ecsctl.resources.support import ecr
from ecsctl.resources.support.ecs import batches, family_of, known_to_tagging, newer, releases, revision_of, service_of
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import anywhere, of, passes
from ecsctl.resources.task_definition_merge import (
    DIGEST,
    Definition,
    Judgement,
    Revision,
    container_of,
    digest,
    good_image,
    image_for,
    judge,
    laid,
    registrable,
    told,
)

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

    from ecsctl.aws import Aws
    from ecsctl.resources.support.rights import Scope, Uses

Architecture = Literal["ARM64", "X86_64"]
Status = Literal["ACTIVE", "INACTIVE"]

MOST = 64 * 1024  # bytes of a task definition (Amazon ECS developer guide, "Amazon ECS service quotas")
ENDS = 10  # revisions at each end of a long family whose tags are read one by one


@dataclass(frozen=True)
class TaskDefinitionIds:
    """A family, the revision of it that is right now, and the image in it."""

    family: str
    arn: Renewed[TaskDefinitionArn]
    image: Renewed[str]


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


@dataclass(frozen=True, kw_only=True)
class TaskDefinition(Resource[TaskDefinitionIds]):
    """A family of task definitions. What counts is the revision that the service runs, not the newest.

    A wish without an image keeps the image that runs: the pipeline owns it. `seed` is the image to begin with while
    nothing runs, or when what runs is not in the repository any more; `placeholder` stands in the definition while
    there is no image at all, and gives way to a seed.
    `cluster` and `service` are names to look at, not edges: the service needs this one first.
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
    sound: bool  # untrue: deregistered, not for Fargate on Linux any more, or its image gives way to the seed
    unsound: str = field(default="", compare=False)  # in words, why it is not sound
    seed: ImageUri | None = field(default=None, compare=False)
    placeholder: ImageUri | None = field(default=None, compare=False)
    cluster: str = field(default="", compare=False)
    service: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", tuple(sorted(self.environment)))
        object.__setattr__(self, "secrets", tuple(sorted(self.secrets)))
        if self.log_mode == "blocking":  # Docker refuses a buffer then ("only supported with 'mode=non-blocking'")
            object.__setattr__(self, "log_buffer", "")

    def summary(self) -> str:
        """Sizes, and the names of what it is given: values may be long."""
        parts = [f"{self.cpu} CPU units, {self.memory} MiB, {self.architecture}, port {self.port}"]
        parts += [f"variables {', '.join(name for name, _ in self.environment)}"] if self.environment else []
        parts += [f"secrets {', '.join(name for name, _ in self.secrets)}"] if self.secrets else []
        parts += [f"command {' '.join(self.command)}"] if self.command else []
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
        yield anywhere("ecs", "DeregisterTaskDefinition DescribeTaskDefinition ListTaskDefinitions")
        yield anywhere("tag", "GetResources")
        actions = of("ecs", "DeleteTaskDefinitions RegisterTaskDefinition TagResource")
        yield Statement("Definitions", actions, (scope.arn("ecs", f"task-definition/{scope.names.family}:*"),))
        yield passes("PassRoles", (scope.role("*"),), "ecs-tasks")

    def observe(self, aws: Aws, me: Label) -> Seen[TaskDefinition, TaskDefinitionIds] | None:
        """The live revision; or a later one of ours that says what is wished and is not in use yet."""
        judged = self._judge(aws, me)
        if judged is None:
            return None
        shown, actual = judged.shown, told(judged.shown, self, me.region)
        if self.seed and self._begins(aws) and actual.image != (self.image or self.seed):
            actual = replace(actual, sound=False, unsound="its image is not the one to begin with: a revision is made")
        back = "" if judged.right else self._gone_back(aws, judged.live)
        return Seen(_ids(shown, self.container), actual, shown.tags, note=judged.note, since=shown.since,
                    gone_back=back, released=frozenset(one.name for one in fields(self)))  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[TaskDefinitionIds]]:
        """By the app's name, which is the family's: it is ours if any revision carries our mark."""
        listed = (_listed(aws, me.app, status) for status in ("ACTIVE", "INACTIVE"))
        ours = next(filter(None, (_marked(aws, me, arns) for arns in listed)), None)
        if ours:
            yield Found(_ids(ours, me.app), ours.tags)

    def create(self, aws: Aws, me: Label) -> TaskDefinitionIds:
        """No token protects this call; the digest in its tags lets the next look know the revision again."""
        return self._register(aws, me, laid(self, {}, image_for(self), me.region))

    def update(self, aws: Aws, me: Label, ids: TaskDefinitionIds, changed: frozenset[str]) -> None:
        """Register the wish laid over what is live at this very moment; it is used once the service is told of it."""
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
        """Every revision since the first that carries the mark of `ids.arn`, the pipeline's too; the first one last.

        A revision older than that is somebody else's, left from another time. AWS may keep them for a while as
        DELETE_IN_PROGRESS, which is harmless.
        """
        with aws.fresh():
            active, inactive = _listed(aws, ids.family, "ACTIVE"), _listed(aws, ids.family, "INACTIVE")
            arns = sorted({*active, *inactive}, key=revision_of)
            first = ids.arn if ids.arn not in arns else _first_like(aws, revision(aws, ids.arn), arns)
        doomed = [arn for arn in reversed(arns) if not newer(first, arn)]
        for arn in doomed:
            if arn in active:
                aws.ecs.deregister_task_definition(taskDefinition=arn)
        for batch in batches(doomed, 10):
            aws.ecs.delete_task_definitions(taskDefinitions=batch)

    def _judge(self, aws: Aws, me: Label) -> Judgement | None:
        service = service_of(aws, self.cluster, self.service) if self.cluster and self.service else None
        live = self._live(aws, me, service)
        if live is None:
            return None
        good = self._good_image(aws, service) if service else None
        wish = replace(self, image=self.image or self.seed) if self._begins(aws) else self
        later = (revision(aws, arn) for arn in _listed(aws, self.family, "ACTIVE") if newer(arn, live.arn))
        return judge(wish, live, later, good, me)

    def _gone_back(self, aws: Aws, live: Revision) -> str:
        service = service_of(aws, self.cluster, self.service) if self.cluster and self.service else None
        if service is None or service["status"] != "ACTIVE" or service.get("taskDefinition") != live.arn:
            return ""
        return gone_back(aws, self.cluster, service, live.tags)

    def _begins(self, aws: Aws) -> bool:
        """Whether no image that exists is in use: what a revision says of one then binds nobody."""
        if not (self.cluster and self.service and self.placeholder):
            return False
        service = service_of(aws, self.cluster, self.service)
        if service is None or service["status"] != "ACTIVE" or family_of(service["taskDefinition"]) != self.family:
            return True
        running = container_of(revision(aws, service["taskDefinition"]).definition, self.container).get("image", "")
        return not ecr.is_there(aws, running, self.placeholder)

    def _live(self, aws: Aws, me: Label, service: ServiceTypeDef | None) -> Revision | None:
        """What the service runs or, while it is being replaced, ran; without a service the newest that is ours."""
        if service is not None and family_of(used := service.get("taskDefinition", "")) == self.family:
            tags = flat(service.get("tags"))
            if service["status"] == "ACTIVE" or (me.owns(tags) and used in _listed(aws, self.family, "ACTIVE")):
                live = revision(aws, used)
                if me.owns(tags) and not me.owns(live.tags):
                    # The pipeline made it, and whether its tags came along is AWS's choice: the service vouches for it.
                    return replace(live, tags={**tags, RESOURCE: me.resource})
                return live
        active = _listed(aws, self.family, "ACTIVE")
        return (_marked(aws, me, active) or revision(aws, active[0])) if active else None

    def _good_image(self, aws: Aws, service: ServiceTypeDef) -> str | None:
        """The image to go on with when the service's newest deployment was given up."""
        if not any(deployment.get("rolloutState") == "FAILED" for deployment in service["deployments"]):
            return None
        deployments, revisions = releases(aws, self.cluster, self.service, "SUCCESSFUL")
        return good_image(service, deployments, revisions, self.container)

    def _register(self, aws: Aws, me: Label, definition: Definition) -> TaskDefinitionIds:
        answer = aws.ecs.register_task_definition(**definition, tags=me.lower(**{DIGEST: digest(definition)}))
        return _ids(Revision(answer["taskDefinition"]["taskDefinitionArn"], definition, {}), self.container)


def _ids(revision: Revision, container: str) -> TaskDefinitionIds:
    return TaskDefinitionIds(
        family=revision.definition["family"],
        arn=TaskDefinitionArn(revision.arn),
        image=container_of(revision.definition, container).get("image", ""),
    )


def _first_like(aws: Aws, one: Revision, arns: Sequence[str]) -> str:
    """The oldest of these revisions, given the oldest first, that carries the same mark as this one; itself at last."""
    mark = (one.tags.get(APP), one.tags.get(ID))

    def same(arn: str) -> bool:
        tags = revision(aws, arn).tags
        return (tags.get(APP), tags.get(ID)) == mark

    return next(arn for arn in arns if arn == one.arn or (all(mark) and same(arn)))


def _listed(aws: Aws, family: str, status: Status) -> list[str]:
    """The revisions of a family, the newest first."""
    answer = aws.look(aws.ecs.list_task_definitions, familyPrefix=family, status=status, sort="DESC")
    return sorted(answer["taskDefinitionArns"], key=revision_of, reverse=True)


def revision(aws: Aws, name: str) -> Revision:
    """A revision, by its ARN or as `family:revision`. Raises ClientError if there is none."""
    answer = aws.look(aws.ecs.describe_task_definition, taskDefinition=name, include=["TAGS"])
    described = answer["taskDefinition"]
    model = aws.ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape
    return Revision(
        arn=described["taskDefinitionArn"],
        definition=registrable(described, model.members if model else ()),
        tags=flat(answer.get("tags")),
        active=described["status"] == "ACTIVE",
        since=described.get("registeredAt"),
        by=described.get("registeredBy", ""),
    )


def _marked(aws: Aws, me: Label, arns: Sequence[str]) -> Revision | None:
    """The newest of these revisions that is known to carry the app's mark."""
    revisions = (revision(aws, arn) for arn in _likely(aws, me, arns))
    return next((revision for revision in revisions if revision.tags.get(APP) == me.app), None)


def _likely(aws: Aws, me: Label, arns: Sequence[str]) -> Iterator[str]:
    """Those worth a look: the newest, what the tagging API knows, and for what it does not know yet both ends."""
    yield from arns[:1]
    if len(arns) > 1:
        known = known_to_tagging(aws, me, "ecs:task-definition")
        yield from (arn for arn in arns[1:] if arn in known)
        yield from arns[1:ENDS]
        yield from arns[max(ENDS, len(arns) - ENDS) :]
