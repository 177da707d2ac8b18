"""The revisions of a task definition's family: read, compared, and recognized by the digest in their tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ecsctl.engine.label import APP, ID, Label, flat
from ecsctl.resources.support.ecs import is_newer, known_to_tagging, revision_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

Definition = dict[str, Any]  # the parameters of RegisterTaskDefinition, without tags
Architecture = Literal["ARM64", "X86_64"]
Status = Literal["ACTIVE", "INACTIVE"]
DIGEST = "ecsctl:digest"
BACK = "ecsctl:back-to"
"""The tag of a revision that `ecsctl rollback` has registered: the number of the revision that it copies."""
USUAL: Architecture = "X86_64"  # the default processor (API reference, RuntimePlatform)
ENDS = 10  # revisions at each end of a long family whose tags are read one by one


@dataclass(frozen=True)
class Revision:
    """One revision of a family as AWS returns it; `by` is the ARN of the caller that registered it."""

    arn: str
    definition: Definition
    tags: Mapping[str, str]
    active: bool = True
    since: datetime | None = None
    by: str = ""

    @property
    def number(self) -> int:
        """Its number in its family."""
        return revision_of(self.arn)

    @property
    def architecture(self) -> Architecture:
        """Its processor, in ECS's terms."""
        return architecture_of(self.definition)

    def image(self, container: str) -> str:
        """The image of our container."""
        return str(container_of(self.definition, container).get("image", ""))


def registrable(described: Mapping[str, Any], accepted: Collection[str]) -> Definition:
    """The part of a described task definition that can be registered again: `accepted` are the call's parameters.

    `accepted` comes from the SDK's model of RegisterTaskDefinition, so that members that AWS adds to answers only are
    not sent, and members that it adds to both are kept.
    """
    return {name: value for name, value in described.items() if name in accepted and name != "tags" and is_set(value)}


def container_of(definition: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Our container: the one with our name, or the first, if it has been renamed."""
    containers: list[dict[str, Any]] = definition.get("containerDefinitions") or [{}]
    return next((container for container in containers if container.get("name") == name), containers[0])


def architecture_of(definition: Mapping[str, Any]) -> Architecture:
    """A definition's processor, in ECS's terms."""
    named: Architecture = (definition.get("runtimePlatform") or {}).get("cpuArchitecture", USUAL)
    return named


def is_set(value: Any) -> bool:
    """Whether a value is more than an empty default: AWS fills in empty lists for what was not given."""
    return value is not None and value != [] and value != {}


def digest(definition: Definition) -> str:
    """A digest of a definition (16 hex digits) that ignores empty parts and the order of the environment.

    Each revision that we register has it in a tag, so that a run recognizes one that an earlier run registered and did
    not use, whatever AWS has filled in.
    """
    document = json.dumps(_settled(definition), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(document.encode()).hexdigest()[:16]


def _settled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _settled(part) for name, part in value.items() if is_set(part)}
    if isinstance(value, list):
        parts = [_settled(part) for part in value]
        return sorted(parts, key=json.dumps) if all(isinstance(part, dict) for part in parts) else parts
    return value


def revision(aws: Aws, name: str) -> Revision:
    """A revision, by its ARN or as `family:revision`. Raises ClientError if there is none."""
    answer = aws.read(aws.ecs.describe_task_definition, taskDefinition=name, include=["TAGS"])
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


def revisions_of(aws: Aws, family: str, status: Status) -> list[str]:
    """The revisions of a family, the newest first."""
    answer = aws.read(aws.ecs.list_task_definitions, familyPrefix=family, status=status, sort="DESC")
    return sorted(answer["taskDefinitionArns"], key=revision_of, reverse=True)


def latest_of(aws: Aws, family: str) -> list[str]:
    """The hundred newest ACTIVE revisions of a family, the newest first: an app accumulates thousands."""
    return _latest(aws, family)[0]


def since(aws: Aws, family: str, one: str) -> list[str]:
    """The ACTIVE revisions that are newer than this one, the newest first."""
    arns, more = _latest(aws, family)
    if more and all(is_newer(arn, one) for arn in arns):
        arns = revisions_of(aws, family, "ACTIVE")
    return [arn for arn in arns if is_newer(arn, one)]


def _latest(aws: Aws, family: str) -> tuple[list[str], bool]:
    asked = aws.ecs.list_task_definitions
    answer = aws.first_page(asked, familyPrefix=family, status="ACTIVE", sort="DESC")
    return sorted(answer["taskDefinitionArns"], key=revision_of, reverse=True), bool(answer.get("nextToken"))


def tagged(aws: Aws, me: Label, arns: Sequence[str]) -> Revision | None:
    """The newest of these revisions that is found to carry the app's tags."""
    revisions = (revision(aws, arn) for arn in _likely(aws, me, arns))
    return next((revision for revision in revisions if revision.tags.get(APP) == me.app), None)


def first_like(aws: Aws, one: Revision, arns: Sequence[str]) -> str:
    """The oldest of these revisions, given the oldest first, with the app and id of this one; in the end itself."""
    whose = (one.tags.get(APP), one.tags.get(ID))

    def same(arn: str) -> bool:
        tags = revision(aws, arn).tags
        return (tags.get(APP), tags.get(ID)) == whose

    return next(arn for arn in arns if arn == one.arn or (all(whose) and same(arn)))


def _likely(aws: Aws, me: Label, arns: Sequence[str]) -> Iterator[str]:
    """The revisions worth reading: the newest, those that the tagging API lists, and both ends of the family for those
    that it does not list yet.
    """
    yield from arns[:1]
    if len(arns) > 1:
        known = known_to_tagging(aws, me, "ecs:task-definition")
        yield from (arn for arn in arns[1:] if arn in known)
        yield from arns[1:ENDS]
        yield from arns[max(ENDS, len(arns) - ENDS) :]
