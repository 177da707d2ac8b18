"""All builds of an account and region, and how scripts let them fail."""

from dataclasses import dataclass, field
from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.script import switch


@dataclass
class Failure:
    """A build's phase that fails, and the context that says why."""

    phase: str
    code: str
    message: str


@dataclass
class Step:
    """One phase of a build: when it began, when it ended if it has, and why it failed if it did."""

    name: str
    began: float
    ended: float | None = None
    failure: Failure | None = None


@dataclass
class Commands:
    """Describes how far a build came that really runs its commands: its steps from DOWNLOAD_SOURCE on. The last may
    be open.
    """

    steps: list[Step] = field(default_factory=list)
    done: bool = False


@dataclass
class Build:
    """One build. What changes with time (`time`) is computed from the fields below `facts` at each request."""

    id: str
    number: int
    started: float
    facts: dict[str, Any]  # what does not change, as BatchGetBuilds answers it
    failure: Failure | None = None
    stopped: float | None = None
    commands: Commands | None = None  # None for a build that is only simulated
    active: Any = None  # what moves its commands on at each request
    exported: dict[str, str] = field(default_factory=dict)  # what its buildspec's `exported-variables` came to


@dataclass
class Builds:
    """All builds of an account and region, the oldest first; they outlive their project."""

    all: dict[str, Build] = field(default_factory=dict)
    tokens: dict[str, tuple[float, str, str]] = field(default_factory=dict)  # token: until, parameters, build
    numbers: dict[str, int] = field(default_factory=dict)
    most: int | None = None
    failures: list[Failure] = field(default_factory=list)
    failing_commits: set[str] = field(default_factory=set)  # commits whose `docker build` fails
    failing: dict[str, Failure] = field(default_factory=dict)  # commits of which no build succeeds, and how each fails


def builds(backend: Any) -> Builds:
    """The builds of this account and region."""
    return overlay.memory(backend, Builds)


@switch
def fail_next_build(phase: str, message: str, code: str = "COMMAND_EXECUTION_ERROR", region: str = REGION) -> None:
    """Let the next build fail in `phase` (such as PRE_BUILD) with this context."""
    builds(codebuild_backends[DEFAULT_ACCOUNT_ID][region]).failures.append(Failure(phase, code, message))


@switch
def fail_builds(
    commit: str, phase: str, message: str, code: str = "COMMAND_EXECUTION_ERROR", region: str = REGION
) -> None:
    """Let every build of a commit fail in `phase` with this context: only another commit fixes it."""
    builds(codebuild_backends[DEFAULT_ACCOUNT_ID][region]).failing[commit] = Failure(phase, code, message)


@switch
def limit_builds(most: int | None, region: str = REGION) -> None:
    """Allow only `most` builds at a time, as the quota of a new account does with 0; None for no limit."""
    builds(codebuild_backends[DEFAULT_ACCOUNT_ID][region]).most = most
