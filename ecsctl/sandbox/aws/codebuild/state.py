"""All builds of an account and region, and how scripts make them fail."""

from dataclasses import dataclass, field
from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.script import switch


@dataclass
class Failure:
    """A failed phase of a build, and the phase context with the reason."""

    phase: str
    code: str
    message: str


@dataclass
class Step:
    """One phase of a build: when it began, when it ended (if it has), and why it failed (if it did)."""

    name: str
    began: float
    ended: float | None = None
    failure: Failure | None = None


@dataclass
class Commands:
    """The progress of a build that really runs its commands: its phases from DOWNLOAD_SOURCE on. The last one may not
    have ended.
    """

    steps: list[Step] = field(default_factory=list)
    done: bool = False


@dataclass
class Build:
    """One build. What changes with time is computed from the fields below `facts` at each request (see `time`)."""

    id: str
    number: int
    started: float
    facts: dict[str, Any]  # what does not change, as BatchGetBuilds returns it
    failure: Failure | None = None
    stopped: float | None = None
    commands: Commands | None = None  # None for a simulated build
    active: Any = None  # what advances its commands at each request
    exported: dict[str, str] = field(default_factory=dict)  # the values of its buildspec's `exported-variables`


@dataclass
class Builds:
    """All builds of an account and region, the oldest first. They remain when their project is deleted."""

    all: dict[str, Build] = field(default_factory=dict)
    tokens: dict[str, tuple[float, str, str]] = field(default_factory=dict)  # by token: valid until, parameters, build
    numbers: dict[str, int] = field(default_factory=dict)
    most: int | None = None
    failures: list[Failure] = field(default_factory=list)
    failing_commits: set[str] = field(default_factory=set)  # commits whose `docker build` fails
    failing: dict[str, Failure] = field(default_factory=dict)  # commits whose builds all fail, and how


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
    """Let every build of a commit fail in `phase` with this context, so that only another commit can fix it."""
    builds(codebuild_backends[DEFAULT_ACCOUNT_ID][region]).failing[commit] = Failure(phase, code, message)


@switch
def limit_builds(most: int | None, region: str = REGION) -> None:
    """Allow at most `most` builds at a time; None for no limit. The quota of a new account may be 0."""
    builds(codebuild_backends[DEFAULT_ACCOUNT_ID][region]).most = most
