"""The state of each process of the app: its service, release, image and tasks; all should run one image."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecsctl.aws.asking import asking
from ecsctl.errors import AccessError
from ecsctl.names import Names
from ecsctl.releases import reading
from ecsctl.releases.verdict import Followed, Outcome, Rolling, verdict_of
from ecsctl.resources.support.deployments import Phase, Snapshot
from ecsctl.resources.support.ecs import revision_of
from ecsctl.resources.support.pausing import ANSWERS

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

READERS = 8
GIVEN_UP = (Outcome.ROLLED_BACK, Outcome.FAILED)
"""The outcomes in which ECS gave a release up. If somebody stopped it, that was intended."""
UNDER_WAY = (Phase.ROLLING_OUT, Outcome.PAUSED)


@dataclass(frozen=True)
class Release:
    """The newest service deployment: "rolling out", "paused", or how it ended, in one word and in one sentence."""

    outcome: str
    message: str


@dataclass(frozen=True)
class Process:
    """A process and its service. `revision` and `image` are what serves, whatever is rolling out."""

    name: str
    service: str
    revision: int
    image: str
    digest: str  # empty where AWS does not say
    desired: int
    running: int
    pending: int
    release: Release | None  # None: AWS lists none, which it keeps for 90 days, or it is out of date
    other: str = ""  # the process that leads, if its image is another
    observed: Snapshot | None = field(default=None, compare=False, repr=False)

    @property
    def rolling(self) -> bool:
        """Whether a release of it is in progress."""
        return self.release is not None and self.release.outcome in UNDER_WAY

    @property
    def state(self) -> str:
        """Its state in a few words."""
        if self.release and self.release.outcome in (*GIVEN_UP, *UNDER_WAY):
            return self.release.outcome
        if self.other:
            return f"another image than {self.other}"
        if self.running < self.desired:
            return "not all tasks run"
        return "runs" if self.desired else "no task is asked for"

    @property
    def trouble(self) -> str:
        """A sentence about what is wrong with it; empty if nothing is."""
        if self.release and self.release.outcome in GIVEN_UP:
            return self.release.message
        if self.other:
            ways = "ecsctl deploy, or ecsctl rollback, brings all to one"
            return f"{self.name} runs another image than {self.other}: {ways}"
        if self.running < self.desired and not self.rolling:
            return f"{self.running} of {self.desired} tasks of {self.name} run"
        return ""

    @property
    def healthy(self) -> bool:
        """Whether its tasks run, with the web's image, and its newest release was not given up."""
        return not self.trouble


def read(aws: Aws, app: str) -> tuple[Process, ...]:
    """Each process that a service keeps, the web first. None if they may not be read."""
    names = Names(app)
    try:
        found = reading.processes(aws, names)
        with ThreadPoolExecutor(READERS) as pool:
            every = list(pool.map(lambda process: read_one(aws, names.on(process)), found))
    except AccessError:
        return ()
    return compared([one for one in every if one])


@asking("reading the processes")
def read_one(aws: Aws, names: Names) -> Process | None:
    """One process; None if there is no service of it."""
    return process_of(aws, names, reading.read(aws, names))


def process_of(aws: Aws, names: Names, observed: Snapshot) -> Process | None:
    """A process by what was observed of its service."""
    service = observed.service
    if not service:
        return None
    runs = reading.described(aws, observed.serves) if observed.serves else None
    return Process(
        name=names.process,
        service=names.service,
        revision=revision_of(observed.serves),
        image=runs.image(names.container) if runs else "",
        digest=observed.ran(observed.serves, names.container),
        desired=service.get("desiredCount", 0),
        running=service.get("runningCount", 0),
        pending=service.get("pendingCount", 0),
        release=release_of(observed),
        observed=observed,
    )


def release_of(observed: Snapshot) -> Release | None:
    """The newest service deployment; None if AWS lists none: it keeps them for 90 days."""
    if not observed.newest or not observed.service:
        return None
    found = verdict_of(Followed(observed.candidate, observed.newest["serviceDeploymentArn"]), observed)
    if isinstance(found, Rolling):
        return Release(Phase.ROLLING_OUT.value, found.note)
    text = f"{found.sentence}: {found.why}" if found.why else found.sentence
    return Release(found.outcome.value, f"{text}; {ANSWERS}" if found.outcome is Outcome.PAUSED else text)


def compared(found: Sequence[Process]) -> tuple[Process, ...]:
    """Each with whether its image differs from the first one's: one release is one image over all processes.

    While one of the two rolls out they differ for a while.
    """
    return tuple(_beside(found[0], one) if one is not found[0] else one for one in found)


def _beside(lead: Process, one: Process) -> Process:
    """A worker besides the process that leads. If its release failed, that may be out of date."""
    differs = not lead.rolling and not one.rolling and _differs(one, lead)
    if one.observed and lead.observed and reading.is_out_of_date(one.observed, lead.observed) and not differs:
        return replace(one, release=None)
    return replace(one, other=lead.name if differs else "")


def _differs(one: Process, lead: Process) -> bool:
    if one.digest and lead.digest:
        return one.digest != lead.digest
    return bool(one.image and lead.image) and one.image != lead.image


def broken(found: Collection[Process]) -> list[Process]:
    """Those with something wrong."""
    return [one for one in found if not one.healthy]
