"""Controls the pipeline: starts a run, answers an approval, retries a stage, stops a run."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ecsctl.aws.asking import asking, sent
from ecsctl.aws.codes import code
from ecsctl.errors import Refused, UsageError
from ecsctl.operations.pipelines import RUNNING, Waiting, read, runs_of, state_of, waiting

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

COMMENT, REASON = 512, 200  # characters that AWS accepts (CodePipeline API: ApprovalResult, StopPipelineExecution)


@asking("starting the pipeline")
def start(aws: Aws, pipeline: str) -> str:
    """Start a run of the newest commit and return its id. The call may be repeated: the token makes it the same run."""
    state_of(aws, pipeline)
    token = str(uuid.uuid4())
    return aws.patience.through(
        lambda: aws.codepipeline.start_pipeline_execution(name=pipeline, clientRequestToken=token),
        what="starting the pipeline",
    )["pipelineExecutionId"]


@asking("answering the approval")
def answer(aws: Aws, pipeline: str, *, approved: bool, comment: str = "", action: str = "", run: str = "") -> Waiting:
    """Approve or reject what is pending: the only approval, or the one of that name or run. Returns which it was.

    Raises Refused if nothing is pending, UsageError if several are and none is named, or the comment is too long.
    """
    _short(comment, COMMENT, "comment")
    all_that_wait = waiting(aws, pipeline)
    fitting = [one for one in all_that_wait if action in ("", one.action) and one.run.startswith(run)]
    if not fitting:
        named = "; ".join(f"{one.action} of run {one.run}" for one in all_that_wait)
        raise Refused(
            "nothing waits for an approval" + (" by that name or of that run" if named else ""),
            why=f"what waits: {named}" if named else "",
            hint="ecsctl pipeline status shows where it is",
        )
    if len(fitting) > 1:
        raise UsageError(
            "several approvals wait", why="; ".join(f"{one.action} of run {one.run}" for one in fitting),
            hint="name one: --action NAME",
        )  # fmt: skip
    one = fitting[0]
    result: Any = {"status": "Approved" if approved else "Rejected", "summary": comment}
    try:
        sent(
            lambda: aws.codepipeline.put_approval_result(
                pipelineName=pipeline, stageName=one.stage, actionName=one.action, token=one.token, result=result
            ),
            lambda: one.token not in [still.token for still in waiting(aws, pipeline)],
        )
    except Exception as error:
        if code(error) in ("ApprovalAlreadyCompletedException", "InvalidApprovalTokenException"):
            raise Refused(f"someone else has answered {one.action} meanwhile, or its run has ended") from error
        raise
    return one


@asking("retrying the stage")
def retry(aws: Aws, pipeline: str, *, every: bool = False, run: str = "") -> tuple[str, str]:
    """Run the failed actions of the stage where a run ended again, or `every` action of it. Returns stage and run.

    Raises Refused if the run has not failed or been stopped, or AWS no longer allows it to continue.
    """
    found = read(aws, pipeline, run)
    stage = next((one.name for one in reversed(found.stages) if one.status in ("Failed", "Stopped")), "")
    if found.running or not stage:
        raise Refused(
            f"run {found.id} has nothing to retry: it is {found.status}",
            hint="ecsctl pipeline run starts a new run",
        )
    try:
        sent(
            lambda: aws.codepipeline.retry_stage_execution(
                pipelineName=pipeline,
                stageName=stage,
                pipelineExecutionId=found.id,
                retryMode="ALL_ACTIONS" if every else "FAILED_ACTIONS",
            ),
            lambda: read(aws, pipeline, found.id).running,
        )
    except Exception as error:
        if code(error) in ("StageNotRetryableException", "NotLatestPipelineExecutionException", "ConflictException"):
            raise Refused(
                f"stage {stage} of run {found.id} cannot be retried",
                why="a later run has passed it, the pipeline was changed since, or it goes on already",
                hint="ecsctl pipeline run starts a new run",
            ) from error
        raise
    return stage, found.id


@asking("stopping the run")
def stop(aws: Aws, pipeline: str, *, abandon: bool = False, reason: str = "", run: str = "") -> str:
    """Stop the run before its next action, or `abandon` also those in progress, which continue unobserved. Returns its
    id.

    Raises Refused if no run is in progress, UsageError if several are and none is named.
    """
    _short(reason, REASON, "reason")
    state_of(aws, pipeline)
    going: list[str] = [one["pipelineExecutionId"] for one in runs_of(aws, pipeline) if one["status"] in RUNNING]
    fitting = [one for one in going if one.startswith(run)]
    if not fitting:
        raise Refused("no run is under way" if not going else f"run {run} is not under way")
    if len(fitting) > 1:
        raise UsageError("several runs are under way", why=", ".join(fitting), hint="name one: --run ID")
    chosen = fitting[0]
    try:
        sent(
            lambda: aws.codepipeline.stop_pipeline_execution(
                pipelineName=pipeline, pipelineExecutionId=chosen, abandon=abandon,
                reason=reason or "stopped with ecsctl",
            ),
            lambda: read(aws, pipeline, chosen).status in ("Stopping", "Stopped"),
        )  # fmt: skip
    except Exception as error:
        if code(error) == "DuplicatedStopRequestException":
            return chosen  # it is stopping already
        if code(error) == "PipelineExecutionNotStoppableException":
            raise Refused(f"run {chosen} has ended meanwhile") from error
        raise
    return chosen


def _short(text: str, most: int, what: str) -> None:
    if len(text) > most:
        raise UsageError(f"the {what} has {len(text)} characters, and AWS takes {most}")
