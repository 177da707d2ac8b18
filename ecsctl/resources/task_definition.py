"""What a task of a process consists of. The pipeline sets the image in it, ecsctl everything else."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from ecsctl.engine.label import RESOURCE, Label, flat
from ecsctl.engine.resource import Found, Observed, Renewed, Resource
from ecsctl.ids import ImageUri, TaskDefinitionArn
from ecsctl.names import Names
from ecsctl.resources.support import ecr
from ecsctl.resources.support.definitions import Contents, Decision, actual_of, decide, image_for, merged
from ecsctl.resources.support.deployments import Snapshot, brief, rollback_note
from ecsctl.resources.support.ecs import batches, families_of, family_of, is_newer, revision_of, service_of
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.revisions import (
    DIGEST,
    Definition,
    Revision,
    digest,
    first_like,
    latest_of,
    revision,
    revisions_of,
    since,
    tagged,
)
from ecsctl.resources.support.rights import anywhere, of, pass_roles

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import ServiceTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

NO_PORT = 0  # of a process without a port
MOST = 64 * 1024  # bytes of a task definition (Amazon ECS developer guide, "Amazon ECS service quotas")


@dataclass(frozen=True)
class TaskDefinitionIds:
    """A family, its current revision, and the image in that."""

    family: str
    arn: Renewed[TaskDefinitionArn]
    image: Renewed[str]


@dataclass(frozen=True, kw_only=True)
class TaskDefinition(Contents, Resource[TaskDefinitionIds]):
    """A family of task definitions. What counts is the revision that the service runs, not the newest.

    Without an image, the running one is kept: the pipeline owns it. `seed` is the first image: used while nothing runs,
    or if the running one is no longer in the repository. `placeholder` is in the definition while there is no image at
    all, and a seed replaces it. `cluster` and `service` are names to read, not edges: the service needs this one first.
    If it is not `kept` by a service, the latest ACTIVE revision counts. Its image is that of the service that it
    `follows`; with none to follow it keeps its own.
    """

    kind = "task-definition"
    title = "task definition"
    answered = True
    arns = "ecs"
    console = "{console}/ecs/v2/task-definitions/{family}?region={region}"

    cluster: str = field(default="", compare=False)
    service: str = field(default="", compare=False)
    kept: bool = field(default=True, compare=False)  # by a service of its own
    follows: str = field(default="", compare=False)  # the service whose image it uses, if it is not kept

    def summary(self) -> str:
        """Sizes, and the names of variables: values may be long."""
        port = f", port {self.container_port}" if self.container_port else ""
        parts = [f"{self.cpu} CPU units, {self.memory} MiB, {self.cpu_architecture}{port}"]
        parts += [f"variables {', '.join(name for name, _ in self.environment)}"] if self.environment else []
        parts += [f"secrets {', '.join(name for name, _ in self.secrets)}"] if self.secrets else []
        parts += [f"command {' '.join(self.command)}"] if self.command else []
        parts += [f"{path.removeprefix('container.')} {value}" for path, value in self.more]
        parts += [f"sidecar {one.name} ({one.image})" for one in self.sidecars]
        parts += [f"volume {one.volume} at {one.path}" for one in self.mount_points]
        return "; ".join(parts)

    def reason(self, field: str, actual: TaskDefinition) -> str:
        """Says why the revision cannot stay."""
        return actual.unusable_because if field == "usable" else ""

    def exceeded_limit(self) -> str:
        """Its size as it would be registered for the first time; what others add to it comes on top."""
        size = len(json.dumps(merged(self, {}, image_for(self), "region")).encode())
        return f"the task definition has {size} bytes, expected at most {MOST}" if size > MOST else ""

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        reads = "DescribeTaskDefinition ListTaskDefinitionFamilies ListTaskDefinitions"
        yield anywhere("ecs", f"DeregisterTaskDefinition {reads}")
        yield anywhere("tag", "GetResources")
        actions = of("ecs", "DeleteTaskDefinitions RegisterTaskDefinition TagResource")
        yield Statement("Definitions", actions, scope.families)
        yield pass_roles("PassRoles", (scope.role("*"),), "ecs-tasks")
        reads = "DescribeServiceDeployments DescribeServiceRevisions DescribeServices ListServiceDeployments"
        yield Statement("Service", of("ecs", reads), scope.service)

    def observe(self, aws: Aws, me: Label) -> Observed[TaskDefinition, TaskDefinitionIds] | None:
        """The live revision; or a later one of ours that is as desired and not in use yet."""
        decision = self._decide(aws, me)
        if decision is None:
            return None
        shown, actual = decision.shown, actual_of(decision.shown, self, me.region)
        if not self.kept:
            served = self.image or self._followed(aws, decision.live) or self.seed
            if served and actual.image != served:
                actual = replace(
                    actual, usable=False, unusable_because=f"the release that serves has the image {served}"
                )
        elif self.seed and self._has_no_image_in_use(aws) and actual.image != (self.image or self.seed):
            actual = replace(
                actual, usable=False, unusable_because="its image is not the one to begin with: a revision is made"
            )
        back = "" if decision.right else self._rollback_note(aws, decision.live)
        return Observed(_ids(shown, self.container_name), actual, shown.tags, note=decision.note, since=shown.since,
                    rolled_back=back, released=frozenset(one.name for one in fields(self)))  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[TaskDefinitionIds]]:
        """Found by the families' names, which begin with the app's. One is ours if any revision of it has our tags."""
        names = Names.of(me)
        aws.ahead([partial(latest_of, aws, names.family)])
        for family in families_of(aws, names):
            yield from _found(aws, me, family)

    @classmethod
    def find_recorded(
        cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]
    ) -> Iterator[Found[TaskDefinitionIds]]:
        """Found by the recorded families."""
        for ids in recorded:
            yield from _found(aws, me, ids["family"])

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: TaskDefinitionIds) -> Iterator[Callable[[], object]]:
        """Read the revision that the last run left."""
        yield partial(revision, aws, ids.arn)

    def create(self, aws: Aws, me: Label) -> TaskDefinitionIds:
        """No token prevents duplicates; the next read recognizes the revision by the digest in its tags."""
        return self._register(aws, me, merged(self, {}, image_for(self), me.region))

    def update(self, aws: Aws, me: Label, ids: TaskDefinitionIds, changed: frozenset[str]) -> None:
        """Register the desired state on top of what is live at this very moment; in use once the service has it."""
        with aws.uncached():
            decision = self._decide(aws, me)
        if decision is None:
            self.create(aws, me)
        elif decision.right is None:
            self._register(aws, me, decision.definition)
        elif "tags" in changed:
            aws.ecs.tag_resource(resourceArn=decision.right.arn, tags=me.lower())

    @classmethod
    def delete(cls, aws: Aws, ids: TaskDefinitionIds) -> None:
        """Every revision since the first that carries the tags of `ids.arn`, including the pipeline's; the first one
        last.

        A revision older than that is someone else's, or from an earlier deployment. AWS may keep them for a while as
        DELETE_IN_PROGRESS, which is harmless.
        """
        with aws.uncached():
            active, inactive = revisions_of(aws, ids.family, "ACTIVE"), revisions_of(aws, ids.family, "INACTIVE")
            arns = sorted({*active, *inactive}, key=revision_of)
            first = ids.arn if ids.arn not in arns else first_like(aws, revision(aws, ids.arn), arns)
        to_delete = [arn for arn in reversed(arns) if not is_newer(first, arn)]
        for arn in to_delete:
            if arn in active:
                aws.ecs.deregister_task_definition(taskDefinition=arn)
        for batch in batches(to_delete, 10):
            aws.ecs.delete_task_definitions(taskDefinitions=batch)

    def _used_by(self, aws: Aws) -> ServiceTypeDef | None:
        return service_of(aws, self.cluster, self.service) if self.cluster and self.service else None

    def _decide(self, aws: Aws, me: Label) -> Decision | None:
        service = self._used_by(aws)
        live = self._live(aws, me, service) if self.kept else self._latest(aws, me)
        if live is None:
            return None
        good = None  # the image to continue with when ECS gave up the service's newest deployment
        if service and Snapshot(service).failed:
            good = brief(aws, self.cluster, self.service, "SUCCESSFUL").good_image(self.container_name)
        desired = replace(self, image=self.image or self.seed) if self._has_no_image_in_use(aws) else self
        if not self.kept:
            desired = replace(self, image=self.image or self._followed(aws, live) or self.seed)
        later = (revision(aws, arn) for arn in since(aws, self.family, live.arn))
        return decide(desired, live, later, good, me)

    def _rollback_note(self, aws: Aws, live: Revision) -> str:
        service = self._used_by(aws)
        if service is None or service["status"] != "ACTIVE" or service.get("taskDefinition") != live.arn:
            return ""
        return rollback_note(aws, self.cluster, service, live.tags)

    def _has_no_image_in_use(self, aws: Aws) -> bool:
        """Whether no existing image is in use: then it does not matter which one a revision names."""
        if not (self.cluster and self.service and self.placeholder):
            return False
        service = self._used_by(aws)
        if service is None or service["status"] != "ACTIVE" or family_of(service["taskDefinition"]) != self.family:
            return True
        return not ecr.has_image(
            aws, revision(aws, service["taskDefinition"]).image(self.container_name), self.placeholder
        )

    def _followed(self, aws: Aws, latest: Revision) -> ImageUri | None:
        """The image that serves in the service that it follows, whatever is rolling out; None if there is none."""
        if not self.follows:
            own = latest.image(self.container_name)
            exists = own not in ("", self.placeholder) and ecr.has_image(aws, own, self.placeholder or "")
            return ImageUri(own) if exists else None
        service = service_of(aws, self.cluster, self.follows)
        if service is None or service["status"] != "ACTIVE":
            return None
        serves = Snapshot(service).serves
        if Snapshot(service).failed:
            serves = brief(aws, self.cluster, self.follows, "SUCCESSFUL").serves
        image = revision(aws, serves).image(self.container_name) if serves else ""
        return ImageUri(image) if image and image != self.placeholder else None

    def _latest(self, aws: Aws, me: Label) -> Revision | None:
        """Returns what a schedule runs. One that somebody has registered without our tags is ours if an older one
        has them.
        """
        if not (active := latest_of(aws, self.family)):
            return None
        latest = revision(aws, active[0])
        if me.owns(latest.tags):
            return latest
        before = tagged(aws, me, active)
        return replace(latest, tags={**before.tags, RESOURCE: me.resource}) if before else latest

    def _live(self, aws: Aws, me: Label, service: ServiceTypeDef | None) -> Revision | None:
        """Returns what the service runs or, while it is being replaced, ran; without a service the newest that is
        ours.
        """
        if service is not None and family_of(used := service.get("taskDefinition", "")) == self.family:
            tags = flat(service.get("tags"))
            if service["status"] == "ACTIVE" or (me.owns(tags) and used in revisions_of(aws, self.family, "ACTIVE")):
                live = revision(aws, used)
                if me.owns(tags) and not me.owns(live.tags):
                    # The pipeline registered it, and AWS may or may not have copied its tags: the service shows that it
                    # is ours.
                    return replace(live, tags={**tags, RESOURCE: me.resource})
                return live
        active = revisions_of(aws, self.family, "ACTIVE")
        return (tagged(aws, me, active) or revision(aws, active[0])) if active else None

    def _register(self, aws: Aws, me: Label, definition: Definition) -> TaskDefinitionIds:
        answer = aws.ecs.register_task_definition(**definition, tags=me.lower(**{DIGEST: digest(definition)}))
        return _ids(Revision(answer["taskDefinition"]["taskDefinitionArn"], definition, {}), self.container_name)


def _found(aws: Aws, me: Label, family: str) -> Iterator[Found[TaskDefinitionIds]]:
    listed = (revisions_of(aws, family, status) for status in ("ACTIVE", "INACTIVE"))
    newest = latest_of(aws, family)[:1]  # as a rule it is enough
    ours = next(filter(None, (tagged(aws, me, arns) for arns in chain([newest], listed))), None)
    if ours:
        yield Found(_ids(ours, Names.of(me).container), ours.tags)


def _ids(revision: Revision, container: str) -> TaskDefinitionIds:
    family = revision.definition["family"]
    return TaskDefinitionIds(family=family, arn=TaskDefinitionArn(revision.arn), image=revision.image(container))
