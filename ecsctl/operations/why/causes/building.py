"""Why the newest build failed, phase by phase.

CodeBuild guide, "View detailed build information" (phases and their contexts) and "Troubleshooting AWS CodeBuild".
"""

from __future__ import annotations

from ecsctl.operations.why.causes.cause import Cause, Certainty, Judge
from ecsctl.operations.why.evidence import Evidence, Facts, first, moment

AGAIN = "then push, or: ecsctl up"


def build(facts: Facts) -> Cause | None:
    """The newest build's failure."""
    found = facts.build
    if not found or found.get("buildStatus") in ("SUCCEEDED", "IN_PROGRESS"):
        return None
    status = found["buildStatus"]
    told, phase = _contexts(facts)
    log = [Evidence("build log", one["message"].rstrip(), moment(one.get("timestamp"))) for one in facts.build_log]
    everything, tail = [*told, *log], tuple(log[-6:])
    if status == "STOPPED":
        return Cause("build-stopped", "the newest build was stopped", tuple(told), ("push again, or: ecsctl up",))
    if status == "TIMED_OUT":
        return Cause("build-timeout", f"the build took too long: it was ended in {phase}", (*told, *tail),
                     ("make the image smaller to build, or set a larger build.timeout_minutes, " + AGAIN,))  # fmt: skip
    if status == "FAULT":
        return Cause("build-fault", "AWS itself failed to build", tuple(told), ("push again, or: ecsctl up",))
    for name, sentence, pattern, mend in KNOWN:
        if hit := first(everything, pattern):
            seen = tuple(dict.fromkeys([hit[1], *told[:1]]))
            return Cause(name, sentence, seen, (mend,))
    if phase == "DOWNLOAD_SOURCE":
        return Cause("source-failed", "the build could not get the source", (*told, *tail),
                     ("look at the repository and its access, " + AGAIN,), Certainty.LIKELY)  # fmt: skip
    last = f": {tail[-1].text}" if tail else ""
    return Cause(
        "build-failed", f"the build failed in {phase}{last}", (*told, *tail), ("mend what it says, then push",)
    )


def no_builds(facts: Facts) -> Cause | None:
    """The account may build nothing: no build exists that could tell, only the refusal."""
    state = _refusals(facts)
    found = first(state, r"Cannot have more than (\d+) builds in queue|AccountLimitExceeded")
    if not found:
        return None
    told = "the account's quota of concurrent builds is used up or 0, as in new accounts"
    mend = ("ask for more in Service Quotas: AWS CodeBuild", "or push an image and: ecsctl up --image URI")
    return Cause("build-quota", told, (found[1],), mend)


KNOWN = (
    ("pull-limit-build", "Docker Hub lets CodeBuild's addresses pull no more for now",
     r"toomanyrequests|pull rate limit", "take the base images from public.ecr.aws/docker/library/…, then push"),
    ("source-access", "GitHub does not let the build in: the token is revoked, expired or lacks the repository",
     r"authentication required|authentication failed|Bad credentials|could not read Username|OAuth "
         r"token|Repository not found"
     r"|Failed to get access token|GetConnectionToken", "ecsctl creds rotate asks for a new token (or "
         "complete the connection), then: ecsctl up"),
    ("source-secret", "the build may not read the secret with the token",
     r"Secrets Manager Error Message", "ecsctl up   (gives the build's role its permissions again)"),
    ("source-branch", "the branch or commit to build is not there",
     r"reference not found|couldn't find remote ref|pathspec .* did not match", "set github.branch in "
         "ecsctl.toml, then: ecsctl up"),
    ("buildspec", "there is no buildspec where the build looks for it, or it cannot be read",
     r"YAML_FILE_ERROR", "put buildspec.yml there, or correct it, then push"),
    ("build-logs-denied", "the build's role may not write the build's log",
     r"create Amazon CloudWatch Logs log streams|logs:CreateLog", "ecsctl up   (gives the build's role its "
         "permissions again)"),
    ("push-denied", "the build may not push the image to its repository",
     r"(?=.*(?:ecr:|denied: |push)).*(?:not authorized to perform: ecr:|denied: User|no basic auth "
         r"credentials|403 Forbidden)",
     "ecsctl up   (gives the build's role its permissions again)"),
    ("repository-missing", "the repository that the image is pushed to does not exist",
     r"repository with name '[^']+' does not exist", "ecsctl up"),
    ("immutable-tag", "the image's tag exists already, and the repository's tags cannot be moved",
     r"tag is immutable|ImageTagAlreadyExists", "push a new commit"),
    ("no-docker", "there is no Docker in the build: it does not run in privileged mode",
     r"Cannot connect to the Docker daemon", "ecsctl up"),
    ("disk-full", "the build ran out of disk space", r"no space left on device", "set a larger build.size in "
        "ecsctl.toml, then: ecsctl up"),
    ("dockerfile-missing", "there is no Dockerfile where the build looks for it",
     r"failed to read dockerfile|unable to prepare context|Dockerfile: no such file", "put it there, or correct "
         "its path, then push"),
    ("docker-build", "the image cannot be built: a step of the Dockerfile fails",
     r"failed to solve|did not complete successfully|returned a non-zero code|docker build", "mend the "
         "Dockerfile or the app, then push"),
)  # fmt: skip


def _contexts(facts: Facts) -> tuple[list[Evidence], str]:
    """What the failed phases say, and the first one's name."""
    phases = (facts.build or {}).get("phases", ())
    bad = [one for one in phases if one.get("phaseStatus", "SUCCEEDED") not in ("SUCCEEDED", "IN_PROGRESS")]
    told = []
    for phase in bad:
        for context in phase.get("contexts", ()):
            if context.get("message"):
                text = ": ".join(filter(None, (context.get("statusCode"), context["message"])))
                told.append(Evidence(f"build, {phase['phaseType']}", text, phase.get("endTime")))
    return told, bad[0]["phaseType"] if bad else "an unknown phase"


def _refusals(facts: Facts) -> list[Evidence]:
    return [
        Evidence(f"pipeline, {action['actionName']}", details["message"])
        for stage in (facts.pipeline or {}).get("stageStates", ())
        for action in stage.get("actionStates", ())
        if (details := action.get("latestExecution", {}).get("errorDetails")) and details.get("message")
    ]


JUDGES: tuple[Judge, ...] = (no_builds, build)
