"""The events of a run, as small values. The engine emits them; listeners display them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ecsctl.engine.plan import Plan, Verb
from ecsctl.errors import EcsctlError


@dataclass(frozen=True)
class Event:
    """Something happened."""


@dataclass(frozen=True)
class Planned(Event):
    """The plan of the run is known. Changes follow. `needs` says for each resource after which others it is created or
    deleted.
    """

    plan: Plan
    needs: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Started(Event):
    """Work on a resource begins."""

    name: str
    title: str
    verb: Verb


@dataclass(frozen=True)
class Waiting(Event):
    """A resource, or the run as a whole (empty name), waits: for what, for how long so far, and for how long at most
    (seconds).
    """

    name: str
    what: str
    waited: float
    limit: float


@dataclass(frozen=True)
class Done(Event):
    """A resource is up to date, or deleted. `did` is the word for what happened, where the verb's own does not fit."""

    name: str
    title: str
    verb: Verb
    seconds: float
    note: str = ""
    did: str = ""


@dataclass(frozen=True)
class Ready(Event):
    """A resource that others could use before it was ready is now ready."""

    name: str
    title: str
    seconds: float  # since the wait for it began


@dataclass(frozen=True)
class Failed(Event):
    """A resource could not be created, updated or deleted."""

    name: str
    title: str
    error: EcsctlError


@dataclass(frozen=True)
class NotTried(Event):
    """A resource was not tried because one that it needs failed, or because the run was stopped."""

    name: str
    title: str
    because: str


@dataclass(frozen=True)
class Message(Event):
    """Something a person should know: a state file rebuilt, half-done work found, a choice made.

    `loud`: also shown with --quiet.
    """

    text: str
    loud: bool = True


Listener = Callable[[Event], None]


def ignored(_event: Event) -> None:
    """Ignore every event."""
