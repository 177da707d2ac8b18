"""The releases so far: each deployment of the service with its revision, image, commit, author and end."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsctl.aws.codes import DENIED, code
from ecsctl.config.printing import covered
from ecsctl.errors import NotOffered
from ecsctl.names import Names
from ecsctl.releases.reading import active, default_names, described, names_of, read, revision_named
from ecsctl.releases.verdict import Followed, failure_verdict
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.deployments import Phase, Snapshot, began, phase_of
from ecsctl.resources.support.ecr import Reference, images
from ecsctl.resources.support.ecs import revision_of
from ecsctl.resources.support.pausing import ANSWERS, held_of
from ecsctl.resources.support.revisions import DIGEST, digest

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.state import State
    from ecsctl.resources.support.revisions import Definition, Revision

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
PIPELINE, ECSCTL = "pipeline", "ecsctl"


@dataclass(frozen=True)
class PastRelease:
    """One release. What AWS does not say is empty, or None."""

    revision: int
    outcome: str  # as of a verdict, or "rolling out", "going back", "being stopped"
    current: bool  # whether it is what the service runs
    image: str
    digest: str
    tags: tuple[str, ...]
    commit: str
    message: str  # the commit's, as the pipeline has it
    who: str
    since: datetime
    ended: datetime | None
    why: str


@dataclass(frozen=True)
class Difference:
    """One difference between two revisions. None: it is missing there."""

    field: str
    before: str | None
    after: str | None


def history(aws: Aws, state: State, process: str = "") -> list[PastRelease]:
    """The newest twenty releases of the last 90 days, the newest first: AWS keeps no older ones, and describes this
    many.

    `process` is the one whose releases these are, by default the one that leads. Raises Refused if there is no service.
    """
    names = names_of(aws, Names.of(state.book), process)
    observed = read(aws, names)
    service = active(observed, names)
    arns = {arn for one in observed.deployments if (arn := observed.task_definition_of(one))}
    with ThreadPoolExecutor(8) as pool:
        messages = pool.submit(_messages, aws, names)
        held = pool.submit(images, aws, names.repository)
        revisions = {arn: pool.submit(described, aws, arn) for arn in arns}
        known = {arn: found for arn, future in revisions.items() if (found := future.result())}
    tags = {one["imageDigest"]: tuple(one.get("imageTags", ())) for one in held.result()}
    current = next(
        (one for one in observed.succeeded if observed.task_definition_of(one) == service["taskDefinition"]), None
    )
    past: list[PastRelease] = []
    originals = _originals(known.values())
    brought = {""}
    for one in sorted(observed.deployments, key=began):
        arn = observed.task_definition_of(one)
        author = "" if arn in brought else _who(names, known.get(arn), originals)  # who deploys it again, AWS hides
        brought.add(arn)
        past.append(_past(names, observed, one, known.get(arn), tags, messages.result(), author, one is current))
    return past[::-1]


def compare(aws: Aws, state: State, one: str, other: str) -> tuple[Revision, Revision, list[Difference]]:
    """Two revisions of a process, and their differences. Raises UsageError or Refused for anything but revisions.

    One that does not belong to the process that leads is named with its family.
    """
    names = Names.of(state.book)
    before, after = (revision_named(aws, _whose(aws, names, name), name) for name in (one, other))
    return before, after, differences(before.definition, after.definition)


def _whose(aws: Aws, names: Names, revision: str) -> Names:
    """The names of the process whose family a given revision belongs to; if none, as `default_names` says."""
    process = names.process_of(revision.rpartition("/")[2].partition(":")[0])
    return names.on(process) if process else default_names(aws, names)


def differences(before: Definition, after: Definition) -> list[Difference]:
    """The differences between two task definitions, in the order of the first; environment and secrets by their names.

    A variable that may be a secret is shown as `***`. For secrets only the ARN is known here, never the value.
    """
    old, new = dict(_flat(before)), dict(_flat(after))
    return [
        Difference(_spelled(path), _shown(path, old.get(path)), _shown(path, new.get(path)))
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    ]


def _past(
    names: Names,
    observed: Snapshot,
    one: Mapping[str, Any],
    revision: Revision | None,
    tags: Mapping[str, Sequence[str]],
    messages: Mapping[str, str],
    who: str,
    current: bool,
) -> PastRelease:
    outcome, why = _outcome(observed, one)
    image = revision.image(names.container) if revision else ""
    named = Reference.of(image)
    resolved = observed.digest_of(one, names.container) or (named.digest if named else "")
    known_as = tuple(tags.get(resolved, ())) if resolved else ()
    commit = next((tag for tag in (*known_as, named.tag if named else "") if COMMIT.fullmatch(tag)), "")
    return PastRelease(
        revision=revision_of(observed.task_definition_of(one)),
        outcome=outcome,
        current=current,
        image=image,
        digest=resolved,
        tags=known_as,
        commit=commit,
        message=messages.get(commit, ""),
        who=who,
        since=one["createdAt"],
        ended=one.get("finishedAt") or one.get("stoppedAt"),
        why=why,
    )


def _outcome(observed: Snapshot, one: Mapping[str, Any]) -> tuple[str, str]:
    phase = phase_of(one)
    if held := held_of(one):
        return phase.value, f"it {held.described}: {ANSWERS}"
    if phase.ongoing or phase is Phase.DEPLOYED:
        return phase.value, ""
    verdict = failure_verdict(Followed(observed.task_definition_of(one), one["serviceDeploymentArn"]), observed, one)
    return verdict.outcome.value, verdict.why or verdict.sentence


def _originals(revisions: Iterable[Revision]) -> frozenset[str]:
    """The revisions that ecsctl registered itself: a copy has the digest that an earlier one already has."""
    first: dict[str, str] = {}
    for one in sorted(revisions, key=lambda one: one.number):
        if its_digest := one.tags.get(DIGEST):
            first.setdefault(its_digest, one.arn)
    same = {one.arn for one in revisions if one.tags.get(DIGEST) == digest(one.definition)}
    return frozenset({*first.values(), *same})


def _who(names: Names, revision: Revision | None, originals: Collection[str]) -> str:
    """The author of a revision: the pipeline by its role, ecsctl by the digest it leaves, or a person by name."""
    if revision is None or not revision.by:
        return ""
    if names.pipeline_role in revision.by.split("/"):
        return PIPELINE
    name = revision.by.rpartition("/")[2].rpartition(":")[2]
    return f"{ECSCTL} ({name})" if revision.arn in originals else name


def _messages(aws: Aws, names: Names) -> Mapping[str, str]:
    """The first line of each commit that the pipeline has run for; nothing if there is no pipeline, or it may not be
    read.
    """
    try:
        answer = none_if_gone(lambda: aws.read(aws.codepipeline.list_pipeline_executions, pipelineName=names.pipeline))
    except (ClientError, NotOffered) as error:
        if isinstance(error, ClientError) and code(error) not in DENIED:
            raise
        return {}
    runs = answer["pipelineExecutionSummaries"] if answer else []
    revisions = [one for run in runs for one in run.get("sourceRevisions", ())]
    return {one["revisionId"]: one.get("revisionSummary", "").partition("\n")[0] for one in revisions}


def _flat(value: Any, *path: str) -> list[tuple[tuple[str, ...], str]]:
    """Everything in a definition, by its path. What has a name is found by it, wherever it is."""
    if isinstance(value, Mapping):
        return [found for name, part in value.items() for found in _flat(part, *path, name)]
    if isinstance(value, list) and all(isinstance(part, Mapping) for part in value):
        found: list[tuple[tuple[str, ...], str]] = []
        for number, part in enumerate(value, 1):
            rest = {name: item for name, item in part.items() if name != "name"} or part
            key = str(part.get("name") or part.get("containerPort") or number)
            single = len(rest) == 1 and "name" in part
            found += _flat(next(iter(rest.values())), *path, key) if single else _flat(rest, *path, key)
        return found
    if isinstance(value, list):
        return [(path, " ".join(str(part) for part in value))]
    return [(path, str(value))]


_SHORT = {"containerDefinitions": "container", "environment": "env", "secrets": "secret"}


def _spelled(path: tuple[str, ...]) -> str:
    return ".".join(_SHORT.get(part, part) for part in path)


def _shown(path: tuple[str, ...], value: str | None) -> str | None:
    return None if value is None else str(covered(path, value))
