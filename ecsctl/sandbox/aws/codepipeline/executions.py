"""CodePipeline's executions: started, stopped, retried, approved, and described."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.codepipeline.responses import CodePipelineResponse
from moto.core.responses import ActionResult

from ecsctl.sandbox.aws.codebuild import reporting
from ecsctl.sandbox.aws.codepipeline.actions import Approving, resolved
from ecsctl.sandbox.aws.codepipeline.checks import masked
from ecsctl.sandbox.aws.codepipeline.pipelines import asked, found, page
from ecsctl.sandbox.aws.codepipeline.state import Attempt, Execution, Outcome
from ecsctl.sandbox.aws.codepipeline.time import Runs, as_they_are, runs, stage_of
from ecsctl.sandbox.builds import artifacts
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.core.principals import caller


def time_of(seconds: float) -> datetime:
    """A sandbox time in seconds, as AWS returns a time."""
    return datetime.fromtimestamp(seconds, UTC)


def execution_of(held: Runs, execution_id: str, code: str = "PipelineExecutionNotFoundException") -> Execution:
    """The execution. Raises a refusal if it does not exist."""
    for one in held.executions:
        if one.id == execution_id:
            return one
    raise Refusal(code, f"Pipeline '{held.name}' does not have an execution with id '{execution_id}'")


@overlay.wraps(CodePipelineResponse)
def start_pipeline_execution(_original: Callable[..., Any], response: CodePipelineResponse) -> ActionResult:
    """Start an execution; the same `clientRequestToken` returns the same one. Raises Refusal."""
    params = asked(response)
    pipeline = found(response, params["name"]).pipeline
    held = runs(response.codepipeline_backend, params["name"])
    token = params.get("clientRequestToken")
    if token is None or token not in held.tokens:
        known = {one["name"] for one in pipeline.get("variables", [])}
        variables = {one["name"]: one["value"] for one in params.get("variables", [])}
        if variables.keys() - known:
            message = f"Pipeline does not declare the variables: {', '.join(sorted(variables.keys() - known))}"
            raise Refusal("ValidationException", message)
        revisions = {one["actionName"]: one["revisionValue"] for one in params.get("sourceRevisions", [])}
        who = caller(response)
        made = held.start(pipeline, "StartPipelineExecution", who, variables=variables, revisions=revisions)
        held.tokens[token or made.id] = made.id
        token = token or made.id
    return ActionResult({"pipelineExecutionId": held.tokens[token]})


@overlay.adds(CodePipelineResponse)
def stop_pipeline_execution(response: CodePipelineResponse) -> ActionResult:
    """Stop it after the running actions, or with `abandon` at once. AWS's error codes; the messages are assumptions."""
    params = asked(response)
    found(response, params["pipelineName"])
    held = runs(response.codepipeline_backend, params["pipelineName"])
    execution = execution_of(held, params["pipelineExecutionId"], "PipelineExecutionNotStoppableException")
    abandon = bool(params.get("abandon"))
    if not execution.running:
        message = f"The pipeline execution '{execution.id}' is in status {execution.status} and cannot be stopped"
        raise Refusal("PipelineExecutionNotStoppableException", message)
    abandoned = any(one.status == "Abandoned" for one in execution.attempts)
    if execution.status == "Stopping" and (abandoned or not abandon):
        message = f"The pipeline execution '{execution.id}' is already in a Stopping state"
        raise Refusal("DuplicatedStopRequestException", message)
    held.stop(execution, abandon, params.get("reason"))
    return ActionResult({"pipelineExecutionId": execution.id})


@overlay.wraps(CodePipelineResponse)
def get_pipeline_execution(_original: Callable[..., Any], response: CodePipelineResponse) -> ActionResult:
    """Return one execution."""
    params = asked(response)
    found(response, params["pipelineName"])
    one = execution_of(runs(response.codepipeline_backend, params["pipelineName"]), params["pipelineExecutionId"])
    answer: dict[str, Any] = {
        "pipelineName": params["pipelineName"],
        "pipelineVersion": one.pipeline["version"],
        "pipelineExecutionId": one.id,
        "status": one.status,
        "artifactRevisions": _revisions(one),
        "variables": [{"name": name, "resolvedValue": value} for name, value in one.variables.items()],
        "trigger": {"triggerType": one.trigger, "triggerDetail": one.detail},
        "executionMode": one.pipeline.get("executionMode", "SUPERSEDED"),
        "executionType": "STANDARD",
    }
    if one.reason:
        answer["statusSummary"] = one.reason
    return ActionResult({"pipelineExecution": answer})


@overlay.wraps(CodePipelineResponse)
def list_pipeline_executions(_original: Callable[..., Any], response: CodePipelineResponse) -> ActionResult:
    """List all executions, the newest first."""
    params = asked(response)
    found(response, params["pipelineName"])
    stage = params.get("filter", {}).get("succeededInStage", {}).get("stageName")
    summaries = []
    for one in runs(response.codepipeline_backend, params["pipelineName"]).executions:
        if stage is not None and one.stages.get(stage) != "Succeeded":
            continue
        summary = {
            "pipelineExecutionId": one.id,
            "status": one.status,
            "startTime": time_of(one.started),
            "lastUpdateTime": time_of(max([one.changed, *(attempt.changed for attempt in one.attempts)])),
            "sourceRevisions": [
                {"actionName": attempt.declared["name"], "revisionId": attempt.revision["id"],
                 "revisionSummary": attempt.revision["summary"], "revisionUrl": attempt.revision["url"]}
                for attempt in one.attempts if attempt.revision and attempt.status == "Succeeded"
            ],
            "trigger": {"triggerType": one.trigger, "triggerDetail": one.detail},
            "executionMode": one.pipeline.get("executionMode", "SUPERSEDED"),
            "executionType": "STANDARD",
        }  # fmt: skip
        summaries.append(summary | ({"stopTrigger": {"reason": one.reason}} if one.reason else {}))
    return ActionResult(page("pipelineExecutionSummaries", summaries, params))


@overlay.adds(CodePipelineResponse)
def list_action_executions(response: CodePipelineResponse) -> ActionResult:
    """List all runs of actions, the newest first, including those that a retry replaced."""
    params = asked(response)
    found(response, params["pipelineName"])
    held = runs(response.codepipeline_backend, params["pipelineName"])
    chosen, wanted = held.executions, params.get("filter", {})
    latest = wanted.get("latestInPipelineExecution", {})
    wanted_id = wanted.get("pipelineExecutionId") or latest.get("pipelineExecutionId")
    if wanted_id:
        chosen = [execution_of(held, wanted_id)]
    details = []
    for one in chosen:
        counted = [attempt for attempt in one.attempts if not (latest and attempt.void)]
        details += [_detail(one, attempt) for attempt in reversed(counted)]
    return ActionResult(page("actionExecutionDetails", details, params))


@overlay.adds(CodePipelineResponse)
def put_approval_result(response: CodePipelineResponse) -> ActionResult:
    """Approve or reject the action with this token. Error codes: API reference; the messages are assumptions.

    Raises Refusal.
    """
    params = asked(response)
    pipeline, now = found(response, params["pipelineName"]).pipeline, clock.now()
    held = runs(response.codepipeline_backend, params["pipelineName"])
    stage, action, result = params["stageName"], params["actionName"], params["result"]
    declared = pipeline["stages"][stage_of(pipeline, stage)]["actions"]
    if action not in [one["name"] for one in declared]:
        raise Refusal("ActionNotFoundException", f"Stage '{stage}' does not have an action '{action}'")
    for execution in held.executions:
        for attempt in execution.attempts:
            if (attempt.stage, attempt.declared["name"], attempt.token) != (stage, action, params["token"]):
                continue
            if not isinstance(attempt.work, Approving):
                raise Refusal("ValidationException", f"Action '{action}' is not an approval")
            if attempt.status != "InProgress":
                message = f"The approval action '{action}' has already been approved or rejected"
                raise Refusal("ApprovalAlreadyCompletedException", message)
            approved, summary = result["status"] == "Approved", result["summary"]
            answer = Outcome(now, "Succeeded", summary)
            rejected = Outcome(now, "Failed", summary, "JobFailed", f"Rejected: {summary}")
            attempt.by, attempt.work.answer = caller(response), answer if approved else rejected
            held.advance()
            return ActionResult({"approvedAt": time_of(now)})
    raise Refusal("InvalidApprovalTokenException", "The approval request already received a response or has expired")


@overlay.adds(CodePipelineResponse)
def retry_stage_execution(response: CodePipelineResponse) -> ActionResult:
    """Run a stage's failed actions again, in the same execution. AWS's error codes; the messages are assumptions."""
    params = asked(response)
    pipeline = found(response, params["pipelineName"]).pipeline
    held, stage = runs(response.codepipeline_backend, params["pipelineName"]), params["stageName"]
    number = stage_of(pipeline, stage)
    execution = execution_of(held, params["pipelineExecutionId"], "NotLatestPipelineExecutionException")
    later = [one for one in held.executions[: held.executions.index(execution)] if stage in one.stages]
    if later:
        message = f"The stage '{stage}' has been run by a later execution than '{execution.id}'"
        raise Refusal("NotLatestPipelineExecutionException", message)
    if execution.running:
        raise Refusal("ConflictException", f"The pipeline execution '{execution.id}' is in progress")
    stopped = execution.status in ("Failed", "Stopped") and execution.stage == number and not execution.waiting
    changed = execution.pipeline["version"] != pipeline["version"]
    if not stopped or changed or not any(one.status != "Succeeded" for one in execution.latest(stage).values()):
        message = f"Unable to retry stage '{stage}': its structure has changed, or it contains no failed actions"
        raise Refusal("StageNotRetryableException", message)
    held.retry(execution, params["retryMode"] == "ALL_ACTIONS")
    return ActionResult({"pipelineExecutionId": execution.id})


def _revisions(execution: Execution) -> list[dict[str, Any]]:
    return [
        {
            "name": attempt.declared["outputArtifacts"][0]["name"],
            "revisionId": attempt.revision["id"],
            "revisionSummary": attempt.revision["summary"],
            "revisionUrl": attempt.revision["url"],
            "created": time_of(attempt.changed),
        }
        for attempt in execution.attempts
        if attempt.revision and attempt.status == "Succeeded"
    ]


def _detail(execution: Execution, attempt: Attempt) -> dict[str, Any]:
    declared, outcome = attempt.declared, attempt.outcome
    hidden = masked({"stages": [{"name": attempt.stage, "actions": [declared]}]})["stages"][0]["actions"][0]
    configuration = hidden.get("configuration", {})
    taken = {one["name"]: execution.input_of(attempt) for one in (declared.get("inputArtifacts") or [])[:1]}
    result: dict[str, Any] = {"externalExecutionId": attempt.external_id, "externalExecutionUrl": attempt.external_url}
    if outcome is not None:
        result["externalExecutionSummary"] = outcome.summary
        if outcome.code:
            result["errorDetails"] = {"code": outcome.code, "message": outcome.message}
    detail = {
        "pipelineExecutionId": execution.id,
        "actionExecutionId": attempt.id,
        "pipelineVersion": execution.pipeline["version"],
        "stageName": attempt.stage,
        "actionName": declared["name"],
        "startTime": time_of(attempt.began),
        "lastUpdateTime": time_of(attempt.changed),
        "status": attempt.status,
        "input": {
            "actionTypeId": declared["actionTypeId"],
            "configuration": configuration,
            "resolvedConfiguration": {name: resolved(execution, value) for name, value in configuration.items()},
            "region": declared.get("region"),
            "inputArtifacts": _places(taken),
            "namespace": declared.get("namespace"),
        },
        "output": {
            "outputArtifacts": _places(attempt.outputs),
            "executionResult": {name: value for name, value in result.items() if value is not None},
            "outputVariables": attempt.variables,
        },
    }
    return detail | ({"updatedBy": attempt.by} if attempt.by else {})


def _places(named: dict[str, str]) -> list[dict[str, Any]]:
    where = {name: artifacts.parts(arn) for name, arn in named.items()}
    return [{"name": name, "s3location": {"bucket": at[0], "key": at[1]}} for name, at in where.items()]


def _status_of(backend: Any, pipeline: str, execution: str) -> tuple[str, str]:
    """Status and commit of an execution, as of the last request: advancing pipelines here might start builds."""
    one = execution_of(as_they_are(backend, pipeline), execution)
    return one.status, next((each["revisionId"] for each in _revisions(one)), "")


reporting.status_of[:] = [_status_of]
