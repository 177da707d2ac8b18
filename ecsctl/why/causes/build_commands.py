"""Causes found in the output of the failed build command: docker, the AWS CLI, the kernel. Never certain.

A rule matches only lines of the failed command that begin as the tool itself begins them, not what a test or an app
prints in between. If the command is not of the rule's kind (a script may run the tool), the cause is only possible. The
output of tests is not used at all.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from ecsctl.why.build_failure import BuildFailure
from ecsctl.why.causes.build_phases import ROLE
from ecsctl.why.causes.fixes import Fix, again, by_hand, change, larger, repair, up
from ecsctl.why.evidence import Facts

TESTS = r"\b(?:tests?|check|lint|pytest|jest|vitest|mocha|rspec|phpunit|tox|nox|cypress|playwright|ctest|e2e|specs?)\b"
SHELL = r"(?m)(?:^|[;&|({!]|\b(?:if|elif|while|until|then|else|do)\b)[ \t]*test(?= )"
"""The shell's own `test` at the beginning of a command: a condition, not a test run."""
PRINTED = r"(?m)^[ \t]*#.*$|\b(?:echo|printf)\b[^;&|\n]*"
"""Comments, and text that a command only prints."""
OF_IMAGE = r"\bdocker (?:\w+ )*build\b[^&|;\n]*"
"""The build of an image, whose Dockerfile or tag may be called "test"."""
DOCKER = r"\bdocker\b|\bbuildx\b|\bpodman\b"
AWS_CLI = r"\baws \w+|\bdocker (?:login|push|pull)\b|\becr\b|--push\b"
STEP = r"^(?:#\d+ \d+\.\d+ |\s*> ?\[|\s*\d+ \|)"  # BuildKit's prefixes of the output of a Dockerfile step
DAEMON = r"^(?:#\d+ )?(?:(?i:error): |Error response from daemon: |docker: )*"
TOOLS = r"E: |Err:|fatal: |curl: \(\d+\) |wget: |ERROR: Could not |pip\S*\.exceptions\."
FETCHES = r"\b(?:npm|yarn|pnpm|pip3?|apt|apt-get|apk|git|curl|wget)\b"
BROKE = (r"E(?:SOCKET)?TIMEDOUT|EAI_AGAIN|ECONNRESET|TLS handshake timeout|connection timed out|read timed out"
         r"|i/o timeout|network timeout|could not resolve host|temporary failure (?:in name resolution|resolving)"
         r"|connection reset by peer")  # fmt: skip
"""Prefixes of tools that download, and their messages about servers that do not answer: worth a retry."""
PACKAGES = (r"(?:\s*> [\w-]+\.[\w.-]+: |\s*> Could not (?:GET|HEAD) '|.*\bCould not transfer artifact |go: "
            r"|.*: Get \"https://proxy\.golang\.org/|Could not reach host |.*curl error \d+ while downloading "
            r"|\s*HTTPSConnectionPool\()"
            rf".*(?:{BROKE}|connect(?:ion)? (?:timed out|reset)|operation timed out|status code 50[234]|stream error: "
            rf"|check your network connection)")  # fmt: skip
"""The same of Gradle, Maven, Go, Bundler, Composer and Poetry, whose lines begin otherwise."""
UNREACHED = rf"dial tcp|no such host|connection refused|network is unreachable|{BROKE}"
"""Messages of a container engine about a registry that it cannot reach, after the address."""
PODMAN = r"^Error: building at STEP "
VERDICT = rf"{DAEMON}(?:failed to solve|process |executor failed)|^The command '|{PODMAN}"  # the engine's own
NEAR = 20  # lines from the end


@dataclass(frozen=True)
class CommandRule:
    """A cause suggested by the output of the failed command: the kind of command, and a pattern of the line."""

    name: str
    sentence: str
    line: str
    fix: Callable[[Facts], tuple[Fix, ...]]
    command: str = DOCKER
    steps: bool = False  # the line may be output of a Dockerfile step

    def hit(self, failure: BuildFailure) -> str:
        """Return the matching line; empty if there is none."""
        return next(filter(self._says, _last_lines(failure, self.steps)), "")

    @functools.cached_property
    def _says(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.line, re.IGNORECASE).search


@functools.lru_cache(8)
def _last_lines(failure: BuildFailure, steps: bool) -> tuple[str, ...]:
    """Return the lines that rules search, the last first. They are the same for all rules."""
    lines = [line for line in reversed(failure.lines[-NEAR:]) if steps or not re.match(STEP, line)]
    return tuple(line for line in lines if re.search(VERDICT, line)) if is_test(failure.step) else tuple(lines)


LOGIN = ("let buildspec.yml log in first: aws ecr get-login-password | docker login --username AWS --password-stdin "
         "${REPOSITORY_URI%%/*}")  # fmt: skip
HUB = "take the base images from public.ecr.aws/docker/library/…, or log in to Docker Hub in buildspec.yml"
EITHER = "either the build is not logged in at the registry that it pushes to, or it may not push there"


def _own(facts: Facts) -> tuple[Fix, ...]:
    return (repair("let buildspec.yml push to $REPOSITORY_URI, the app's own repository, or log in to the other "
                   "registry first", facts),)  # fmt: skip


def _privileges(facts: Facts) -> tuple[Fix, ...]:
    if (facts.build or {}).get("environment", {}).get("privilegedMode", False):
        return (change("build.image", "to one of AWS's own, whose Docker starts by itself, or remove it"),)
    return (up("lets builds use Docker"),)


def _outside(facts: Facts) -> tuple[Fix, ...]:
    vpc = (change("build.vpc", "= false"),) if (facts.build or {}).get("vpcConfig", {}).get("vpcId") else ()
    return (again(facts), *vpc)


SCAN = r"\bdescribe-image-scan-findings\b"
COMMAND_RULES = (
    CommandRule("image-vulnerable", "ECR knows vulnerabilities in the image that build.scan does not let through",
                r"^build\.scan: ECR (?:has )?found",
                lambda facts: (repair("build on a newer base image, and update the packages that ECR names: aws ecr "
                                      "describe-image-scan-findings", facts),
                               change("build.scan", "to a worse severity, or remove it")), command=SCAN),
    CommandRule("image-unscanned", "ECR does not say what is in the image, and build.scan waits for that",
                r"^build\.scan: ECR (?:could not scan|has not finished scanning|does not scan|has not scanned)",
                lambda facts: (repair("take a base image that ECR can scan: basic scanning knows the packages of a "
                                      "Linux distribution, and nothing in an image from scratch", facts),
                               change("build.scan", "to nothing: remove it")), command=SCAN),
    CommandRule("image-unlisted", "the build could not list what is in the image, and build.sbom asks for that",
                r"^build\.sbom: ",
                lambda facts: (again(facts), change("build.sbom", "= false")), command=r"\bBUILD_SBOM\b"),
    CommandRule("base-architecture", "a base image of the Dockerfile is for another processor than the build's",
                rf"{DAEMON}.*no matching manifest for linux/|no match for platform in manifest|{STEP}.*exec format "
                rf"error"
                r"|^(?:standard_init_linux\S* )?exec (?:user process caused|/\S+): .*exec format error",
                lambda facts: (repair("take a base image for that processor, and no other --platform in FROM", facts),
                               change("service.architecture", "to the processor of the base image")), steps=True),
    CommandRule("disk-full", "the build ran out of disk space", r"no space left on device\W*$|ENOSPC: no space",
                lambda facts: (change("build.compute", larger(facts)),), steps=True),
    CommandRule("build-memory", "the build ran out of memory",
                r"JavaScript heap out of memory|^java\.lang\.OutOfMemoryError|system ran out of memory"
                r"|^(?:#\d+ \d+\.\d+ )?\S*Killed$"
                r"|(?:did not complete successfully: exit|returned a non-zero) code: 137$"
                rf"|{PODMAN}.*: exit status 137$",
                lambda facts: (change("build.compute", larger(facts)),), command=r"", steps=True),
    CommandRule("dockerfile-missing", "there is no Dockerfile, or no such folder, where the build expects it",
                rf"{DAEMON}(?:failed to solve: )?(?:failed to read dockerfile|unable to prepare "
                rf"context|.*Dockerfile: no such file)",
                lambda facts: (repair("put a Dockerfile there, or correct its path in buildspec.yml", facts),)),
    CommandRule("pull-limit-build", "ECR Public limits pulls without a login",
                rf"{DAEMON}.*(?:toomanyrequests: Rate exceeded|public\.ecr\.aws.*(?:toomanyrequests|429 Too Many))",
                lambda facts: (repair("let buildspec.yml log in first: aws ecr-public get-login-password --region "
                                      "us-east-1 | "
                                      "docker login --username AWS --password-stdin public.ecr.aws", facts),
                               again(facts))),
    CommandRule("pull-limit-build", "Docker Hub lets CodeBuild's addresses pull no more for now",
                rf"{DAEMON}(?:.*docker\.io.*429 Too Many|.*toomanyrequests: You have reached your|(?:failed to \w+: "
                rf".*)?toomanyrequests)",
                lambda facts: (repair(HUB, facts), again(facts))),
    CommandRule("push-denied", "the build may not push the image to its repository",
                r"^(?:denied: User: .*|.*An error occurred \(AccessDenied\w*\) .*)not authorized to perform: ecr:",
                lambda _: (up(ROLE),), command=AWS_CLI),
    CommandRule("registry-login", "the build is not logged in at the repository that it pushes to",
                r"^no basic auth credentials|authorization token has expired|^Please login prior to push",
                lambda facts: (repair(LOGIN, facts),), command=r"\bdocker push\b"),
    CommandRule("registry-login", EITHER, r"^(?:ERROR: .*)?denied: requested access to the resource is denied$",
                _own, command=r"\bdocker push\b|--push\b"),
    CommandRule("base-image", "the build's role may not pull a base image of the Dockerfile from its ECR repository",
                rf"{DAEMON}.*not authorized to perform: ecr:(?:BatchGetImage|GetDownloadUrlForLayer"
                rf"|BatchCheckLayerAvailability)",
                lambda facts: (by_hand("let the build's role pull it, by a policy of your own beside ecsctl's, and the "
                                       "repository's policy too where it is another account's",
                                       *(step.what for step in again(facts).steps)),)),
    CommandRule("registry-login",
                "the build pushes to Docker Hub, which asks for a login: the image's tag names no other registry",
                rf"{DAEMON}failed to push \S+: .*//(?:auth|registry-1)\.docker\.io/.*(?:40[13]|denied)",
                lambda facts: (repair("let the tag that is pushed begin with $REPOSITORY_URI, the app's own repository",
                                      facts),), command=r"\bdocker push\b|--push\b"),
    CommandRule("push-denied",
                "the registry broke off the push without a word: the build may not push there, or there is no such "
                "repository",
                rf"^EOF$|{DAEMON}(?:failed to push \S+: )?failed to do request: \w+ \"https://\S+/blobs/uploads/"
                r"\S*: EOF$",
                lambda facts: (up(ROLE), repair("let buildspec.yml push to $REPOSITORY_URI", facts)),
                command=r"\bdocker push\b|--push\b"),
    CommandRule("registry-login", EITHER, rf"{DAEMON}(?:failed to push \S+: .*(?:failed to authorize: |: 40[13] )"
                r"|unexpected status from (?:HEAD|POST|PUT) request to \S+/blobs/\S+: 40[13] )",
                _own, command=r"\bdocker push\b|--push\b"),
    CommandRule("build-network", "the registry of a base image did not answer the build",
                rf"^(?:(?:#\d+ )?(?:ERROR|Error): .*|Error response from daemon: )?(?:Get|Head) \"?https?://[^/\s]+/"
                rf"(?:v2/|token).*(?:{UNREACHED})",
                _outside, command=r"\bdocker (?:\w+ )*(?:build|pull)\b|\bbuildx\b|\bpodman\b"),
    CommandRule("base-image",
        "a base image of the Dockerfile cannot be pulled: it does not exist, or its registry asks for a login",
                rf"{DAEMON}(?:failed to solve: (?!.*(?:cache key|checksum)).*: not found$"
                rf"|.*(?:pull access denied for|insufficient_scope: "
                rf"|failed to authorize: |unexpected status .*https://\S+: 40[13] "
                r"|no basic auth credentials|manifest unknown|manifest for \S+ not found))",
                lambda facts: (repair("correct the image's name in FROM, or log in to its registry in buildspec.yml",
                facts),)),
    CommandRule("build-cache",
                "ECR does not take the build's cache in the form in which it is written: --cache-to must say "
                "image-manifest=true,oci-mediatypes=true",
                rf"{DAEMON}(?:failed to solve: )?.*error writing manifest blob: .*400 Bad Request",
                lambda facts: (repair("let --cache-to of docker buildx build say image-manifest=true,"
                                      "oci-mediatypes=true", facts),)),
    CommandRule("build-network", "another server did not answer the build, or the connection to it broke off",
                rf"{STEP}?(?:\d+\.\d+ )?(?:(?:npm (?:ERR!|error) |error |{TOOLS}).*(?:{BROKE})|{PACKAGES})"
                r"|error NU1301: Unable to load the service index for source https://api\.nuget\.org/"
                rf"|^Post \"https://.*(?:{BROKE})",
                _outside, command=rf"{DOCKER}|{FETCHES}", steps=True),
    CommandRule("docker-build", "the image cannot be built: a step of the Dockerfile fails",
                r"failed to solve|executor failed running \[|\" did not complete\b|returned a non-zero code"
                rf"|^(?:COPY|ADD) failed|{PODMAN}",
                lambda facts: (repair("fix the Dockerfile, or what its step runs", facts),)),
    CommandRule("tag-missing", "the build pushes a tag that it has not made",
                r"^(?:tag does not exist: |An image does not exist locally with the tag: )",
                lambda facts: (repair("let docker build -t make the tag that docker push names", facts),),
                command=r"\bdocker push\b"),
    CommandRule("repository-missing", "the repository that the image is pushed to does not exist",
                r"name unknown: The repository with name '[^']+' does not exist|^An error occurred "
                r"\(RepositoryNotFoundException\)",
                lambda facts: (up("makes the app's repository"),
                               repair("let buildspec.yml push to $REPOSITORY_URI", facts)), command=AWS_CLI),
    CommandRule("immutable-tag", "the image's tag exists already, and the repository's tags cannot be moved",
                r"cannot be overwritten because the (?:tag|repository) is immutable|ImageTagAlreadyExists",
                lambda facts: (repair("let buildspec.yml skip the push where the tag exists already", facts),
                               change("ecr.mutability", '= "MUTABLE"')), command=AWS_CLI),
    CommandRule("no-docker", "there is no Docker in the build: it does not run in privileged mode",
                rf"{DAEMON}(?:Cannot connect to the Docker daemon|Docker is unreachable|Couldn't connect to Docker "
                rf"daemon)",
                _privileges, command=rf"{DOCKER}|{AWS_CLI}"),
    CommandRule("build-denied", "the build's role may not do what the command asks of AWS",
                r"An error occurred \((?:AccessDenied\w*|UnauthorizedOperation|UnauthorizedAccess)\) when calling "
                r"the \w+ operation",
                lambda facts: (by_hand("give the build's role that permission, by a policy of your own beside ecsctl's",
                                       *(step.what for step in again(facts).steps)),), command=r"\baws \w+"),
)  # fmt: skip
"""The first match counts."""

KILLED = 137


@functools.lru_cache(128)
def is_test(command: str) -> bool:
    """Whether a command runs tests, whose output may contain anything."""
    return bool(re.search(TESTS, re.sub(f"{SHELL}|{OF_IMAGE}", "", re.sub(PRINTED, "", command)), re.IGNORECASE))


def command_rule(failure: BuildFailure) -> tuple[CommandRule, str, bool] | None:
    """Return the matching rule, the line, and whether the command is of the rule's kind."""
    if not failure.command or is_test(failure.command):
        return None
    for rule in COMMAND_RULES:
        if line := rule.hit(failure):
            return rule, line, bool(rule.command) and bool(re.search(rule.command, failure.command, re.IGNORECASE))
    return None


def hinted(failure: BuildFailure) -> tuple[str, ...]:
    """Return what the log contains that is not enough for a cause, with what it often means."""
    for rule in COMMAND_RULES:
        if line := rule.hit(failure):
            return (f"its output also says `{line.strip()[:160]}`, which often means: {rule.sentence}",)
    return ()
