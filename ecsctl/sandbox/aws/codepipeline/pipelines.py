"""CodePipeline's pipelines: they run once on creation, are returned with masked secrets, and updated as a whole."""

import copy
import json
from collections.abc import Callable
from typing import Any

from moto.codepipeline.models import CodePipeline
from moto.codepipeline.responses import CodePipelineResponse
from moto.core.responses import ActionResult

from ecsctl.sandbox.aws.codepipeline.checks import actions, check, masked, unmasked
from ecsctl.sandbox.aws.codepipeline.time import forget, runs
from ecsctl.sandbox.core import clock, constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.core.principals import caller


def asked(response: CodePipelineResponse) -> dict[str, Any]:
    """The request's parameters, validated against the service's model. Raises Refusal."""
    params: dict[str, Any] = json.loads(response.body or "{}")
    wrong = constraints.violation("codepipeline", response._get_action(), params)
    if wrong is not None:
        raise Refusal("ValidationException", wrong)
    return params


def found(response: CodePipelineResponse, name: str) -> CodePipeline:
    """The pipeline with this name. Raises a refusal if there is none."""
    pipelines = response.codepipeline_backend.pipelines
    if name not in pipelines:
        message = f"Account '{response.current_account}' does not have a pipeline with name '{name}'"
        raise Refusal("PipelineNotFoundException", message)
    return pipelines[name]


@overlay.wraps(CodePipelineResponse)
def create_pipeline(_original: Callable[..., Any], response: CodePipelineResponse) -> ActionResult:
    """Create a pipeline, whose first execution starts at once (CodePipeline guide, "Create a pipeline").

    Raises Refusal.
    """
    params, backend = asked(response), response.codepipeline_backend
    name, tags = params["pipeline"]["name"], params.get("tags", [])
    if name in backend.pipelines:
        message = f"A pipeline with the name '{name}' already exists in account '{response.current_account}'"
        raise Refusal("PipelineNameInUseException", message)
    declared = unmasked(params["pipeline"], None)
    check(declared)
    _check_role(response, declared)
    made = CodePipeline(response.current_account, response.region, _filled(declared))
    made.validate_tags(tags)
    made.tags = {tag["key"]: tag["value"] for tag in tags}
    backend.pipelines[name] = made
    runs(backend, name).start(made.pipeline, "CreatePipeline", caller(response))
    return ActionResult({"pipeline": masked(made.pipeline), "tags": tags})


@overlay.wraps(CodePipelineResponse)
def get_pipeline(_original: Callable[..., Any], response: CodePipelineResponse) -> ActionResult:
    """Return the latest version, with masked secrets. Raises Refusal."""
    params = asked(response)
    held = found(response, params["name"])
    version = params.get("version")
    if version is not None and version != held.pipeline["version"]:
        # AWS keeps all versions; the sandbox keeps the latest.
        message = f"Pipeline '{params['name']}' does not have a version '{version}'"
        raise Refusal("PipelineVersionNotFoundException", message)
    about = {"pipelineArn": held._arn, "created": held._created, "updated": held._updated}
    return ActionResult({"pipeline": masked(held.pipeline), "metadata": about})


@overlay.wraps(CodePipelineResponse)
def update_pipeline(_original: Callable[..., Any], response: CodePipelineResponse) -> ActionResult:
    """Replace the whole declaration; running executions end as Cancelled, and none is started.

    API reference, PipelineExecution: "Cancelled: the pipeline's definition was updated before the execution could be
    completed".
    """
    params = asked(response)
    held = found(response, params["pipeline"]["name"])
    declared = unmasked(params["pipeline"], held.pipeline)
    check(declared)
    _check_role(response, declared)
    declared["version"] = held.pipeline["version"] + 1
    runs(response.codepipeline_backend, declared["name"]).cancel_all()
    held.pipeline = held.add_default_values(_filled(declared))
    held._updated = clock.today().replace(tzinfo=None)
    return ActionResult({"pipeline": masked(held.pipeline)})


@overlay.wraps(CodePipelineResponse)
def delete_pipeline(_original: Callable[..., Any], response: CodePipelineResponse) -> ActionResult:
    """Delete it with its executions; a missing one is no error. Builds and deployments go on, and webhooks stay."""
    name, backend = asked(response)["name"], response.codepipeline_backend
    backend.pipelines.pop(name, None)
    forget(backend, name)
    return ActionResult({})


@overlay.wraps(CodePipelineResponse)
def list_pipelines(_original: Callable[..., Any], response: CodePipelineResponse) -> ActionResult:
    """List all pipelines, a page at a time."""
    params, summaries = asked(response), []
    for name, held in sorted(response.codepipeline_backend.pipelines.items()):
        shared = {field: held.pipeline[field] for field in ("version", "pipelineType", "executionMode")}
        times = {"created": held._created, "updated": held._updated}
        summaries.append({"name": name} | shared | times)
    return ActionResult(page("pipelines", summaries, params))


def page(member: str, items: list[Any], params: dict[str, Any]) -> dict[str, Any]:
    """A page of as many `items` as requested (by default a hundred), and the token of the next page."""
    begin, size = int(params.get("nextToken") or params.get("NextToken") or 0), params.get("maxResults") or 100
    answer: dict[str, Any] = {member: items[begin : begin + size]}
    if begin + size < len(items):
        answer["NextToken" if member == "webhooks" else "nextToken"] = str(begin + size)
    return answer


def _filled(declared: dict[str, Any]) -> dict[str, Any]:
    """The declaration with AWS's defaults: type V2, and a trigger for each connection without one.

    Recorded by go-to-k/cdk-real-drift (commit c00ed982); the triggers: terraform-provider-aws, aws_codepipeline,
    `trigger_all`. The form of such a trigger, a push to the action's branch, is an assumption.
    """
    pipeline = copy.deepcopy(declared)
    pipeline.setdefault("pipelineType", "V2")
    pipeline.setdefault("executionMode", "SUPERSEDED")
    if pipeline["pipelineType"] == "V2" and not pipeline.get("triggers"):
        triggers = [_trigger(action) for _, action in actions(pipeline) if _detects_changes(action)]
        pipeline |= {"triggers": triggers} if triggers else {}
    return pipeline


def _detects_changes(action: dict[str, Any]) -> bool:
    connected = action["actionTypeId"]["provider"] == "CodeStarSourceConnection"
    return bool(connected and action.get("configuration", {}).get("DetectChanges", "true") != "false")


def _trigger(action: dict[str, Any]) -> dict[str, Any]:
    push = [{"branches": {"includes": [action["configuration"]["BranchName"]]}}]
    about = {"sourceActionName": action["name"], "push": push}
    return {"providerType": "CodeStarSourceConnection", "gitConfiguration": about}


def _check_role(response: CodePipelineResponse, pipeline: dict[str, Any]) -> None:
    """The role must be assumable now (hashicorp/terraform-provider-aws#13103)."""
    from ecsctl.sandbox.aws.iam import can_be_assumed

    role, account = pipeline["roleArn"], response.current_account
    arn = f"arn:{response.partition}:codepipeline:{response.region}:{account}:{pipeline['name']}"
    if not can_be_assumed(account, role, "codepipeline.amazonaws.com", arn):
        raise Refusal(
            "InvalidStructureException", f"CodePipeline is not authorized to perform AssumeRole on role {role}"
        )
