"""Why the pipeline does not deliver: its source, its deploy action, its role, or an approval that is missing.

CodePipeline guide, "Troubleshooting CodePipeline"; API reference, GetPipelineState: errorDetails.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecsctl.engine.errors import TOKEN_HINT, TOKEN_REFUSED
from ecsctl.operations.why.causes.cause import Cause, Certainty, Judge
from ecsctl.operations.why.evidence import Evidence, Facts, Told, first


def connection(facts: Facts) -> Cause | None:
    """Somebody must complete a connection by hand."""
    status = (facts.connection or {}).get("ConnectionStatus", "AVAILABLE")
    if status == "AVAILABLE":
        return None
    name = (facts.connection or {}).get("ConnectionName", "")
    seen = (Evidence("connection", f"{name} is {status}"),)
    mend = (
        "complete it in the console: Developer Tools, Settings, Connections, Update pending connection; then: "
        "ecsctl up",
    )
    return Cause(
        "connection-pending", f"the connection to GitHub is {status.lower()}: a person must complete it", seen, mend
    )


def source(facts: Facts) -> Cause | None:
    """The Source action's failure."""
    for one, action in _failed(facts):
        told = [one]
        category = _where(action)
        if hit := first(told, rf"{TOKEN_REFUSED.pattern}|reconnect"):
            return Cause("source-token", "the pipeline's GitHub token is revoked or expired", (hit[1],),
                         (f"{TOKEN_HINT}; then: ecsctl pipeline run",))  # fmt: skip
        if hit := first(told, r"Unable to use Connection|UseConnection"):
            return Cause(
                "connection-denied", "the pipeline's role may not use the connection", (hit[1],), ("ecsctl up",)
            )
        if hit := first(told, r"Connection .* is not available"):
            return Cause("connection-pending", "the connection to GitHub is not completed", (hit[1],),
                         ("complete it in the console: Developer Tools, Settings, Connections",))  # fmt: skip
        if hit := first(told, r"No Branch \[?\S+\]? found|branch .*(?:not found|does not exist)|No branch"):
            return Cause("branch-missing", "the branch that the pipeline follows is not there", (hit[1],),
                         ("set github.branch in ecsctl.toml, then: ecsctl up",))  # fmt: skip
        if hit := first(told, r"repository .*(?:not found|does not exist)|No repository|FullRepositoryId"):
            return Cause("repository-gone", "the pipeline does not find the repository: it is gone, renamed, or not "
                         "shared with the connection", (hit[1],), ("set github.repository in ecsctl.toml, then: "
                             "ecsctl up",))  # fmt: skip
        if category == "Source":
            return Cause("source-failed", f"the pipeline could not get the source: {one.text}", (one,),
                         ("look at the repository and its access, then: ecsctl up",), Certainty.LIKELY)  # fmt: skip
    return None


def deploy(facts: Facts) -> Cause | None:
    """The Deploy action's failure."""
    for one, action in _failed(facts):
        told = [one]
        if hit := first(told, r"container (\S+) does not exist"):
            name = facts.container.get("name", facts.app)
            return Cause("container-name", f"the build names the container {hit[0][1]}, and the task definition "
                f"has {name}",
                         (hit[1],), ("name it so in buildspec.yml's imagedefinitions.json, then push",))  # fmt: skip
        if hit := first(
            told,
            r"Did not find the image definition file|definition file .*(?:not found|missing)|Unable to "
            r"find.*imagedefinitions",
        ):
            return Cause("definitions-missing", "the build leaves no imagedefinitions.json to deploy", (hit[1],),
                         ("list it under artifacts in buildspec.yml, then push",))  # fmt: skip
        if hit := first(told, r"exceeds .*artifact size|max file size"):
            return Cause("artifact-size", "the build's artifact is too large to deploy", (hit[1],),
                         ("list only imagedefinitions.json under artifacts in buildspec.yml, then push",))  # fmt: skip
        role = r"role .*(?:sufficient|enough) permission|not authorized|PermissionError|AccessDenied"
        if hit := first(told, role):
            return Cause("pipeline-denied", f"the pipeline's role lacks a permission: {one.text}", (hit[1],),
                         ("ecsctl up   (gives the role its permissions again)",))  # fmt: skip
        if _where(action) == "Deploy":
            slow = first(told, r"timed? ?out|did not (?:stabilize|reach)|failed to (?:stabilize|start)|circuit breaker")
            told_as = (
                "the pipeline's deployment did not come to run in time"
                if slow
                else f"the pipeline could not deploy: {one.text}"
            )
            return Cause("deploy-timeout" if slow else "deploy-failed", told_as, (one,), ("ecsctl why, once the "
                "service has settled; "
                         "then push again",), Certainty.LIKELY, effect=True)  # fmt: skip
    return None


def action_failed(facts: Facts) -> Cause | None:
    """Any other action that failed: a test, a build whose own facts are not there."""
    for one, action in _failed(facts):
        if _where(action) not in ("Source", "Deploy"):
            if "rejected" in one.text.lower() or "APPROVAL" in one.text.upper():
                return Cause("approval-refused", f"somebody refused: {one.text}", (one,), ("mend it, then push",))
            return Cause("action-failed", f"the pipeline's action {action['actionName']} failed: {one.text}", (one,),
                         ("look at it in the console, mend it, then push",), Certainty.LIKELY, effect=True)  # fmt: skip
    return None


def approval(facts: Facts) -> Cause | None:
    """Somebody is waited for."""
    for action in _actions(facts):
        latest = action.get("latestExecution", {})
        if latest.get("status") == "InProgress" and latest.get("token"):
            seen = Evidence(
                f"pipeline, {action['actionName']}", "waits for an approval", latest.get("lastStatusChange")
            )
            return Cause("approval", f"the pipeline waits for somebody to approve {action['actionName']}", (seen,),
                         ("approve or reject it in the CodePipeline console",), calm=True)  # fmt: skip
    return None


def halted(facts: Facts) -> Cause | None:
    """Somebody closed the way into a stage."""
    for stage in (facts.pipeline or {}).get("stageStates", ()):
        way = stage.get("inboundTransitionState") or {}
        if way.get("enabled") is False:
            why = way.get("disabledReason") or "no reason given"
            seen = Evidence(f"pipeline, {stage['stageName']}", why, way.get("lastChangedAt"))
            name = stage["stageName"]
            mend = (f"aws codepipeline enable-stage-transition --pipeline-name {facts.app} --stage-name {name} "
                    "--transition-type Inbound")  # fmt: skip
            return Cause(
                "transition-closed",
                f"nothing reaches the stage {stage['stageName']}: it was closed ({why})",
                (seen,),
                (mend,),
            )
    return None


def _actions(facts: Facts) -> Iterator[Told]:
    for stage in (facts.pipeline or {}).get("stageStates", ()):
        yield from stage.get("actionStates", ())


def _failed(facts: Facts) -> Iterator[tuple[Evidence, Told]]:
    for action in _actions(facts):
        latest = action.get("latestExecution", {})
        if latest.get("status") == "Failed":
            details = latest.get("errorDetails") or {}
            text = details.get("message") or latest.get("summary") or "no reason given"
            code = f"{details['code']}: " if details.get("code") else ""
            yield Evidence(f"pipeline, {action['actionName']}", code + text, latest.get("lastStatusChange")), action


def _where(action: Told) -> str:
    """The stage of an action of ours: each is called as what it does."""
    name = str(action.get("actionName", ""))
    return next((one for one in ("Source", "Deploy", "Build") if one.lower() in name.lower()), name)


JUDGES: tuple[Judge, ...] = (connection, source, deploy, action_failed, halted, approval)
