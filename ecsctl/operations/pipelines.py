"""The state of a pipeline run: its stages, pending approvals, failures, and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecsctl.aws.asking import asking
from ecsctl.errors import EcsctlError, Interrupted, Refused, ReleaseFailed, Stopped, Superseded, TimedOut, UsageError
from ecsctl.github_token import TOKEN_HINT, TOKEN_REFUSED
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.pipeline_structure import awaits_answer

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

LIMIT = 3600.0  # seconds a run is watched by default
RUNNING = ("InProgress", "Stopping")
RECENT = 20  # runs that are read


@dataclass(frozen=True)
class Action:
    """The last attempt of an action in a run. `status` is AWS's word, or empty: it has not begun."""

    name: str
    provider: str = ""
    status: str = ""
    began: datetime | None = None
    changed: datetime | None = None
    summary: str = ""
    error: str = ""
    url: str = ""  # where its own details are: the commit, the build
    external: str = ""  # its id there


@dataclass(frozen=True)
class Stage:
    """A stage of a run. `status` is empty if the run has not reached it."""

    name: str
    status: str
    actions: tuple[Action, ...]
    closed: str = ""  # why nothing may enter it, if someone has disabled its transition


@dataclass(frozen=True)
class Run:
    """One commit's run through the pipeline."""

    pipeline: str
    id: str
    status: str
    trigger: str
    commit: str
    message: str  # of the commit
    url: str  # of the commit
    began: datetime | None
    stages: tuple[Stage, ...]
    summary: str = ""

    @property
    def running(self) -> bool:
        """Whether it is still in progress."""
        return self.status in RUNNING

    @property
    def failures(self) -> tuple[str, ...]:
        """The actions that failed, with their reasons."""
        return tuple(
            f"{action.name}: {action.error or action.summary or 'no reason given'}"
            for stage in self.stages
            for action in stage.actions
            if action.status == "Failed"
        )


@dataclass(frozen=True)
class Waiting:
    """An approval that someone must give. The token is of this very run: no other can be approved with it."""

    stage: str
    action: str
    run: str
    token: str


@asking("reading the pipeline")
def read(aws: Aws, pipeline: str, run: str = "") -> Run:
    """A run of the pipeline: the newest, or the one with this id (or the only one whose id begins so).

    Raises Refused when there is no pipeline, or no such run.
    """
    state = state_of(aws, pipeline)
    chosen = _chosen(runs_of(aws, pipeline), pipeline, run)
    details = _details(aws, pipeline, chosen["pipelineExecutionId"])
    revisions = chosen.get("sourceRevisions") or [{}]
    trigger = chosen.get("trigger", {})
    return Run(
        pipeline=pipeline,
        id=chosen["pipelineExecutionId"],
        status=chosen["status"],
        trigger=" by ".join(filter(None, (trigger.get("triggerType"), trigger.get("triggerDetail")))),
        commit=revisions[0].get("revisionId", ""),
        message=revisions[0].get("revisionSummary", ""),
        url=revisions[0].get("revisionUrl", ""),
        began=chosen.get("startTime"),
        stages=tuple(_stages(state, details, chosen["pipelineExecutionId"])),
        summary=chosen.get("stopTrigger", {}).get("reason", ""),
    )


@asking("reading the pipeline")
def elsewhere(aws: Aws, run: Run) -> tuple[str, ...]:
    """The ids of the other runs in progress."""
    others = (one["pipelineExecutionId"] for one in runs_of(aws, run.pipeline) if one["status"] in RUNNING)
    return tuple(one for one in others if one != run.id)


@asking("reading the pipeline")
def waiting(aws: Aws, pipeline: str) -> tuple[Waiting, ...]:
    """The approvals that are pending now."""
    found = []
    for stage in state_of(aws, pipeline)["stageStates"]:
        for action in stage.get("actionStates", ()):
            if awaits_answer(action):
                run = stage.get("latestExecution", {}).get("pipelineExecutionId", "")
                found.append(Waiting(stage["stageName"], action["actionName"], run, action["latestExecution"]["token"]))
    return tuple(found)


def watch(aws: Aws, pipeline: str, run: str, see: Callable[[Run], None], limit: float = LIMIT) -> Run:
    """Wait for the end of a run, and call `see` with its state whenever that changes. `limit` is in seconds.

    Raises TimedOut at the limit, Interrupted on a stop; the run continues in either case.
    """
    last = read(aws, pipeline, run)
    see(last)

    def ended() -> Run | None:
        nonlocal last
        now = read(aws, pipeline, last.id)
        if now != last:
            last = now
            see(now)
        return None if now.running else now

    try:
        return aws.patience.until(ended, what=lambda: where(last), limit=limit)
    except (Interrupted, TimedOut) as error:  # the same command again may start another run
        error.hint = "the run goes on: ecsctl pipeline status --watch follows it, ecsctl pipeline stop stops it"
        raise


def where(run: Run) -> str:
    """The step that a run in progress is at, in a few words."""
    for stage in reversed(run.stages):
        for action in stage.actions:
            if action.status == "InProgress":
                waits = action.provider == "Manual"
                return f"{stage.name}: {action.name} {'waits for an approval' if waits else 'is under way'}"
    closed = next((one for one in run.stages if not one.status and one.closed), None)
    return f"{closed.name} is closed: {closed.closed}" if closed else f"pipeline {run.pipeline}: {run.status}"


def failure_of(run: Run) -> EcsctlError | None:
    """The error that a run's end means, with its exit code; None for one that succeeded or runs."""
    reasons = {"why": "; ".join(run.failures) or run.summary}
    if run.status == "Superseded":
        return Superseded(f"run {run.id} gave way to a newer one", hint="ecsctl pipeline status")
    if run.status in ("Stopped", "Cancelled"):
        return Stopped(f"run {run.id} was {run.status.lower()}", **reasons, hint="ecsctl pipeline retry, or run")
    if run.status == "Failed":
        hint = "ecsctl why names the cause; ecsctl pipeline logs; ecsctl pipeline retry"
        if TOKEN_REFUSED.search(reasons["why"]):
            hint = f"{TOKEN_HINT}; then ecsctl pipeline run"
        return ReleaseFailed(f"run {run.id} failed", **reasons, hint=hint)
    return None


def build_of(run: Run, action: str = "") -> str:
    """The id of the build that an action of a run is: the named one, the one that failed, or that runs, or Build.

    Raises UsageError for an action that is no build, Refused if the run has not reached it.
    """
    there_are = [one for stage in run.stages for one in stage.actions if one.provider in ("CodeBuild", "")]
    named = [one for one in there_are if action.lower() in ("", one.name.lower())]
    if not named:
        known = ", ".join(one.name for one in there_are)
        raise UsageError(f"the pipeline has no action {action} with a log", hint=f"one of: {known}")
    begun = [one for one in named if one.external]
    for status in ("Failed", "InProgress", ""):
        for one in begun:
            if status in ("", one.status):
                return one.external
    what = f"come to {action}" if action else "built anything"
    raise Refused(f"run {run.id} has not {what} yet", hint="ecsctl logs --build has the newest build's log")


def state_of(aws: Aws, pipeline: str) -> Mapping[str, Any]:
    """Every stage, whichever run was in it last. Raises Refused when there is no pipeline."""
    with aws.uncached():
        state = none_if_gone(lambda: aws.read(aws.codepipeline.get_pipeline_state, name=pipeline))
    if state is None:
        raise Refused(f"there is no pipeline {pipeline}", hint="ecsctl up creates it, if ecsctl.toml has [github]")
    return state


def runs_of(aws: Aws, pipeline: str) -> list[Any]:
    """The newest runs, the newest first."""
    listed: Any = aws.codepipeline.list_pipeline_executions(pipelineName=pipeline, maxResults=RECENT)
    runs: list[Any] = listed["pipelineExecutionSummaries"]
    return runs


def _chosen(runs: list[Any], pipeline: str, configured: str) -> Mapping[str, Any]:
    fitting = [one for one in runs if one["pipelineExecutionId"].startswith(configured)]
    if not runs:
        raise Refused(f"pipeline {pipeline} has never run", hint="ecsctl pipeline run")
    if not fitting or (configured and len(fitting) > 1):
        raise Refused(
            f"there is no run {configured} among the last {RECENT}"
            if not fitting
            else f"several runs begin with {configured}",
            why="the newest: " + ", ".join(one["pipelineExecutionId"] for one in runs[:3]),
        )
    found: Mapping[str, Any] = fitting[0]
    return found


def _details(aws: Aws, pipeline: str, run: str) -> dict[tuple[str, str], Any]:
    """The last attempt of each action of a run, by stage and action. A retry leaves the earlier attempts in the
    list.
    """
    with aws.uncached():
        listed = aws.read(
            aws.codepipeline.list_action_executions, pipelineName=pipeline, filter={"pipelineExecutionId": run}
        )["actionExecutionDetails"]
    tries = sorted(listed, key=lambda one: one["startTime"])
    return {(one["stageName"], one["actionName"]): one for one in tries}


def _stages(state: Mapping[str, Any], details: Mapping[tuple[str, str], Any], run: str) -> Iterator[Stage]:
    for stage in state["stageStates"]:
        names = [one["actionName"] for one in stage.get("actionStates", ())]
        actions = tuple(_action(name, details.get((stage["stageName"], name))) for name in names)
        latest, gate = stage.get("latestExecution", {}), stage.get("inboundTransitionState", {})
        closed = "" if gate.get("enabled", True) else gate.get("disabledReason") or "no reason given"
        mine = latest.get("pipelineExecutionId") == run
        yield Stage(stage["stageName"], latest.get("status", "") if mine else _worst(actions), actions, closed)


def _worst(actions: tuple[Action, ...]) -> str:
    """A stage that another run has entered since: AWS returns only that run's stages, so this is derived from the
    actions.
    """
    statuses = {action.status for action in actions}
    order = ("Failed", "Abandoned", "InProgress", "Succeeded")
    return next((status for status in order if status in statuses), "")


def _action(name: str, detail: Mapping[str, Any] | None) -> Action:
    if detail is None:
        return Action(name)
    result = detail.get("output", {}).get("executionResult", {})
    return Action(
        name=name,
        provider=detail.get("input", {}).get("actionTypeId", {}).get("provider", ""),
        status=detail["status"],
        began=detail.get("startTime"),
        changed=detail.get("lastUpdateTime"),
        summary=result.get("externalExecutionSummary", ""),
        error=result.get("errorDetails", {}).get("message", ""),
        url=result.get("externalExecutionUrl", ""),
        external=result.get("externalExecutionId", ""),
    )
