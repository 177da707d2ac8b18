"""Causes that AWS reports for a failed build phase, by phase and status code. Logs are not read.

CodeBuild guide, "View detailed build information" (phases and their contexts) and "Troubleshooting AWS CodeBuild";
the status codes are taken from public logs, after "Phase context status code:".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ecsctl.registries import is_ecr
from ecsctl.why.build_failure import BuildFailure
from ecsctl.why.causes.fixes import Fix, again, by_hand, change, larger, repair, run, up
from ecsctl.why.evidence import Facts
from ecsctl.why.words import contains, mentions

ROLE = "makes the permissions of the build's role right"
NO_ANSWER = ("i/o timeout", "connection refused", "no such host", "context deadline exceeded", "Client.Timeout")
EARLY = ("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE")


@dataclass(frozen=True)
class PhaseRule:
    """A cause that AWS reports in these phases (all, if none), with this code or one of these phrases."""

    name: str
    sentence: str | Callable[[BuildFailure], str]
    fix: Callable[[Facts], tuple[Fix, ...]]
    phases: tuple[str, ...] = ()
    code: str = ""  # a pattern for the whole status code
    phrases: tuple[str, ...] = ()
    either: tuple[str, ...] = ()

    def fits(self, failure: BuildFailure) -> bool:
        """Whether the failure matches."""
        if self.phases and failure.phase not in self.phases:
            return False
        if self.code and not re.fullmatch(self.code, failure.code, re.IGNORECASE):
            return False
        return not self.phrases or mentions(failure.message, *self.phrases)


def _token(_: Facts) -> tuple[Fix, ...]:
    return (
        run("ecsctl creds rotate", "a new token, where github.token_secret is used"),
        by_hand(
            "at GitHub, let the connection's App reach the repository, where github.connection_arn is used", "ecsctl up"
        ),
        change("github.repository", "to the repository's name, where it is wrong"),
    )


def _variable(failure: BuildFailure) -> str:
    what = re.search(r"on resource: (\S+)", failure.message)
    named = what[1] if what else "a parameter or secret that buildspec.yml or the project names"
    if mentions(failure.message, "not authorized to perform", "AccessDenied"):
        return f"the build's role may not read {named}"
    return f"there is no {named}"


def _buildspec(failure: BuildFailure) -> str:
    if mentions(failure.message, "runtime version"):
        return f"the buildspec asks for a runtime that the build image does not have: {failure.message}"
    if mentions(failure.message, "no such file", "does not exist", "not found"):
        return "there is no buildspec where the build expects it"
    return f"the buildspec cannot be read: {failure.message}"


def _build_image(failure: BuildFailure) -> str:
    if mentions(failure.message, "toomanyrequests", "rate limit"):
        return "the image that builds run in cannot be pulled: its registry limits pulls without a login"
    if contains(failure.message, "denied: User: arn:", "not authorized to perform: ecr:"):
        return "the build's role may not pull the image that builds run in, or the repository does not let it"
    return "the image that builds run in cannot be pulled: it does not exist, asks for a login, or is in another region"


def _pulled_image(facts: Facts) -> tuple[Fix, ...]:
    another = change("build.image", "to one that exists and needs no login, or remove it: then AWS's own is used")
    if is_ecr(str((facts.build or {}).get("environment", {}).get("image", ""))):
        return another, up(ROLE)
    return another, change("build.image_credentials", "to the ARN of a secret with username and password")


def _reached(facts: Facts) -> tuple[Fix, ...]:
    """The fix for an unreachable service: in a VPC the usual cause is a missing route to the internet."""
    if not (facts.build or {}).get("vpcConfig", {}).get("vpcId"):
        return (again(facts),)
    return change("build.vpc", "= false"), by_hand("give the build's subnets a route to a NAT gateway"), again(facts)


PHASE_RULES = (
    PhaseRule("build-role", "CodeBuild may not take the build's role: it is gone, or does not trust CodeBuild",
              lambda _: (up("makes the role and its trust right"),), EARLY,
              phrases=("not authorized to perform: sts:AssumeRole",)),
    PhaseRule("build-role", "the build's role may not make the network interface that a build in a VPC needs",
              lambda _: (up(ROLE), change("build.vpc", "= false")), ("PROVISIONING",), code=r"VPC_CLIENT_ERROR",
              phrases=("UnauthorizedOperation", "not authorized to perform")),
    PhaseRule("build-logs-denied", "the build's role may not write the build's log", lambda _: (up(ROLE),), EARLY,
              phrases=("to create Amazon CloudWatch Logs log streams", "perform: logs:CreateLog",
              "perform: logs:PutLogEvents")),
    PhaseRule("build-timeout", "the build waited for a machine until its time in the queue was over",
              lambda facts: (by_hand("ask for more concurrent builds in Service Quotas: AWS CodeBuild"), again(facts)),
              ("QUEUED",), code=r"BUILD_TIMED_OUT|.*TIMED_OUT.*"),
    PhaseRule("build-image", _build_image,
              _pulled_image,
              code=r"BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"),
    PhaseRule("build-fault", "AWS itself failed to build", lambda facts: (again(facts),),
              code=r"INTERNAL_(?:SERVICE|SERVER)_ERROR|.*_FAULT"),
    PhaseRule("source-access",
        "GitHub does not let the build in: the token is revoked or expired, or lacks the repository",
              _token, ("DOWNLOAD_SOURCE",),
              phrases=("authentication required for primary source", "authentication failed for primary source",
                       "Repository not found for primary source", "Bad credentials", "Failed to get access token",
                       "could not read Username for")),
    PhaseRule("source-access",
              "the build's role may not use the connection to GitHub, or its App is not installed for the repository",
              lambda _: (up(ROLE), by_hand("at GitHub, install the connection's App for the repository", "ecsctl up")),
              ("DOWNLOAD_SOURCE",), phrases=("authorization failed for primary source",)),
    PhaseRule("build-network", "the build did not reach where its source is", _reached, EARLY, phrases=NO_ANSWER),
    PhaseRule("build-memory", "the build's container ended: it ran out of memory, or its image does not run there",
              lambda facts: (change("build.compute", larger(facts)), change("build.image", "to one of AWS's own, or "
                             "remove it")), code=r"\w*BUILD_CONTAINER_DEAD"),
    PhaseRule("source-branch", "the branch or commit to build does not exist",
              lambda _: (change("github.branch", "to one that exists"),), ("DOWNLOAD_SOURCE",),
              phrases=("reference not found for primary source", "couldn't find remote ref", "unknown revision")),
    PhaseRule("artifact-denied", "the build's role may not read the source that the pipeline hands it",
              lambda _: (up(ROLE),), ("DOWNLOAD_SOURCE",),
              phrases=("AccessDenied: Access Denied status code: 403", "Access Denied status code: 403",
                       "perform: s3:GetObject", "perform: kms:Decrypt")),
    PhaseRule("artifact-gone", "the source that the pipeline handed over is no longer in its bucket",
              lambda _: (run("ecsctl pipeline run", "a new run fetches it again; a retry would not"),),
              ("DOWNLOAD_SOURCE",),
              phrases=("NoSuchKey", "The specified key does not exist")),
    PhaseRule("buildspec", _buildspec,
        lambda facts: (repair("put buildspec.yml right, or where build.buildspec says", facts),),
              code=r"YAML_FILE_ERROR"),
    PhaseRule("artifact-missing", "the build did not leave the file that buildspec.yml lists under artifacts",
              lambda facts: (repair("let a command of buildspec.yml write docker_image_definition.json, and list it "
                                    "under artifacts",
                                    facts),), ("UPLOAD_ARTIFACTS",), phrases=("no matching artifact paths found",
                                                                             "no matching base directory")),
    PhaseRule("artifact-denied", "the build's role may not hand its artifact to the pipeline", lambda _: (up(ROLE),),
              ("UPLOAD_ARTIFACTS",), phrases=("AccessDenied", "Access Denied", "not authorized to perform")),
)  # fmt: skip
"""The first match counts."""

VARIABLE = PhaseRule(
    "build-variable", _variable,
    lambda facts: (by_hand(
        f"let the role {str((facts.build or {}).get('serviceRole', 'of the build')).rsplit('/', 1)[-1]} read it, by "
        f"a policy of your "
        "own beside ecsctl's; or take it out of buildspec.yml or [build.environment]", *_again(facts)),),
    ("DOWNLOAD_SOURCE",),
        code=r"Decrypted Variables Error|Secrets Manager Error(?: Message)?|Parameter Store Error.*")  # fmt: skip
"""A variable of the user's buildspec or configuration that comes from a secret or parameter."""

TOKEN = PhaseRule(
    "source-secret", "the build may not read the secret with the token", lambda _: (up(ROLE),),
    ("DOWNLOAD_SOURCE",), code=r"Secrets Manager Error(?: Message)?", phrases=("not authorized to perform",
        "AccessDenied"))  # fmt: skip
"""The only secret that ecsctl itself adds to the build."""


def phase_rule(failure: BuildFailure, facts: Facts) -> PhaseRule | None:
    """Return the rule that matches AWS's message."""
    if TOKEN.fits(failure) and _is_token(failure, facts):
        return TOKEN
    return next((rule for rule in (VARIABLE, *PHASE_RULES) if rule.fits(failure)), None)


def _is_token(failure: BuildFailure, facts: Facts) -> bool:
    """Whether the secret is that of GITHUB_AUTH_TOKEN, or unnamed while there is no other."""
    environment = (facts.build or {}).get("environment") or {}
    variables = [one for one in environment.get("environmentVariables", ()) if one.get("type") == "SECRETS_MANAGER"]
    ours = [str(one["value"]) for one in variables if one.get("name") == "GITHUB_AUTH_TOKEN"]
    named = re.search(r"on resource: (\S+)", failure.message)
    if named is None:
        return len(variables) == len(ours)
    return any(one.split(":secret:")[-1].split(":")[0].startswith(_name(named[1])) or _name(named[1]).startswith(
        one.split(":secret:")[-1].split(":")[0]) for one in ours)  # fmt: skip


def _name(arn: str) -> str:
    return re.sub(r"-\w{6}$", "", arn.rsplit(":secret:", maxsplit=1)[-1])


def _again(facts: Facts) -> tuple[str, ...]:
    return tuple(step.what for step in again(facts).steps)
