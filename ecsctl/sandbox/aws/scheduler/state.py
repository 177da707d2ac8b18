"""Says what the sandbox's EventBridge Scheduler remembers beside moto's own dictionaries."""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.scheduler.models import EventBridgeSchedulerBackend

from ecsctl.sandbox.core import constraints, overlay
from ecsctl.sandbox.core.overlay import Refusal

Wire = dict[str, Any]


@dataclass(order=True)
class Try:
    """One try to run what was due: when, and which one it is."""

    when: float
    due: float
    number: int = 0


@dataclass
class Plan:
    """Up to when a schedule's due times have been handled, and what is to be tried again."""

    handled: float
    tries: list[Try] = field(default_factory=list)


@dataclass
class Memory:
    """Of one account and region."""

    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)  # what was asked, and what came of it
    leaving: dict[str, float] = field(default_factory=dict)  # groups that are being deleted, and since when
    plans: dict[str, Plan] = field(default_factory=dict)  # by the schedules' ARNs


def memory(backend: EventBridgeSchedulerBackend) -> Memory:
    """The memory of a backend; a reset forgets it."""
    return overlay.memory(backend, Memory)


def sent(response: Any, operation: str) -> Wire:
    """The parameters of a request, as the SDK was given them. Raises ValidationException by the model."""
    asked: Wire = json.loads(response.body or "{}") | {"Name": response.uri.split("?")[0].rsplit("/", 1)[-1]}
    if wrong := constraints.violation("scheduler", operation, asked):
        raise Refusal("ValidationException", wrong)
    return asked


def repeated(backend: EventBridgeSchedulerBackend, asked: Wire) -> str | None:
    """Returns what came of the same request with the same token (API reference, ClientToken).

    With other parameters it is a ConflictException; the wording is an assumption.
    """
    before = memory(backend).tokens.get(asked.get("ClientToken") or "")
    if before is None:
        return None
    if before[0] != json.dumps(asked, sort_keys=True):
        raise Refusal("ConflictException", "The client token was used with other parameters.")
    return before[1]


def remember(backend: EventBridgeSchedulerBackend, asked: Wire, arn: str) -> None:
    """Keep what came of a request under its token."""
    if token := asked.get("ClientToken"):
        memory(backend).tokens[token] = (json.dumps(asked, sort_keys=True), arn)
