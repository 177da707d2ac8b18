"""A push to GitHub, played: a new commit on a branch, and what AWS begins because GitHub's hooks call it."""

import hashlib
import os
import re
from collections.abc import Iterator
from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.codepipeline.models import codepipeline_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from ecsctl.sandbox.aws import codeconnections, ecs
from ecsctl.sandbox.aws.codebuild import builds
from ecsctl.sandbox.aws.codebuild.state import Build
from ecsctl.sandbox.aws.codebuild.state import builds as builds_of
from ecsctl.sandbox.aws.codebuild.time import described
from ecsctl.sandbox.aws.codepipeline.deploy import Deploying
from ecsctl.sandbox.aws.codepipeline.state import Attempt, Execution
from ecsctl.sandbox.aws.codepipeline.time import runs
from ecsctl.sandbox.aws.codepipeline.triggers import Pushed, why_not_started
from ecsctl.sandbox.aws.codepipeline.webhooks import webhooks
from ecsctl.sandbox.core import clock, overlay
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.script import ScriptError, switch
from ecsctl.sandbox.github import checkout, remote

# What may go wrong with a push, and how tasks with its image then go. "build" is none of ECS's business.
FATES: dict[str, tuple[str, dict[str, Any]]] = {
    "build": ("", {}),
    "crash": ("crash", {}),
    "unhealthy": ("unhealthy", {}),
    "oom": ("oom", {}),
    "missing-image": ("missing-image", {}),
    "wrong-arch": ("architecture", {}),
    "health": ("app", {"otherwise": 404}),  # it answers elsewhere than where it is asked
    "release": ("command", {}),  # the app is well, and its release command is not
    "slow-start": ("slow", {"seconds": 75}),  # longer than the load balancer's checks wait
    "secret-unread": ("secret", {"length": 206}),  # ECS's sentence ends before it says why
}
_HOOKSHOT = "GitHub-Hookshot/0000000"  # how CodeBuild names the initiator of a build that a webhook began
_SOURCES = {"GitHub": ("Owner", "Branch"), "CodeStarSourceConnection": ("FullRepositoryId", "BranchName")}

Begun = tuple[Any, Execution | Build]  # the backend, and what began in it


class _Pushes(dict[str, list[Begun]]):
    """Indexed by commit."""


@switch
def push(
    branch: str = "main",
    fail: str = "",
    repository: str = "",
    tag: str = "",
    files: list[str] | None = None,
    uncommitted: bool = False,
) -> dict[str, Any]:
    """Push a commit to a branch of `repository` (of all that AWS knows, unless named), and return what that begins.

    The commit is the local branch's if nothing has built it yet, else a made-up one with the same files. `fail`, one of
    FATES, is how this commit's image is to end. With `tag` it is that tag which is pushed. `files` are those that it
    changes; else git says, and of a made-up commit nobody knows. With `uncommitted` the commit has what is in the
    folder now; without, `left_out` says of how many files that differs. Raises ScriptError for another.
    """
    if fail and fail not in FATES:
        raise ScriptError(f"there is no failure {fail!r}; there are: {', '.join(FATES)}")
    commit = _commit(branch, uncommitted=uncommitted)
    if fail == "build":
        for _, _, backend in list(codebuild_backends.iter_backends()):
            builds_of(backend).failing_commits.add(commit)
    elif fail:
        kind, options = FATES[fail]
        ecs.script_tasks(DEFAULT_ACCOUNT_ID, commit, kind, **options)
    begun, unheard = list[Begun](), list[str]()
    for account, region in _places():
        for name in sorted({repository} if repository else _repositories(account, region)):
            changed = tuple(files) if files else _changed(account, region, name, branch, commit)
            pushed_now = Pushed(branch, tag, changed)
            urls = remote.push(account, region, name, f"refs/tags/{tag}" if tag else branch, commit)
            for found in _called(account, region, name, pushed_now, urls, commit):
                unheard.append(found) if isinstance(found, str) else begun.append(found)
    _pushes()[commit] = begun
    if not begun and not unheard:
        unheard.append("no webhook of GitHub calls AWS for this repository")
    left_out = checkout.current.left_out() if checkout.current and not uncommitted else 0
    return {"commit": commit, "branch": branch, "tag": tag, "began": [_name(one) for one in begun], "unheard": unheard,
            "left_out": left_out}  # fmt: skip


@switch
def pushed(commit: str) -> dict[str, Any]:
    """Returns how far a push came: `steps` so far, whether all is `done`, and the `outcome` (such as Succeeded) if
    it is.

    Raises ScriptError.
    """
    if commit not in _pushes():
        raise ScriptError(f"nobody has pushed commit {commit}")
    steps, states = list[dict[str, str]](), list[str]()
    for backend, one in _pushes()[commit]:
        if isinstance(one, Execution):
            runs(backend, one.pipeline["name"])  # brings it to now
            steps += [_step(attempt) for attempt in one.attempts if not attempt.void]
            back = any(step["note"] == "FAILED" for step in steps)
            states.append("RolledBack" if back and one.status == "Failed" else one.status)
        else:
            build = described(one, clock.now())
            steps.append({"name": "Build", "status": build["buildStatus"], "note": build["currentPhase"]})
            states.append({"SUCCEEDED": "Succeeded", "IN_PROGRESS": "InProgress"}.get(build["buildStatus"], "Failed"))
    done = not {"InProgress", "Stopping"} & set(states)
    worst = next((state for state in states if state != "Succeeded"), "Succeeded")
    return {"steps": steps, "done": done, "outcome": worst if done else "InProgress"}


def _step(attempt: Attempt) -> dict[str, str]:
    note = attempt.outcome.message if attempt.outcome is not None else ""
    if isinstance(attempt.work, Deploying):
        note = attempt.work.state()
    return {"name": attempt.declared["name"], "status": attempt.status, "note": note}


def _pushes() -> _Pushes:
    return overlay.memory(codebuild_backends[DEFAULT_ACCOUNT_ID][REGION], _Pushes)


def _places() -> set[tuple[str, str]]:
    backends = [*codebuild_backends.iter_backends(), *codepipeline_backends.iter_backends()]
    return {(account, region) for account, region, _ in backends}


def _commit(branch: str, *, uncommitted: bool) -> str:
    built = set()
    for _, _, backend in list(codebuild_backends.iter_backends()):
        built |= {one.facts.get("resolvedSourceVersion") for one in builds_of(backend).all.values()}
    if checkout.current is not None:
        return checkout.current.another(branch, built, uncommitted=uncommitted)
    return hashlib.sha1(os.urandom(20), usedforsecurity=False).hexdigest()


def _changed(account: str, region: str, repository: str, branch: str, commit: str) -> tuple[str, ...] | None:
    """Returns what a commit changes of what the branch was before, by git; None where it does not say."""
    if checkout.current is None:
        return None
    return checkout.current.changed(remote.commit(account, region, repository, branch), commit)


def _repositories(account: str, region: str) -> set[str]:
    pipelines = codepipeline_backends[account][region].pipelines.values()
    sources = {_source(one.pipeline)[0] for one in pipelines}
    return remote.repositories(account, region) | sources


def _source(pipeline: dict[str, Any], action: str = "") -> tuple[str, str, dict[str, str]]:
    """Repository, branch and settings of a pipeline's (first) source action."""
    actions = pipeline["stages"][0]["actions"]
    chosen = next((one for one in actions if one["name"] == action), actions[0])
    settings: dict[str, str] = chosen.get("configuration") or {}
    repository, branch = _SOURCES.get(chosen["actionTypeId"]["provider"], ("", ""))
    name = f"{settings['Owner']}/{settings['Repo']}" if repository == "Owner" else settings.get(repository, "")
    return name, settings.get(branch, ""), settings


def _called(
    account: str, region: str, repository: str, pushed: Pushed, urls: list[str], commit: str
) -> Iterator[Begun | str]:
    """Returns what begins, or why nothing does."""
    backend, ref, branch = codepipeline_backends[account][region], pushed.ref, pushed.branch
    for hook in webhooks(backend).values():
        held = backend.pipelines.get(hook.definition["targetPipeline"])
        if held is None or _source(held.pipeline)[0] != repository:
            continue
        name, settings = hook.definition["name"], _source(held.pipeline, hook.definition["targetAction"])[2]
        if hook.url not in urls:
            yield f"webhook {name} is not registered with GitHub"
        elif not all(_fits(one, ref, settings) for one in hook.definition["filters"]):
            yield f"webhook {name} of pipeline {held.pipeline['name']} does not listen to {pushed.title}"
        else:
            yield backend, runs(backend, held.pipeline["name"]).start(held.pipeline, "Webhook", hook.arn)
    for held in list(backend.pipelines.values()):
        name, _, settings = _source(held.pipeline)
        action = held.pipeline["stages"][0]["actions"][0]["name"]
        arn = settings.get("ConnectionArn")
        if arn is None or name != repository:
            continue
        connection = codeconnections.connection(account, arn)
        if connection is None or connection.status != "AVAILABLE":
            yield f"connection {arn} is not available"
        elif why := why_not_started(held.pipeline, action, pushed):
            yield why
        else:  # a trigger fetches the exact commit (CodePipeline guide, "Automate starting pipelines using triggers")
            chosen = {action: commit}
            yield backend, runs(backend, held.pipeline["name"]).start(held.pipeline, "Webhook", arn, revisions=chosen)
    builders = codebuild_backends[account][region]
    for project in [one.project_metadata for one in builders.codebuild_projects.values()]:
        if project.get("webhook", {}).get("payloadUrl") not in urls:
            continue
        if _matches_webhook(project["webhook"], ref, branch):
            version = remote.commit(account, region, repository, branch)
            try:
                build = builds.start(builders, project, {"sourceVersion": version}, _HOOKSHOT, clock.now())
            except overlay.Refusal as refusal:  # GitHub gets the error, and nobody else
                yield f"project {project['name']} did not start a build: {refusal.code}: {refusal.message}"
            else:
                yield builders, build
        else:
            yield f"the webhook of project {project['name']} does not listen to {pushed.title}"


def _fits(condition: dict[str, str], ref: str, settings: dict[str, str]) -> bool:
    """API reference, WebhookFilterRule: `{Branch}` stands for the action's setting. Only the ref is known here."""
    wanted = re.sub(r"\{(\w+)\}", lambda found: settings.get(found[1], found[0]), condition.get("matchEquals", ""))
    return condition["jsonPath"] == "$.ref" and wanted in ("", ref)


def _matches_webhook(webhook: dict[str, Any], ref: str, branch: str) -> bool:
    """API reference, WebhookFilter: one group is enough, and in it each filter counts. Others than these never fit."""
    if webhook.get("branchFilter"):
        return re.search(webhook["branchFilter"], branch) is not None
    groups = webhook.get("filterGroups") or [[{"type": "EVENT", "pattern": "PUSH"}]]
    return any(all(_matches_filter(one, ref) for one in group) for group in groups)


def _matches_filter(condition: dict[str, Any], ref: str) -> bool:
    if condition["type"] == "EVENT":
        return "PUSH" in [event.strip() for event in condition["pattern"].split(",")]
    matched = condition["type"] == "HEAD_REF" and re.search(condition["pattern"], ref) is not None
    return bool(matched != condition.get("excludeMatchedPattern", False))


def _name(begun: Begun) -> dict[str, str]:
    one = begun[1]
    if isinstance(one, Execution):
        return {"pipeline": one.pipeline["name"], "execution": one.id}
    return {"project": one.facts["projectName"], "build": one.id}
