"""CodePipeline's state: what each stage and action last did, and the transitions between stages."""

from typing import Any

from moto.codepipeline.responses import CodePipelineResponse
from moto.core.responses import ActionResult

from ecsctl.sandbox.aws.codepipeline.executions import time_of
from ecsctl.sandbox.aws.codepipeline.pipelines import asked, found
from ecsctl.sandbox.aws.codepipeline.state import Attempt, Transition
from ecsctl.sandbox.aws.codepipeline.time import Runs, runs, stage_of
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.principals import caller


@overlay.adds(CodePipelineResponse)
def get_pipeline_state(response: CodePipelineResponse) -> ActionResult:
    """Return the state of every stage."""
    name = asked(response)["name"]
    held = found(response, name)
    going = runs(response.codepipeline_backend, name)
    stages = [_stage(going, stage, number) for number, stage in enumerate(held.pipeline["stages"])]
    about = {"pipelineName": name, "pipelineVersion": held.pipeline["version"], "stageStates": stages}
    return ActionResult(about | {"created": held._created, "updated": held._updated})


@overlay.adds(CodePipelineResponse)
def disable_stage_transition(response: CodePipelineResponse) -> ActionResult:
    """Keep executions from entering (with Outbound, leaving) a stage."""
    return _set_transition(response, enabled=False)


@overlay.adds(CodePipelineResponse)
def enable_stage_transition(response: CodePipelineResponse) -> ActionResult:
    """Let executions enter (with Outbound, leave) a stage again."""
    return _set_transition(response, enabled=True)


def _set_transition(response: CodePipelineResponse, enabled: bool) -> ActionResult:
    params = asked(response)
    stages = found(response, params["pipelineName"]).pipeline["stages"]
    held = runs(response.codepipeline_backend, params["pipelineName"])
    number = stage_of({"name": params["pipelineName"], "stages": stages}, params["stageName"])
    number += params["transitionType"] == "Outbound"
    if number < len(stages):
        reason = None if enabled else params["reason"]
        held.transitions[stages[number]["name"]] = Transition(enabled, clock.now(), caller(response), reason)
        held.advance()
    return ActionResult({})


def _stage(held: Runs, stage: dict[str, Any], number: int) -> dict[str, Any]:
    name = stage["name"]
    state: dict[str, Any] = {"stageName": name}
    waiting = [one for one in held.executions if one.running and one.waiting and one.stage_name == name]
    if waiting:
        inbound = [{"pipelineExecutionId": one.id, "status": "InProgress"} for one in waiting]
        state |= {"inboundExecution": inbound[0], "inboundExecutions": inbound}
    if number > 0:
        state["inboundTransitionState"] = _transition(held.transitions.get(name, Transition()))
    entered = next((one for one in held.executions if name in one.stages), None)
    if entered is not None:
        state["latestExecution"] = {
            "pipelineExecutionId": entered.id,
            "status": entered.stages[name],
            "type": "STANDARD",
        }
    state["actionStates"] = [_action(held, name, action["name"]) for action in stage["actions"]]
    return state


def _transition(transition: Transition) -> dict[str, Any]:
    state: dict[str, Any] = {"enabled": transition.enabled}
    if transition.changed is not None:
        state |= {"lastChangedBy": transition.by, "lastChangedAt": time_of(transition.changed)}
    if transition.reason is not None:
        state["disabledReason"] = transition.reason
    return state


def _action(held: Runs, stage: str, action: str) -> dict[str, Any]:
    """The last run of the action, in any execution."""
    state: dict[str, Any] = {"actionName": action}
    attempts = [
        attempt
        for execution in held.executions
        for attempt in execution.attempts
        if (attempt.stage, attempt.declared["name"]) == (stage, action)
    ]
    if not attempts:
        return state
    latest = max(attempts, key=lambda attempt: attempt.began)
    state["latestExecution"] = _latest(latest)
    if latest.revision is not None:
        state["revisionUrl"] = latest.revision["url"]
        if latest.status == "Succeeded":
            revision = {"revisionId": latest.revision["id"], "created": time_of(latest.changed)}
            state["currentRevision"] = revision | {"revisionChangeId": latest.revision["id"]}
    return state


def _latest(attempt: Attempt) -> dict[str, Any]:
    execution: dict[str, Any] = {
        "actionExecutionId": attempt.id,
        "status": attempt.status,
        "lastStatusChange": time_of(attempt.changed),
        "externalExecutionId": attempt.external_id,
        "externalExecutionUrl": attempt.external_url,
        "token": attempt.token if attempt.status == "InProgress" else None,
        "lastUpdatedBy": attempt.by,
    }
    if attempt.outcome is not None:
        execution["summary"] = attempt.outcome.summary or None
        if attempt.outcome.code:
            execution["errorDetails"] = {"code": attempt.outcome.code, "message": attempt.outcome.message}
    return {name: value for name, value in execution.items() if value is not None}
