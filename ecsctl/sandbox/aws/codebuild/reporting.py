"""The build that reports a pipeline execution to GitHub: recognized by its variables, simulated call by call."""

from dataclasses import dataclass
from typing import Any

from moto.codepipeline.models import codepipeline_backends
from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox.aws.codebuild.releasing import DENIED, EndsError, Releasing, variables
from ecsctl.sandbox.aws.codebuild.state import Build
from ecsctl.sandbox.aws.secretsmanager import secret_value
from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.github import api

_TAKES = 5.0  # seconds for all its calls
_STATES = {
    "InProgress": ("pending", "in_progress"),
    "Succeeded": ("success", "success"),
    "Failed": ("failure", "failure"),
    "Superseded": ("error", "inactive"),
    "Stopped": ("error", "error"),
    "Cancelled": ("error", "error"),
}


def is_reporting(build: Build) -> bool:
    """Whether a build reports to GitHub."""
    return "PIPELINE_RUN" in variables(build) and "\n" in str(build.facts["source"].get("buildspec", ""))


# Returns the status and commit of an execution, by backend, pipeline and id. `executions` registers its function here.
status_of: list[Any] = []


@dataclass
class Reporting(Releasing):
    """Starts and ends like the build with a release command, but calls AWS once and GitHub a few times."""

    def advance(self, build: Build, now: float) -> None:
        """Advance to `now`: all calls happen at once, at the end of the build's time."""
        commands = build.commands
        if commands is None or commands.done or build.stopped is not None:
            return
        ends = commands.steps[-1].began + _TAKES
        if now < ends:
            return
        commands.done = True  # set first, since the calls below read builds too
        code = 0
        try:
            self._report(build, variables(build), ends)
        except EndsError as error:
            self._say(build, ends, str(error))
            code = error.code
        except api.ApiError as error:
            self._say(build, ends, f"GitHub answers {error.code}")
            code = 1
        self._end(build, ends, code)

    def _report(self, build: Build, given: dict[str, str], at: float) -> None:
        arn = f"arn:{self.partition}:codepipeline:{self.region}:{self.account}:{given['PIPELINE']}"
        self._may(build, "codepipeline:GetPipelineExecution", arn)
        backend = codepipeline_backends[self.account][self.region]
        try:
            state, commit = status_of[0](backend, given["PIPELINE"], given["PIPELINE_RUN"])
        except overlay.Refusal as refusal:  # it has been deleted meanwhile
            raise EndsError(f"An error occurred ({refusal.code}): {refusal.message}", DENIED) from None
        if state not in _STATES or not commit:
            self._say(build, at, f"nothing to report: the run is {state} of {commit or 'no commit'}")
            return
        of_commit, of_deployment = _STATES[state]
        base, app, run = f"/repos/{given['REPOSITORY']}", given["ENVIRONMENT"], given["PIPELINE_RUN"]
        log = given["RUN_URL"].replace("RUN_ID", run)
        context = f"ecsctl/{app}"
        known = self._github(build, "GET", f"{base}/commits/{commit}/status")["statuses"]
        if (context, of_commit, log) not in [(one["context"], one["state"], one.get("target_url")) for one in known]:
            self._github(build, "POST", f"{base}/statuses/{commit}",
                         {"state": of_commit, "context": context, "target_url": log})  # fmt: skip
        made = self._github(build, "GET", f"{base}/deployments?sha={commit}&environment={app}&task=deploy")
        mine = next((one["id"] for one in made if one["payload"].get("run") == run), None)
        if mine is None:
            wanted = {"ref": commit, "environment": app, "required_contexts": [], "payload": {"run": run}}
            mine = self._github(build, "POST", f"{base}/deployments", wanted)["id"]
        past = self._github(build, "GET", f"{base}/deployments/{mine}/statuses")
        if not past or past[0]["state"] != of_deployment:
            status = {"state": of_deployment, "log_url": log, "environment_url": given["ENVIRONMENT_URL"]}
            self._github(build, "POST", f"{base}/deployments/{mine}/statuses", status)
        self._say(build, at, f"the deployment of {commit} is {of_deployment}")

    def _github(self, build: Build, method: str, path: str, body: Any = None) -> Any:
        return api.call(self.account, self.region, self._token(build), method, path, body)

    def _token(self, build: Build) -> str:
        """The secret in the build's environment, which its role could read when the build started."""
        given = build.facts["environment"]["environmentVariables"]
        reference = next(one["value"] for one in given if one["name"] == "GITHUB_AUTH_TOKEN")
        where = ":".join(reference.split(":")[:7])
        try:
            return str(secret_value(secretsmanager_backends[self.account][self.region], where, "", "") or "")
        except overlay.Refusal:
            return ""
