"""What each type of action does: a source fetches its commit, a build builds, an approval waits for someone."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random

from ecsctl.sandbox.aws import codeconnections
from ecsctl.sandbox.aws.codebuild import builds, pushes
from ecsctl.sandbox.aws.codebuild.state import Build
from ecsctl.sandbox.aws.codebuild.time import ended as ended_at
from ecsctl.sandbox.aws.codepipeline.checks import MASK
from ecsctl.sandbox.aws.codepipeline.state import Attempt, Execution, Outcome, Work
from ecsctl.sandbox.aws.codepipeline.time import BEGIN, SCRIPTED_FAILURES, Begin, Runs
from ecsctl.sandbox.builds import artifacts
from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.core.script import switch
from ecsctl.sandbox.github import checkout, remote

# Seconds. AWS promises none of these but the last (CodePipeline guide, "Quotas": an approval times out after 7 days).
SOURCE = 5.0
APPROVAL = 7 * 24 * 3600.0


@dataclass
class Timed:
    """An action that ends by itself, and whose outcome is known from the beginning."""

    outcome: Outcome

    def ended(self, now: float) -> Outcome | None:
        """Returns how it ended, once it has."""
        return self.outcome if self.outcome.at <= now else None

    def stop(self, now: float) -> None:
        """Do nothing: the action ends by itself."""


def failed(at: float, message: str, code: str = "ConfigurationError") -> Timed:
    """An action that fails at once."""
    return Timed(Outcome(at, "Failed", message, code, message))


@switch
def fail_next_action(action: str, message: str, code: str = "ConfigurationError") -> None:
    """Let the next attempt of an action with this name, in any pipeline, fail at once with this message."""
    SCRIPTED_FAILURES[DEFAULT_ACCOUNT_ID, action] = lambda at: Outcome(at, "Failed", message, code, message)


def begins(category: str, owner: str, provider: str) -> Callable[[Begin], Begin]:
    """Register a function that begins actions of this type."""

    def declare(function: Begin) -> Begin:
        BEGIN[category, owner, provider] = function
        return function

    return declare


def settings_of(attempt: Attempt) -> dict[str, str]:
    """The action's configuration as declared."""
    configuration: dict[str, str] = attempt.declared.get("configuration") or {}
    return configuration


def _sourced(runs: Runs, execution: Execution, attempt: Attempt, repository: str, branch: str) -> Work:
    account, region = runs.backend.account_id, runs.backend.region_name
    chosen = execution.revisions.get(attempt.declared["name"])
    commit = chosen or remote.commit(account, region, repository, branch)
    url = f"https://github.com/{repository}/commit/{commit}"
    attempt.revision = {"id": commit, "url": url, "summary": f"Commit {commit[:7]} of {branch}"}
    attempt.external_id, attempt.external_url = commit, url
    attempt.variables = {"CommitId": commit, "BranchName": branch, "CommitMessage": attempt.revision["summary"]}
    outcome = Outcome(attempt.began + SOURCE, "Succeeded", attempt.revision["summary"])
    store = execution.pipeline.get("artifactStore") or execution.pipeline["artifactStores"][region]
    key = store.get("encryptionKey", {}).get("id", "")
    return _Fetching(outcome, account, execution.pipeline["roleArn"], commit, list(attempt.outputs.values()), key)


@dataclass
class _Fetching(Timed):
    """A source action: when it ends, it has put the commit's files into the artifact bucket, if the role may do so."""

    account: str
    role: str
    commit: str
    outputs: list[str]
    key: str

    def ended(self, now: float) -> Outcome | None:
        """The error is as users report it (aws/aws-cdk#13733); that it is the same for tokens is an assumption."""
        if super().ended(now) is None:
            return None
        while self.outputs:
            try:
                artifacts.put(self.account, self.role, self.outputs.pop(), _zip_of(self.commit), self.key)
            except Refusal as refusal:
                message = f"Upload to S3 failed with the following error: {refusal.message}"
                code = "PermissionError" if refusal.code == "AccessDenied" else "ConfigurationError"
                self.outcome = Outcome(self.outcome.at, "Failed", message, code, message)
        return self.outcome


def _zip_of(commit: str) -> bytes:
    """A zip of the commit's files; in process, where there is no repository, of a file that names the commit."""
    found = checkout.current.zipped(commit) if checkout.current is not None else None
    return found or artifacts.packed({"COMMIT": commit.encode()})


@begins("Source", "ThirdParty", "GitHub")
def github_source(runs: Runs, execution: Execution, attempt: Attempt) -> Work:
    """Fetch the branch's commit with the token, which fails if it is masked or revoked."""
    settings = settings_of(attempt)
    works = remote.is_token_valid(runs.backend.account_id, runs.backend.region_name)
    if settings["OAuthToken"] == MASK or not works:
        message = f'Could not access the GitHub repository: "{settings["Repo"]}". The access token might be invalid.'
        return failed(attempt.began, message)
    return _sourced(runs, execution, attempt, f"{settings['Owner']}/{settings['Repo']}", settings["Branch"])


@begins("Source", "AWS", "CodeStarSourceConnection")
def connection_source(runs: Runs, execution: Execution, attempt: Attempt) -> Work:
    """Fetch the branch's commit through a connection, which must be completed and usable by the pipeline's role."""
    settings, account = settings_of(attempt), runs.backend.account_id
    arn = settings["ConnectionArn"]
    found = codeconnections.connection(account, arn)
    if found is None or found.status != "AVAILABLE":
        return failed(attempt.began, f"Connection {arn} is not available")
    use = f"{arn.split(':')[2]}:UseConnection"
    key = f"{arn.split(':')[2]}:FullRepositoryId"
    about = {key: (settings["FullRepositoryId"],)}
    if not permissions.is_allowed(account, execution.pipeline["roleArn"], use, arn, about):
        message = f"Unable to use Connection: {arn}. The provided role does not have sufficient permissions."
        return failed(attempt.began, message, "PermissionError")
    return _sourced(runs, execution, attempt, settings["FullRepositoryId"], settings["BranchName"])


@dataclass
class _Building:
    """A build by CodeBuild, which goes on if the action is abandoned (CodePipeline guide, "Stop a pipeline")."""

    backend: Any
    build: Build

    def ended(self, now: float) -> Outcome | None:
        """Returns how the build ended, once it has. Its artifact is uploaded before the next action begins."""
        pushes.push_once(self.backend, self.build)
        ended = ended_at(self.build, now)
        if ended is None:
            return None
        at, status = ended
        if status == "SUCCEEDED":
            return Outcome(at, "Succeeded")
        message = f"Build terminated with state: {status}"
        return Outcome(at, "Failed", message, "JobFailed", message)

    def stop(self, now: float) -> None:
        """Do nothing: the build continues."""


@begins("Build", "AWS", "CodeBuild")
@begins("Test", "AWS", "CodeBuild")
def codebuild_action(runs: Runs, execution: Execution, attempt: Attempt) -> Work:
    """Start a build of the project, with the pipeline's source and artifacts."""
    settings, account, region = settings_of(attempt), runs.backend.account_id, runs.backend.region_name
    backend, name = codebuild_backends[account][region], settings["ProjectName"]
    arn = f"arn:{runs.backend.partition}:codebuild:{region}:{account}:project/{name}"
    if not permissions.is_allowed(account, execution.pipeline["roleArn"], "codebuild:StartBuild", arn):
        return failed(
            attempt.began, f"Error calling startBuild: not authorized to perform: codebuild:StartBuild on {arn}"
        )
    if name not in backend.codebuild_projects:
        return failed(attempt.began, f"Error calling startBuild: Project cannot be found: {arn}")
    params: dict[str, Any] = {
        "sourceTypeOverride": "CODEPIPELINE",
        "artifactsOverride": {"type": "CODEPIPELINE"},
        "environmentVariablesOverride": json.loads(resolved(execution, settings.get("EnvironmentVariables", "[]"))),
    }
    project = backend.codebuild_projects[name].project_metadata
    known: dict[str, Any] = {"sourceVersion": execution.input_of(attempt)}
    if commit := _commit(execution, attempt):
        known["resolvedSourceVersion"] = commit
    if attempt.outputs:
        known["artifacts"] = {"location": next(iter(attempt.outputs.values()))}
    try:
        build = builds.start(backend, project, params, f"codepipeline/{runs.name}", attempt.began, **known)
    except Refusal as refusal:
        message = f"Error calling startBuild: {refusal.message} (Service: AWSCodeBuild; Status Code: 400; Error Code: "
        return failed(attempt.began, f"{message}{refusal.code}; Request ID: {mock_random.uuid4()}; Proxy: null)")
    attempt.external_id = build.id
    attempt.external_url = f"https://console.aws.amazon.com/codebuild/home?region={region}#/builds/{build.id}/view/new"
    return _Building(backend, build)


class Approving:
    """An action that waits until someone approves or rejects, for seven days at most."""

    def __init__(self, began: float) -> None:
        self.answer: Outcome | None = None
        self._expires = began + APPROVAL

    def ended(self, now: float) -> Outcome | None:
        """Returns how it ended: by someone's answer, or by the timeout."""
        if self.answer is None and now >= self._expires:
            message = "Approval was not given in time"
            return Outcome(self._expires, "Failed", message, "JobFailed", message)
        return self.answer

    def stop(self, now: float) -> None:
        """Do nothing: there is nothing to stop."""


@begins("Approval", "AWS", "Manual")
def approval(_runs: Runs, _execution: Execution, attempt: Attempt) -> Work:
    """Wait for an answer, which must carry the attempt's token."""
    attempt.token = str(mock_random.uuid4())
    return Approving(attempt.began)


def resolved(execution: Execution, text: str) -> str:
    """`text` with `#{namespace.Variable}` replaced (CodePipeline guide, "Working with variables")."""
    known = {f"variables.{name}": value for name, value in execution.variables.items()}
    known["codepipeline.PipelineExecutionId"] = execution.id
    for attempt in execution.attempts:
        namespace = attempt.declared.get("namespace")
        known |= {f"{namespace}.{name}": value for name, value in attempt.variables.items() if namespace}
    return re.sub(r"#\{([\w@.-]+)\}", lambda found: known.get(found[1], found[0]), text)


def _commit(execution: Execution, attempt: Attempt) -> str | None:
    """The commit of the source whose artifact is the action's first input."""
    wanted = (attempt.declared.get("inputArtifacts") or [{}])[0].get("name")
    for one in execution.attempts:
        if one.revision and wanted in [artifact["name"] for artifact in one.declared.get("outputArtifacts") or []]:
            return one.revision["id"]
    return None
