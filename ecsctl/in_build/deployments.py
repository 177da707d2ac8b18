"""Notify GitHub how a run of the pipeline stands: a status of its commit, and a deployment of the app's environment.

It runs in CodeBuild at each change of a run, on whichever Python its image has, with the AWS CLI beside it. It says how
the run stands now, whatever the event was: one that comes late, or twice, changes nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

EVERY, PATIENCE = 5.0, 90.0  # seconds: between two reads, and for the commit that the run's source has yet to fetch
TRIES = 4  # GitHub answers 500 and 429 for a moment
API = "https://api.github.com"
# By the run's state: of the commit, and of the deployment (GitHub REST API, "Commit statuses", "Deployment statuses").
STATES = {
    "InProgress": ("pending", "in_progress", "is being released"),
    "Succeeded": ("success", "success", "is released"),
    "Failed": ("failure", "failure", "could not be released: ecsctl why"),
    "Superseded": ("error", "inactive", "was overtaken by a later commit"),
    "Stopped": ("error", "error", "was stopped by a person"),
    "Cancelled": ("error", "error", "was cancelled: the pipeline has changed"),
}


def aws(*words: str) -> Any:
    """Run the AWS CLI and return its answer. Where it fails it has said why, and so ends the build."""
    done = subprocess.run(["aws", *words, "--output", "json"], stdout=subprocess.PIPE, check=False, text=True)  # noqa: S603, S607 - the image's own, and no shell
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout or "{}")


def github(method: str, path: str, said: Any = None) -> Any:
    """Call GitHub and return its answer. The token is in a header alone: no argument, no address, no line of the log
    has it.
    """
    body = None if said is None else json.dumps(said).encode()
    headers = {
        "Authorization": f"Bearer {os.environ['GITHUB_AUTH_TOKEN']}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "ecsctl",
    }
    for left in reversed(range(TRIES)):
        request = urllib.request.Request(f"{API}{path}", body, headers, method=method)  # noqa: S310 - an https address
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if left and (error.code >= 500 or error.code == 429):
                time.sleep(EVERY)
                continue
            say(f"GitHub answers {error.code} to {method} {path}")
            if error.code in (401, 403, 404):
                say("the token needs: Commit statuses and Deployments, read and write (a classic one: repo)")
        except OSError as error:
            if left:
                time.sleep(EVERY)
                continue
            say(f"GitHub cannot be reached: {error}")
        sys.exit(1)
    return None


def say(*words: object) -> None:
    """A line of the build's log."""
    print(*words, flush=True)  # noqa: T201 - it is all that it has


def execution() -> tuple[str, str]:
    """The run's state, and its commit; empty where its source has never come to one."""
    pipeline, run = os.environ["PIPELINE"], os.environ["PIPELINE_RUN"]
    ends = time.monotonic() + PATIENCE
    while True:
        execution = aws(
            "codepipeline", "get-pipeline-execution", "--pipeline-name", pipeline, "--pipeline-execution-id", run
        )
        found = execution["pipelineExecution"]
        commit = next((one["revisionId"] for one in found.get("artifactRevisions", ()) if one.get("revisionId")), "")
        if commit or found["status"] != "InProgress" or time.monotonic() >= ends:
            return found["status"], commit
        time.sleep(EVERY)


def main() -> int:
    """Returns the exit code: 0 once GitHub knows."""
    state, commit = execution()
    if state not in STATES or not commit:
        say("nothing to report: the run is", state, "of", commit or "no commit")
        return 0
    repository, environment = (os.environ[name] for name in ("REPOSITORY", "ENVIRONMENT"))
    url, log, run = os.environ["ENVIRONMENT_URL"], os.environ["RUN_URL"], os.environ["PIPELINE_RUN"]
    of_commit, of_deployment, words = STATES[state]
    log = log.replace("RUN_ID", run)
    base, description = f"/repos/{repository}", f"{environment} {words}"[:140]
    status = {"state": of_commit, "context": f"ecsctl/{environment}", "description": description, "target_url": log}
    known = github("GET", f"{base}/commits/{commit}/status?per_page=100")["statuses"]
    if not any(all(one.get(name) == value for name, value in status.items()) for one in known):
        github("POST", f"{base}/statuses/{commit}", status)
        say(commit, "is", of_commit)
    made = github("GET", f"{base}/deployments?sha={commit}&environment={environment}&task=deploy&per_page=100")
    mine = next((one["id"] for one in made if _payload(one).get("run") == run), None)
    if mine is None:
        # What else there is to the commit is no condition: it is being released (GitHub REST API, "Deployments").
        wanted = {
            "ref": commit,
            "task": "deploy",
            "auto_merge": False,
            "required_contexts": [],
            "payload": {"run": run},
        }
        wanted |= {"environment": environment, "description": description}
        mine = github("POST", f"{base}/deployments", wanted)["id"]
    past = github("GET", f"{base}/deployments/{mine}/statuses?per_page=1")
    if past and past[0]["state"] == of_deployment:
        return 0
    new_status = {
        "state": of_deployment,
        "description": description,
        "log_url": log,
        "environment_url": url,
        "auto_inactive": True,
    }
    github("POST", f"{base}/deployments/{mine}/statuses", new_status)
    say("the deployment of", commit, "is", of_deployment)
    return 0


def _payload(deployment: Any) -> dict[str, Any]:
    payload = deployment.get("payload") or {}
    found = json.loads(payload) if isinstance(payload, str) else payload
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
