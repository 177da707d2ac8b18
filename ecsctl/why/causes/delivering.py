"""Why the pipeline does not deliver: its source, its deploy action, its role, or a missing approval.

Each rule holds for one stage of the pipeline that ecsctl makes (Source, Build, Test, Approve, Deploy), and reads
CodePipeline's error of the failed action there (API reference, GetPipelineState: errorDetails; CodePipeline guide,
"Troubleshooting CodePipeline"). Messages of other actions are no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ecsctl.names import Names
from ecsctl.parts import WEB
from ecsctl.resources.support.deployments import Answer
from ecsctl.resources.support.pipeline_structure import awaits_answer, process_of
from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, by_hand, change, repair, run, up
from ecsctl.why.evidence import Evidence, Facts
from ecsctl.why.words import mentions

SOURCE, BUILD, TEST, APPROVE, DEPLOY = "Source", "Build", "Test", "Approve", "Deploy"
RETRY = "runs what failed again"
NEW_RUN = "ecsctl pipeline run"
WAITS = "complete the connection in AWS's console: Developer Tools, Settings, Connections, Update pending connection"


@dataclass(frozen=True)
class StageRule:
    """A cause that CodePipeline reports in this stage, with one of these phrases."""

    name: str
    stage: str
    phrases: tuple[str, ...]
    sentence: str
    fix: Callable[[Facts], tuple[Fix, ...]]
    certainty: Certainty = Certainty.CERTAIN


STAGE_RULES = (
    StageRule("source-token", SOURCE, ("access token might be invalid", "has been revoked",
        "Could not access the GitHub repository",
                                       "Bad credentials"),
              "the pipeline's GitHub token is revoked or expired",
              lambda _: (Fix((*run("ecsctl creds rotate").steps, *run(NEW_RUN).steps),
              "asks for a new token, and brings it everywhere"),)),
    StageRule("source-token", SOURCE, ("reconnect your pipeline to GitHub", "Unable to connect to the GitHub"),
              "the pipeline's GitHub token does not open the repository: it is revoked, expired, or not for this one",
              lambda _: (Fix((*run("ecsctl creds rotate").steps, *run(NEW_RUN).steps),
              "asks for a token that may read the repository, and brings it everywhere"),),
              Certainty.LIKELY),
    StageRule("connection-denied", SOURCE, ("Unable to use Connection", "codeconnections:UseConnection",
                                            "codestar-connections:UseConnection"),
              "the pipeline's role may not use the connection",
              lambda _: (Fix((*up().steps, *run(NEW_RUN).steps),
              "makes the permissions of the pipeline's role right"),)),
    StageRule("connection-pending", SOURCE, ("is not available",), "the connection to GitHub is not completed",
              lambda _: (by_hand(WAITS, NEW_RUN),)),
    StageRule("branch-missing", SOURCE, ("No Branch", "branch not found", "branch does not exist", '" or branch "'),
              "the branch that the pipeline follows does not exist, or the repository has another name",
              lambda _: (change("github.branch", "to one that exists", "ecsctl up", NEW_RUN),
                         change("github.repository", "to its name at GitHub", "ecsctl up", NEW_RUN)),
              Certainty.LIKELY),
    StageRule("repository-gone", SOURCE, ("repository not found", "repository does not exist", "No repository",
                                          "Unable to find repository"),
              "the pipeline does not find the repository: it is gone, renamed, or not shared with the connection",
              lambda _: (change("github.repository", "to its name at GitHub", "ecsctl up", NEW_RUN),
                         by_hand("at GitHub, let the connection's App reach the repository", NEW_RUN)),
                         Certainty.LIKELY),
    StageRule("definitions-invalid", DEPLOY, ("invalid JSON format", "is not valid JSON", "Container.image"),
              "the file that names the image to deploy for the pipeline is not valid JSON, or names no image",
              lambda facts: (repair(DEFINITIONS, facts),)),
    StageRule("definitions-missing", DEPLOY, ("Did not find the image definition file",
        "Unable to find the image definition", "while trying to read the image"),
              "the build writes no docker_image_definition.json, which names the image to deploy for the pipeline",
              lambda facts: (repair(f"{DEFINITIONS}, and list it under artifacts", facts),)),
    StageRule("artifact-gone", DEPLOY, ("artifact or the Amazon S3 bucket could not be found",),
              "what the build handed over is no longer in the pipeline's bucket, or the bucket is gone",
              lambda _: (Fix((*up().steps, *run(NEW_RUN).steps), "makes the bucket, and a new run fills it"),)),
    StageRule("artifact-size", DEPLOY, ("exceeds the maximum artifact size", "artifact size limit", "max file size"),
              "the build's artifact is too large to deploy",
              lambda facts: (repair("list only docker_image_definition.json under artifacts in buildspec.yml", facts),
              )),
    StageRule("pipeline-denied", SOURCE, ("The provided role does not have", "Upload to S3 failed",
        "have the permissions required to access"),
              "the pipeline's role lacks a permission",
              lambda _: (Fix((*up().steps, *run(NEW_RUN).steps),
              "makes the permissions of the pipeline's role right"),)),
    StageRule("pipeline-denied", BUILD, ("not authorized to perform: codebuild:",),
              "the pipeline's role lacks a permission",
              lambda _: (Fix((*up().steps, *run("ecsctl pipeline retry").steps),
              "makes the permissions of the pipeline's role right"),)),
    StageRule("pipeline-denied", DEPLOY, ("does not have sufficient permissions", "sufficient permission",
        "not authorized to perform",
                                          "PermissionError", "AccessDenied"),
              "the pipeline's role lacks a permission",
              lambda _: (Fix((*up().steps, *run("ecsctl pipeline retry").steps),
              "makes the permissions of the pipeline's role right"),)),
)  # fmt: skip
DEFINITIONS = ("let buildspec.yml write docker_image_definition.json as "
               '[{"name":"$CONTAINER_NAME","imageUri":"$IMAGE"}]')  # fmt: skip


def connection(facts: Facts) -> Cause | None:
    """The connection to GitHub must be completed by hand."""
    status = (facts.connection or {}).get("ConnectionStatus", "AVAILABLE")
    if status == "AVAILABLE":
        return None
    name = (facts.connection or {}).get("ConnectionName", "")
    observed = (Evidence("connection", f"{name} is {status}"),)
    sentence = f"the connection to GitHub is {status.lower()}: a person must complete it"
    return Cause("connection-pending", sentence, observed, (by_hand(WAITS, NEW_RUN),))


def action(facts: Facts) -> Cause | None:
    """The first action that failed."""
    for stage, one, found in _failed(facts):
        rule = next((rule for rule in STAGE_RULES if rule.stage == stage and mentions(one.text, *rule.phrases)), None)
        if rule:
            sentence = f"{rule.sentence}: {one.text}" if rule.name == "pipeline-denied" else rule.sentence
            return Cause(rule.name, sentence, (one,), rule.fix(facts), rule.certainty)
        if cause := _other(stage, one, found, facts):
            return cause
    return None


def approval(facts: Facts) -> Cause | None:
    """The pipeline waits for an approval."""
    waiting = [(stage, one) for stage, one in _actions(facts) if awaits_answer(one)]
    for _, one in waiting[:1]:
        name = str(one["actionName"])
        observed = Evidence(
            f"pipeline, {name}", "waits for an approval", one["latestExecution"].get("lastStatusChange")
        )
        which = f" --action {name}" if len(waiting) > 1 else ""
        return Cause("approval", f"the pipeline waits for someone to approve {name}", (observed,),
                     (run(f"ecsctl pipeline approve{which}"), run(f"ecsctl pipeline approve --reject{which}")),
                     waiting=True)  # fmt: skip
    return None


def halted(facts: Facts) -> Cause | None:
    """The transition into a stage is disabled."""
    for stage in (facts.pipeline or {}).get("stageStates", ()):
        way = stage.get("inboundTransitionState") or {}
        if way.get("enabled") is False:
            why, name = way.get("disabledReason") or "no reason given", stage["stageName"]
            observed = Evidence(f"pipeline, {name}", why, way.get("lastChangedAt"))
            pipeline = Names(facts.app).pipeline
            command = (
                f"aws codepipeline enable-stage-transition --pipeline-name {pipeline} --stage-name {name} "
                f"--transition-type Inbound"
            )
            return Cause(
                "transition-closed",
                f"nothing reaches the stage {name}: it was closed ({why})",
                (observed,),
                (run(command),),
            )
    return None


def _other(stage: str, one: Evidence, found: Answer, facts: Facts) -> Cause | None:
    """The cause by stage alone, if no phrase matches."""
    if stage == SOURCE:
        return Cause("source-failed", f"the pipeline could not get the source: {one.text}", (one,),
                     (run("ecsctl creds status", "whether the token is good"),
                      by_hand("check the repository on GitHub and who has access to it", NEW_RUN)),
                      Certainty.UNKNOWN)  # fmt: skip
    if stage == DEPLOY:
        if hit := re.search(r"container (\S+) does not exist", one.text):
            name = facts.container.get("name", Names(facts.app).container)
            return Cause("container-name",
            f"the build names the container {hit[1]}, and the task definition has {name}", (one,),
                         (repair(DEFINITIONS, facts),))  # fmt: skip
        slow = mentions(
            one.text,
            "timed out",
            "timeout",
            "did not stabilize",
            "failed to stabilize",
            "failed to start",
            "circuit breaker",
        )
        process = process_of(str(found["actionName"]))
        what = "" if process == WEB else process
        sentence = (
            f"the pipeline's deployment{what and f' of {what}'} did not come to run in time"
            if slow
            else f"the pipeline could not deploy{what and f' {what}'}: {one.text}"
        )
        fix: tuple[Fix, ...] = (
            run("ecsctl status", "whether the service has settled"),
            run("ecsctl pipeline retry", RETRY),
        )
        return Cause(
            "deploy-timeout" if slow else "deploy-failed",
            sentence,
            (one,),
            fix,
            Certainty.UNKNOWN,
            effect=True,
            process=process,
        )
    if stage == APPROVE or mentions(one.text, "rejected", "approval"):
        fix = (
            run("ecsctl pipeline retry", "asks for the approval again"),
            repair("change what was not approved", facts),
        )
        return Cause("approval-refused", f"somebody refused: {one.text}", (one,), fix)
    name = str(found["actionName"])
    fix = (
        run(f"ecsctl pipeline logs {name}", "what it said"),
        run("ecsctl pipeline retry", RETRY),
        repair("fix what it says", facts),
    )
    return Cause(
        "action-failed",
        f"the pipeline's action {name} failed: {one.text}",
        (one,),
        fix,
        Certainty.UNKNOWN,
        effect=True,
    )


def _actions(facts: Facts) -> Iterator[tuple[str, Answer]]:
    for stage in (facts.pipeline or {}).get("stageStates", ()):
        for one in stage.get("actionStates", ()):
            yield str(stage.get("stageName", "")), one


def _failed(facts: Facts) -> Iterator[tuple[str, Evidence, Answer]]:
    for stage, one in _actions(facts):
        latest = one.get("latestExecution", {})
        if latest.get("status") == "Failed":
            details = latest.get("errorDetails") or {}
            text = details.get("message") or latest.get("summary") or "no reason given"
            code = f"{details['code']}: " if details.get("code") else ""
            yield stage, Evidence(f"pipeline, {one['actionName']}", code + text, latest.get("lastStatusChange")), one


CHECKS: tuple[Check, ...] = (connection, action, halted, approval)
