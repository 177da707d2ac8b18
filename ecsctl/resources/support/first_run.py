"""The execution that a pipeline starts by itself when it is created (CodePipeline API, CreatePipeline).

Its commit is usually the one that the service has just been created with. Building and releasing it again would cost
twice, would delay a stable service, and would fail if the repository's own buildspec pushes an immutable tag. So a
pipeline is created with only its source and a `GATE`. Once the source has fetched its commit, an execution without
anything new is stopped, the pipeline gets its stages, and a newer commit is run through them. Each step is visible on
AWS, so that `up` can be interrupted after any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from ecsctl.names import Names
from ecsctl.resources.support.builds import builds_of, pushed_by
from ecsctl.resources.support.ecr import PROCESSORS, Reference, by_name, tags
from ecsctl.resources.support.ecs import families_of
from ecsctl.resources.support.pipeline_structure import Approval, Parts, awaits_answer
from ecsctl.resources.support.running import running

if TYPE_CHECKING:
    from datetime import datetime

    from ecsctl.aws.clients import Aws

GATE = Approval("ecsctl", "ecsctl up is making this pipeline. If that run has ended: run it again.")
STOPPED = "its commit is what the service runs already"
YOUNG = timedelta(minutes=15)  # after a pipeline's creation, during which its first execution may still matter
RUNNING = ("InProgress", "Stopping")

State = Literal["over", "begun", "known", "new"]
"""Nothing to do; its commit is not known yet, or it is being stopped; it has nothing new; it has something new, but
cannot continue.
"""


@dataclass(frozen=True)
class FirstRun:
    """Its state. While `going`, the newest commit is being delivered, and no approval is pending."""

    state: State
    id: str = ""
    going: bool = False
    note: str = ""


def is_gated(made_of: Parts) -> bool:
    """Whether it is a pipeline that we have only begun to create."""
    return made_of.build is None and made_of.approvals == (GATE,)


def first_run(
    aws: Aws, name: str, project: str, made: datetime | None, *, at_gate: bool, given: bool = False
) -> FirstRun:
    """Read its state. `given`: the user has named an image, which no build may replace by itself."""
    young = made is not None and aws.now() - made < YOUNG
    if not (at_gate or young):
        return FirstRun("over")
    listed: Any = aws.first_page(aws.codepipeline.list_pipeline_executions, pipelineName=name, maxResults=20)
    runs: list[Any] = listed["pipelineExecutionSummaries"]
    if not runs:
        return FirstRun("begun" if at_gate and young else "over")
    newest = runs[0]
    first: Any = next((run for run in runs if run.get("trigger", {}).get("triggerType") == "CreatePipeline"), {})
    number, status, running = first.get("pipelineExecutionId", ""), first.get("status"), first.get("status") in RUNNING
    commit = str((first.get("sourceRevisions") or [{}])[0].get("revisionId", ""))
    if at_gate and (status == "Stopping" or (running and not commit)):
        return FirstRun("begun", number, True, "its first run finds the commit")
    if at_gate and status == "InProgress":
        nothing_new = given or _has_image(aws, name, project, commit)
        return FirstRun("known" if nothing_new else "new", number, True)
    ours = first.get("stopTrigger", {}).get("reason") == STOPPED
    if newest is first and status == "Cancelled" and commit and not ours:  # cancelled because we updated the pipeline
        return FirstRun("new", number, True)
    going = newest["status"] in RUNNING and newest.get("trigger", {}).get("triggerType") != "Webhook"
    going = going and not _awaits_approval(aws, name)
    return FirstRun("over", number, going, "the newest commit is on its way" if going else "")


def _has_image(aws: Aws, app: str, project: str, commit: str) -> bool:
    """Whether the app already has the image of this commit: by its tags, or as the project has built it.

    The tags are what remains of a commit if only the repository has survived from an earlier deployment of the app.
    """
    names = Names(app)
    runs = running(aws, names, jobs=[names.process_of(one) for one in families_of(aws, names)[1:]])
    if runs is None:
        return False
    named = Reference.of(runs.image)
    repository = named and named.repository == names.repository and by_name(aws, named)
    if repository and {commit, *(f"{commit}-{one}" for one in PROCESSORS.values())} & {*tags(repository)}:
        return True
    name = runs.image.partition("@")[2] or runs.image.rpartition(":")[2]
    good = (one for one in builds_of(aws, project) if one["buildStatus"] == "SUCCEEDED")
    made = [pushed_by(aws, one, names.repository) for one in good if one.get("resolvedSourceVersion") == commit]
    return any(name in (one["imageDigest"], *tags(one)) for one in made if one)


def _awaits_approval(aws: Aws, name: str) -> bool:
    """Whether an approval is pending, for which we do not wait."""
    states = aws.read(aws.codepipeline.get_pipeline_state, name=name)["stageStates"]
    return any(awaits_answer(action) for stage in states for action in stage.get("actionStates", ()))
